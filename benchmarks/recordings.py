"""Loading a cassette, and finding the answer in it, as ratios to vcrpy with the same file in the same run."""

import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import vcr
from vcr.cassette import Cassette as VcrCassette
from vcr.request import Request as VcrRequest

from drytune.cassettes.files import load, save
from drytune.cassettes.model import Asked, Cassette, Exchange, Header, Told
from drytune.handlers.replay import Replay
from drytune_simulator import Headers, Request

_URL = "https://api.openai.com/v1/chat/completions"
_ASKED = 50


def _body(number: int) -> bytes:
    messages = [
        {"role": "system", "content": "You are brief."},
        {"role": "user", "content": f"Question {number}?"},
    ]
    return json.dumps({"model": "gpt-4.1-mini", "messages": messages, "temperature": 0.2}).encode()


def _exchange(number: int) -> Exchange:
    answer = {
        "id": f"chatcmpl-{number:029}",
        "object": "chat.completion",
        "created": 1_767_225_600 + number,
        "model": "gpt-4.1-mini-2025-04-14",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": f"Answer {number}, in a few words.",
                    "refusal": None,
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 21, "completion_tokens": 9, "total_tokens": 30},
    }
    kind = (("content-type", "application/json"),)
    asked = Asked(method="POST", uri=_URL, headers=kind, body=_body(number))
    told = Told(status=200, reason="OK", headers=kind, body=json.dumps(answer).encode(), wait=0.4)
    return Exchange(request=asked, response=told, at=float(number))


def _seconds(run: Callable[[], object], times: int) -> float:
    durations = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        durations.append(time.perf_counter() - start)
    return min(durations)


def _vcr(path: Path) -> VcrCassette:
    return VcrCassette.load(
        path=path,
        match_on=(vcr.matchers.method, vcr.matchers.uri, vcr.matchers.body),
        record_mode=vcr.mode.NONE,
    )


def bench_recordings() -> None:
    """10 and 10,000 exchanges."""
    headers = {"content-type": "application/json"}
    for count in (10, 10_000):
        exchanges = tuple(_exchange(number) for number in range(count))
        asked = [_body(number * count // _ASKED % count) for number in range(_ASKED)]
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "cassette.yaml"
            save(path, Cassette(header=Header(provenance="simulated"), exchanges=exchanges))
            times = 20 if count == 10 else 1
            ours, theirs = _seconds(partial(load, path), times), _seconds(partial(_vcr, path), times)
            replay = Replay(load(path))
            cassette = _vcr(path)
            cassette.allow_playback_repeats = True

        def find(answers: Replay = replay, bodies: list[bytes] = asked) -> None:
            for body in bodies:
                assert answers(Request("POST", "/v1/chat/completions", Headers(headers), body)).status == 200

        def find_by_vcr(answers: VcrCassette = cassette, bodies: list[bytes] = asked) -> None:
            for body in bodies:
                assert answers.play_response(VcrRequest("POST", _URL, body, headers))["status"]["code"] == 200

        mine, vcrs = _seconds(find, 5) / _ASKED, _seconds(find_by_vcr, 1 if count > 10 else 5) / _ASKED
        print(f"cassette of {count:,}: loaded in {ours * 1e3:.1f} ms, {ours / theirs:.2f} times vcrpy's time")
        print(f"  an answer found in {mine * 1e6:.0f} µs, {mine / vcrs:.3f} times vcrpy's time")


if __name__ == "__main__":
    bench_recordings()
