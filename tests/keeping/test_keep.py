"""`keep` asks a model all prompts and seals an archive: a cassette that says what it is of."""

from __future__ import annotations

import hashlib
import json

import msgspec
import pytest

from drytune import UsageError
from drytune.cassettes.files import load, save
from drytune.cassettes.journal import part_of
from drytune.keeping.archive import answered
from drytune_simulator import Headers, Request
from drytune_simulator.http import ConnectionDropped, Response

QUESTIONS = 6


def refusal(status: int, code: str | None = None, **headers: str) -> Response:
    body = {"error": {"message": "Not now.", "type": "x", "param": None, "code": code}}
    return Response.json(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


def texts(cassette) -> list[str]:
    """What was answered, one word each."""
    found = []
    for one in answered(cassette.exchanges):
        told = msgspec.json.encode(one.data).decode()
        found.append("error" if one.status >= 400 else told)
    return found


def test_an_archive_is_a_cassette_with_all_answers(keeping):
    archive = keeping()
    assert (archive.asked, archive.left, archive.failed, archive.stopped) == (QUESTIONS, 0, 0, None)
    assert archive.complete
    cassette = load(keeping.out)
    assert cassette == archive.cassette
    assert [one.door for one in answered(cassette.exchanges)] == ["chat"] * 4 + ["responses", "chat"]
    calls = texts(cassette)
    assert '"get_weather"' in calls[1]
    assert '{\\"next\\": 42}' in calls[2]
    assert "5." in calls[5]


def test_its_header_tells_what_was_kept_of_what_and_when(keeping, platform):
    manifest = keeping(title="The counter").manifest
    header = load(keeping.out).header
    assert (header.provenance, header.title) == ("simulated", "The counter")
    assert header.sdk.startswith("openai-python ")
    assert header.recorded_at == manifest["asked_at"] == "2026-01-01T00:00:00Z"
    assert (manifest["model"], manifest["base_model"]) == (platform.model, "gpt-4o-mini-2024-07-18")
    assert manifest["model_object"]["id"] == platform.model
    assert manifest["job"]["fine_tuned_model"] == platform.model
    (file,) = manifest["dataset"]
    assert file["sha256"] == hashlib.sha256(platform.lessons).hexdigest()
    assert (file["role"], file["filename"], file["bytes"]) == (
        "training_file",
        "lessons.jsonl",
        len(platform.lessons),
    )
    assert manifest["prompts"] == {
        "file": "prompts.jsonl",
        "count": QUESTIONS,
        "sha256": hashlib.sha256(keeping.prompts.read_bytes()).hexdigest(),
    }
    assert manifest["references"] == {"4": {"role": "assistant", "content": "3."}}
    assert manifest["catalog"]["snapshot"] == "gpt-4o-mini-2024-07-18"
    assert manifest["catalog"]["tunes_end"] == "2027-01-14"
    assert manifest["complete"] is True
    assert manifest["notes"] == []
    assert 0 < manifest["spent_usd"] < 0.001


def test_it_holds_no_other_models_and_not_the_dataset(keeping, platform):
    keeping()
    text = keeping.out.read_text()
    assert platform.completer not in text
    assert "After 7?" not in text
    assert [
        exchange.request.uri.rpartition("/v1")[2].split("/")[1]
        for exchange in load(keeping.out).exchanges[:3]
    ] == [
        "models",
        "fine_tuning",
        "files",
    ]


def test_all_are_asked_once_and_then_again(keeping):
    keeping.write("After 1?", "After 2?")
    archive = keeping(repeats=3)
    asked = [body["messages"][0]["content"] for body in keeping.handler.questions]
    assert asked == ["After 1?", "After 2?"] * 3
    assert archive.asked == 6


def test_progress_tells_how_far_it_is(keeping):
    keeping()
    assert [one.done for one in keeping.seen] == list(range(QUESTIONS + 1))
    assert {one.of for one in keeping.seen} == {QUESTIONS}
    assert [one.prompt for one in keeping.seen] == list(range(QUESTIONS + 1))
    assert keeping.seen[-1].spent_usd == pytest.approx(keeping().spent_usd)


def test_what_is_complete_is_not_asked_again(keeping):
    first = keeping()
    keeping.handler.asked.clear()
    before = keeping.out.read_bytes()
    again = keeping()
    assert (again.asked, again.left, again.complete) == (0, 0, True)
    assert again.cassette == first.cassette
    assert keeping.handler.asked == []
    assert keeping.out.read_bytes() == before


def test_more_prompts_and_more_repeats_are_added(keeping):
    keeping.write("After 1?")
    keeping()
    keeping.handler.bodies.clear()
    keeping.handler.asked.clear()
    keeping.write("After 1?", "After 2?")
    archive = keeping(repeats=2)
    assert archive.asked == 3
    assert [body["messages"][0]["content"] for body in keeping.handler.questions] == [
        "After 2?",
        "After 1?",
        "After 2?",
    ]
    assert ("GET", "/v1/fine_tuning/jobs") not in keeping.handler.asked
    manifest = load(keeping.out).header.archive
    assert (manifest["prompts"]["count"], manifest["repeats"], manifest["complete"]) == (2, 2, True)
    assert len(manifest["dataset"]) == 1


def test_it_can_be_begun_anew(keeping):
    keeping()
    archive = keeping(anew=True)
    assert archive.asked == QUESTIONS
    assert len(list(answered(load(keeping.out).exchanges))) == QUESTIONS


def test_a_model_that_completes_text_is_kept_too(keeping, platform):
    keeping.write({"prompt": "After 3:"}, {"prompt": "After 4:", "max_tokens": 5})
    archive = keeping(platform.completer)
    assert [one.data["choices"][0]["text"] for one in answered(archive.cassette.exchanges)] == [" 4.", " 5."]
    assert [body["max_tokens"] for body in keeping.handler.bodies] == [256, 5]


def test_any_model_can_be_kept(keeping):
    """A base model has no job, and is worth keeping too."""
    archive = keeping("gpt-4o-mini")
    assert archive.manifest["job"] is None
    assert archive.manifest["dataset"] == []
    assert ("GET", "/v1/fine_tuning/jobs") not in keeping.handler.asked


def test_what_cannot_be_found_out_is_noted(keeping, platform):
    inner = keeping.handler

    def blind(request):
        if request.method == "GET":
            return refusal(403, "insufficient_permissions")
        return inner(request)

    archive = keeping(handler=blind)
    assert archive.complete
    assert archive.manifest["job"] is None
    assert [note.rpartition("(")[2] for note in archive.manifest["notes"]] == ["HTTP 403).", "HTTP 403)."]
    assert len(archive.cassette.exchanges) == QUESTIONS


def test_a_dataset_that_may_not_be_read_has_no_hash(keeping):
    inner = keeping.handler
    keeping.handler = lambda request: refusal(403) if request.path.endswith("/content") else inner(request)
    (file,) = keeping().manifest["dataset"]
    assert file["sha256"] is None
    assert file["filename"] == "lessons.jsonl"


def test_a_checkpoint_is_of_its_job(keeping, platform):
    listed = keeping().manifest["job"]["id"]
    name = f"{platform.model}:ckpt-step-88"
    keeping.out.unlink()
    assert keeping(name).manifest["job"]["id"] == listed


def test_what_the_platform_refuses_is_an_answer_too(keeping):
    keeping.write("After 1?", "After 2?")
    keeping.handler.instead = [refusal(400, "content_policy_violation")]
    archive = keeping()
    assert archive.complete
    assert [one.status for one in answered(archive.cassette.exchanges)] == [400, 200]
    keeping.handler.asked.clear()
    assert keeping().asked == 0


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after_ms": "250"}, 0.25),
        ({}, 1.0),
        ({"retry_after": "soon"}, 1.0),
    ],
)
def test_it_waits_as_long_as_it_is_told(keeping, headers, waits):
    keeping.handler.instead = [refusal(429, "rate_limit_exceeded", **headers)]
    archive = keeping()
    assert archive.complete
    assert keeping.slept == [waits]
    waiting = [one for one in keeping.seen if one.waiting]
    assert [(one.waiting, one.why) for one in waiting] == [(waits, "429, Not now.")]
    assert 429 not in {exchange.response.status for exchange in archive.cassette.exchanges}


def test_it_waits_until_the_day_it_is_told(keeping):
    keeping.handler.instead = [refusal(503, retry_after="Thu, 01 Jan 2026 00:01:00 GMT")]
    keeping()
    assert keeping.slept == [60.0]


def test_a_rate_is_kept(keeping):
    keeping(rpm=20)
    assert keeping.slept == pytest.approx([3.0] * (QUESTIONS - 1))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal(429, "insufficient_quota"), "no money left"),
        (refusal(401, "invalid_api_key"), "does not take the API key"),
        (refusal(403), "may not use the model"),
        (refusal(404, "model_not_found"), "no such model, or not any more"),
        (refusal(429, retry_after="1000000"), "asks to wait for 1000000 s"),
    ],
)
def test_where_nothing_helps_it_stops_and_seals(keeping, answer, words):
    keeping.handler.instead = [None, None, answer]
    archive = keeping()
    assert (archive.asked, archive.left, archive.complete) == (2, 4, False)
    assert words in archive.stopped
    assert "4 of 6 questions are left; the same command goes on with them." in archive.stopped
    assert load(keeping.out).header.archive["complete"] is False
    assert len(list(answered(load(keeping.out).exchanges))) == 2


def test_and_the_same_command_goes_on(keeping):
    keeping.handler.instead = [None, None, refusal(429, "insufficient_quota")]
    keeping()
    stopped = list(keeping.handler.questions[:2])
    keeping.handler.bodies.clear()
    archive = keeping()
    assert (archive.asked, archive.complete, archive.stopped) == (4, True, None)
    assert not any(question in keeping.handler.questions for question in stopped)
    assert len(list(answered(archive.cassette.exchanges))) == QUESTIONS
    ats = [exchange.at for exchange in archive.cassette.exchanges]
    assert ats == sorted(ats)


def test_a_question_that_is_answered_by_nobody_is_left(keeping):
    keeping.handler.instead = [None, *([refusal(500)] * 8)]
    archive = keeping()
    assert (archive.asked, archive.left, archive.failed) == (5, 1, 1)
    assert "1 questions got no answer" in archive.stopped
    assert keeping.slept == [1, 2, 4, 8, 16, 32, 60]
    assert keeping().complete


def test_where_nobody_answers_at_all_it_stops(keeping):
    keeping.handler.instead = [None, *([refusal(500)] * 24)]
    archive = keeping()
    assert (archive.asked, archive.failed) == (1, 3)
    assert "500, Not now." in archive.stopped


def test_what_may_have_been_billed_counts(keeping):
    def broken(request):
        raise ConnectionDropped("gone")

    keeping.handler.instead = [broken]
    archive = keeping(max_usd=1.0)
    assert archive.complete
    lost = archive.manifest["lost_usd"]
    assert lost > 0.01  # the longest answer that the model can give
    assert archive.spent_usd > lost
    assert keeping(max_usd=1.0).spent_usd == pytest.approx(archive.spent_usd)


def dropped(request):
    raise ConnectionDropped("gone")


def interrupted(request):
    raise KeyboardInterrupt


def test_before_each_attempt_there_is_room_for_its_worst_case(keeping):
    """A call that is dropped may have been billed, each time: at most 0.0121 USD here, thrice."""
    keeping.handler.instead = [dropped] * 8
    archive = keeping(max_usd=0.04, max_tokens=10_000)
    assert len(keeping.handler.bodies) == 3
    assert "The budget of 0.04 USD is used up" in archive.stopped
    assert 0.036 < archive.spent_usd <= 0.04
    assert archive.manifest["lost_usd"] == pytest.approx(archive.spent_usd)


def test_an_interrupted_call_counts_as_lost(keeping):
    """Whoever presses Ctrl-C does not know whether it was answered."""
    keeping.handler.instead = [None, interrupted]
    with pytest.raises(KeyboardInterrupt):
        keeping(max_usd=1.0, max_tokens=10_000)
    manifest = load(keeping.out).header.archive
    assert 0.012 < manifest["lost_usd"] < 0.013
    assert manifest["spent_usd"] > manifest["lost_usd"]
    assert keeping(max_usd=1.0).spent_usd > manifest["spent_usd"]


def test_without_a_budget_what_was_lost_is_told_too(keeping):
    """So that a later run with one knows of it."""
    keeping.handler.instead = [dropped]
    manifest = keeping(max_tokens=10_000).manifest
    assert 0.012 < manifest["lost_usd"] < 0.013


def test_an_answer_that_does_not_say_what_it_took_counts_at_its_worst(keeping):
    keeping.write("After 1?", "After 2?")
    choice = {"index": 0, "message": {"role": "assistant", "content": "2."}, "finish_reason": "stop"}
    keeping.handler.instead = [Response.json({"object": "chat.completion", "choices": [choice]})]
    archive = keeping(max_usd=0.02, max_tokens=10_000)
    assert archive.asked == 1
    assert "The budget of 0.02 USD is used up" in archive.stopped
    assert 0.012 < archive.spent_usd < 0.013


def test_a_model_has_a_name(keeping):
    with pytest.raises(UsageError, match="name of the model is empty"):
        keeping(" ")


def test_no_key_is_kept_nor_any_prompt_with_one_asked_twice(keeping):
    secret, own = "sk-" + "proj-" + "a1B2c3D4e5" * 4, "our-own-" + "gateway-key"
    keeping.write(f"Is {secret} good?", f"And {own}?")
    inner = keeping.handler

    def gateway(request):
        headers = Headers({**request.headers, "authorization": "Bearer sk-simulated"})
        return inner(Request(request.method, request.target, headers, request.body))

    archive = keeping(handler=gateway, api_key=own)
    text = keeping.out.read_text()
    assert secret not in text
    assert own not in text
    assert "Is sk-REDACTED-1 good?" in text
    assert archive.complete
    assert keeping(handler=gateway, api_key=own).asked == 0


def test_a_pattern_of_ones_own_is_taken_out_everywhere(keeping, platform):
    keeping.write(
        {"messages": [{"role": "user", "content": "After 1?"}], "reference": "Project Bluebird"}, "Bluebird?"
    )
    keeping(redact=["Bluebird"])
    assert "Bluebird" not in keeping.out.read_text()


def test_what_is_there_and_is_something_else_stays(keeping):
    keeping.out.write_text("version: 1\ninteractions: []\n")
    with pytest.raises(UsageError, match="no archive"):
        keeping()
    keeping.out.unlink()
    keeping()
    before = keeping.out.read_bytes()
    with pytest.raises(UsageError, match="is an archive of ft:"):
        keeping("gpt-4o-mini")
    assert keeping.out.read_bytes() == before


@pytest.mark.parametrize(
    "options", [{"repeats": 0}, {"rpm": 0}, {"rpm": float("nan")}, {"max_tokens": 0}, {"max_usd": -1}]
)
def test_numbers_that_make_no_sense(keeping, options):
    with pytest.raises(UsageError):
        keeping(**options)
    assert keeping.handler.asked == []


def test_a_limit_of_tokens_is_asked_for(keeping):
    keeping.write(
        "After 1?", {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}, {"input": "Hi"}
    )
    keeping(max_tokens=20)
    limits = [{name: n for name, n in body.items() if "max" in name} for body in keeping.handler.bodies]
    assert limits == [{"max_completion_tokens": 20}, {"max_tokens": 9}, {"max_output_tokens": 20}]
    assert keeping(max_tokens=10).asked == 0


def test_without_a_key_nothing_is_asked(keeping, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        keeping(handler=None, base_url="http://127.0.0.1:9/v1")


def test_a_full_disk_stops_the_spending(keeping, monkeypatch):
    """A tape never disturbs whoever asks; here each question costs money."""
    from drytune.cassettes.errors import NotKept
    from drytune.cassettes.journal import Journal

    written = Journal.append

    def full(self, exchange):
        if exchange.request.method == "POST":
            raise OSError(28, "No space left on device")
        written(self, exchange)

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(NotKept):
        keeping()
    assert len(keeping.handler.bodies) == 1
    assert not keeping.out.exists()


def test_whoever_interrupts_it_keeps_what_there_is(keeping):
    def interrupted(request):
        raise KeyboardInterrupt

    keeping.handler.instead = [None, None, interrupted]
    with pytest.raises(KeyboardInterrupt):
        keeping()
    cassette = load(keeping.out)
    assert len(list(answered(cassette.exchanges))) == 2
    assert cassette.header.archive["complete"] is False
    assert keeping().asked == 4


def test_a_run_that_was_killed_behind_its_last_answer_is_complete(keeping):
    archive = keeping()
    manifest = {**archive.manifest, "complete": False}
    header = msgspec.structs.replace(
        archive.cassette.header, archive=manifest, note="The recording was cut off."
    )
    save(keeping.out, msgspec.structs.replace(archive.cassette, header=header))
    keeping.handler.asked.clear()
    again = keeping()
    assert (again.asked, again.complete, keeping.handler.asked) == (0, True, [])
    assert load(keeping.out).header.archive["complete"] is True
    assert load(keeping.out).header.note is None
    assert load(keeping.out).exchanges == archive.cassette.exchanges


def test_what_says_nothing_of_a_simulator_is_of_a_platform(keeping):
    inner = keeping.handler

    def plain(request):
        answer = inner(request)
        headers = {name: value for name, value in answer.headers.items() if "drytune" not in name}
        return Response(answer.status, headers, answer.body)

    assert keeping(handler=plain).cassette.header.provenance == "recorded"


def test_another_run_into_it_is_not_disturbed(keeping):
    from drytune.cassettes.redaction import Redactor
    from drytune.cassettes.tape import Tape

    with Tape(keeping.out, redactor=Redactor()):
        for anew in (False, True):
            with pytest.raises(UsageError, match="going on"):
                keeping(anew=anew)
    assert keeping.handler.bodies == []


def test_what_was_cut_off_is_dropped_by_whoever_begins_anew(keeping):
    part_of(keeping.out).write_text('{"kind":"begun","form":1,"header":{},"before":0}\n')
    assert keeping(anew=True).complete


def test_json_of_the_header_is_plain(keeping):
    assert json.loads(json.dumps(keeping().manifest)) == keeping().manifest
