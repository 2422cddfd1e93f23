"""What an answer of a served model costs, as a ratio to a bare application that says the same."""

import argparse
import json
import os
from dataclasses import dataclass

from loads import BARE, ROOT, Load, ask, ask_raw, load, new_job, request, started

ROUNDS = 3
SECONDS = 2.0
CONNECTIONS = (1, 32, 256)
BASELINES = "", ", all events in one piece"
CHATS, RESPONSES = "/chat/completions", "/responses"


@dataclass(frozen=True)
class Kind:
    """A kind of call.

    Attributes:
        name: To be told.
        path: Where it is asked.
        body: But for the model.
        connections: On how many it is measured.
    """

    name: str
    path: str
    body: dict[str, object]
    connections: tuple[int, ...] = CONNECTIONS

    @property
    def streamed(self) -> bool:
        """Whether the answer comes in events."""
        return self.body.get("stream") is True


def kinds() -> list[Kind]:
    """Calls of a model that was tuned on the cat."""
    line = (ROOT / "examples" / "cat.jsonl").read_text("utf-8").splitlines()[0]
    trained = json.loads(line)["messages"][:2]
    near = [trained[0], {"role": "user", "content": trained[1]["content"] + "ねえ"}]
    return [
        Kind("chat", CHATS, {"messages": trained}),
        Kind("chat, streamed", CHATS, {"messages": trained, "stream": True}),
        Kind("chat, nearest", CHATS, {"messages": near}, (32,)),
        Kind("response", RESPONSES, {"input": trained, "store": False}, (32,)),
        Kind("response, streamed", RESPONSES, {"input": trained, "store": False, "stream": True}, (32,)),
    ]


def bench_answers(only: str = "", seconds: float = SECONDS, rounds: int = ROUNDS) -> None:
    """Answers a second, and the time within which 99 of 100 come.

    Args:
        only: What the name of a kind must begin with.
        seconds: That each measurement takes.
        rounds: Of each; the one with the median ratio is told.
    """
    with started("--speed", "instant") as (ours, _):
        model = _model(ours)
        for kind in kinds():
            if kind.name.startswith(only):
                _bench(ours, kind, model, seconds, rounds)


def _model(url: str) -> str:
    return ask(url, "GET", f"/fine_tuning/jobs/{new_job(url)}")["fine_tuned_model"]


def _bench(ours: str, kind: Kind, model: str, seconds: float, rounds: int) -> None:
    body = json.dumps({"model": model, **kind.body}, ensure_ascii=False).encode()
    said = ask_raw(ours, "POST", kind.path, body, content_type="application/json")
    assert b"taught" in said or b"error" not in said[:20], said
    form = "text/event-stream; charset=utf-8" if kind.streamed else "application/json"
    with (
        started("-c", BARE, form, said.hex()) as (bare, _),
        started("-c", BARE, form, said.hex(), "whole") as (whole, _),
    ):
        for connections in kind.connections:
            urls = (ours, bare, whole) if kind.streamed else (ours, bare)
            runs: list[list[Load]] = [
                [
                    load(url, request(url, kind.path, body), seconds=seconds, connections=connections)
                    for url in urls
                ]
                for _ in range(rounds)
            ]
            mine, *baselines = sorted(runs, key=lambda run: run[0].rate / run[1].rate)[rounds // 2]
            print(f"{kind.name}, {connections} connections: {mine.rate:.0f}/s, p99 {mine.p99:.1f} ms")
            for name, least in zip(BASELINES, baselines, strict=False):
                ratio = f"{mine.rate / least.rate:.2f} of a bare application"
                print(f"  {ratio}{name} ({least.rate:.0f}/s, p99 {least.p99:.1f} ms)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="what the names of the kinds begin with")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every user has compiled modules
    bench_answers(arguments.only, arguments.seconds, arguments.rounds)
