"""`compare`: another model is asked what a recorded one was asked."""

import json

import msgspec
import pytest

import drytune
from drytune.cassettes.model import Cassette
from drytune.errors import Refused
from drytune_simulator import ManualClock, Response, Simulator
from drytune_simulator.http import ApiError, Chunk, ConnectionDropped


def of(found, number=1):
    return found.prompts[number - 1]


def test_the_same_body_but_for_the_model(made, parts):
    """What was recorded is asked with all its parameters, in its order, at its door."""
    bodies = [
        parts.asking("Hi", temperature=0.3, seed=7, logit_bias={"5": 1}),
        {"input": "Hi", "store": False},
        {"prompt": "Hi", "max_tokens": 3},
    ]
    response = {"output": [{"type": "message", "content": [{"type": "output_text", "text": "Hello."}]}]}
    answers = ["Hello.", response, {"choices": [{"text": "Hello.", "index": 0}]}]
    paths = ["chat/completions", "responses", "completions"]
    recorded = [parts.exchange(b, a, path=p) for b, a, p in zip(bodies, answers, paths, strict=True)]

    def model(request):
        asked.append((request.path, json.loads(request.body)))
        return Response.json(
            dict(zip(paths, [parts.completion("Hello."), *answers[1:]], strict=True))[request.path[4:]]
        )

    asked = []
    found = made(recorded, model)
    assert asked == [(f"/v1/{p}", {"model": parts.NEW, **b}) for b, p in zip(bodies, paths, strict=True)]
    assert [one.verdict for one in found.prompts] == ["same"] * 3
    assert [one.request for one in found.prompts] == bodies
    assert [one.prompt for one in found.prompts] == ["Hi"] * 3


def test_as_often_as_it_was_recorded(made, parts):
    """Three recorded answers: asked three times, and all answers are compared with all."""
    model = parts.Model({"Pick one": ["red", "blue", "red"]})
    found = made(
        [parts.exchange(parts.asking("Pick one"), colour) for colour in ("red", "green", "red")], model
    )
    assert len(model.asked) == 3
    one = of(found).measures
    assert (one.agreement.pairs, one.own.pairs) == (9, 3)
    assert one.agreement.exact == pytest.approx(4 / 9)
    assert one.own.exact == pytest.approx(1 / 3)
    again = made([parts.exchange(parts.asking("Hi"), "Hello.")], parts.Model(), repeats=5)
    assert len(of(again).new) == 5


def test_several_answers_to_one_request(made, parts):
    """`n` answers of one request are answers each; tokens and cost are those of the request."""
    body = parts.asking("Hi", n=2)
    both = parts.completion("One.", "Two.", usage=(10, 7))
    found = made([parts.exchange(body, both)], parts.Model({"Hi": [both]}))
    assert [said.text for said in of(found).new] == ["One.", "Two."]
    assert [said.prompt_tokens for said in of(found).new] == [10, 0]
    assert sum(said.completion_tokens for said in of(found).new) == 7
    assert found.spent_usd == pytest.approx((10 * 0.4 + 7 * 1.6) / 1e6)


def test_what_is_refused_is_that_prompts_error(made, parts):
    """A parameter that the new model does not take: told, not asked again, and the rest goes on."""
    refusal = ApiError(
        400, "Unsupported parameter: 'logprobs'.", param="logprobs", code="unsupported_parameter"
    )
    model = parts.Model({"Hi": [refusal], "Bye": ["Bye."]})
    recorded = [parts.exchange(parts.asking("Hi", logprobs=True), "Hello.") for _ in range(3)]
    found = made([*recorded, parts.exchange(parts.asking("Bye"), "Bye.")], model)
    assert [one.verdict for one in found.prompts] == ["error", "same"]
    assert of(found).new[0].error == "400: Unsupported parameter: 'logprobs'."
    assert found.measures.new.errors == 1
    assert len(model.asked) == 2
    assert found.complete


def test_another_thing_that_is_not_there(made, parts):
    """A 404 about something else than the model is that prompt's error too."""
    gone = ApiError(404, "Conversation with id 'conv_1' not found.")
    model = parts.Model({"Hi": [gone], "Bye": ["Bye."]})
    found = made([parts.exchange(parts.asking(text), text + ".") for text in ("Hi", "Bye")], model)
    assert [one.verdict for one in found.prompts] == ["error", "same"]


@pytest.mark.parametrize(
    "refusal",
    [
        ApiError(401, "Incorrect API key provided.", code="invalid_api_key"),
        ApiError(404, "The model `gpt-4.1-mini` does not exist.", code="model_not_found"),
        ApiError(429, "You exceeded your current quota.", code="insufficient_quota"),
    ],
)
def test_nothing_will_be_answered(made, parts, refusal):
    """A bad key, an unknown model, an empty account: refused with the platform's words; one request was enough."""
    model = parts.Model({"Hi": [refusal]})
    with pytest.raises(drytune.errors.Refused, match=refusal.message.split("`")[0].rstrip()):
        made([parts.exchange(parts.asking(text), "Hello.") for text in ("Hi", "Ho")], model)
    assert len(model.asked) == 1


def test_nobody_is_there(made, parts):
    """A connection that always breaks."""
    with pytest.raises(drytune.errors.Refused, match=r"gpt-4\.1-mini does not answer: .*onnection"):
        made([parts.exchange(parts.asking("Hi"), "Hello.")], parts.Model({"Hi": [ConnectionDropped()]}))


def test_the_account_is_empty_on_the_way(made, parts):
    """What was answered until then is compared, and the rest is told."""
    quota = ApiError(429, "You exceeded your current quota.", code="insufficient_quota")
    model = parts.Model({"1": ["one"], "2": [quota]})
    found = made([parts.exchange(parts.asking(text), "one") for text in "123"], model)
    assert [one.verdict for one in found.prompts] == ["same", "unasked", "unasked"]
    assert (found.complete, "quota" in found.stopped) == (False, True)
    assert any("Only 1 of 3 prompts" in note for note in found.notes)


def test_a_busy_platform(made, parts):
    """429 and 500 are asked again after a pause that nobody waits for here; they count as nothing."""
    busy = ApiError(429, "Slow down.", headers={"retry-after": "20"})
    model = parts.Model({"Hi": [busy, ApiError(500, "Oops."), "Hello."]})
    clock = ManualClock()
    found = made([parts.exchange(parts.asking("Hi"), "Hello.")], model, clock=clock)
    assert of(found).verdict == "same"
    assert found.measures.new.errors == 0
    assert clock.now() >= ManualClock().now() + 20


def test_the_rate(made, parts):
    """30 requests in a minute: one every two seconds."""
    times = []
    clock = ManualClock(0.0)

    def model(request):
        times.append(clock.now())
        return Response.json(parts.completion("Hello."))

    made([parts.exchange(parts.asking(text), "Hello.") for text in "1234"], model, rpm=30, clock=clock)
    assert times == [0, 2, 4, 6]
    for rpm in (0, -1, float("nan")):
        with pytest.raises(drytune.UsageError, match="rpm"):
            made([parts.exchange(parts.asking("Hi"), "Hello.")], model, rpm=rpm)


def test_the_budget(made, parts):
    """Before each request the most that it may cost has to be left; what is not asked is told."""
    recorded = [parts.exchange(parts.asking(text, max_tokens=1000), "Hello.") for text in "1234"]
    model = parts.Model(otherwise=parts.completion("Hello.", usage=(10, 1000)))
    found = made(recorded, model, max_usd=0.0034)
    assert len(model.asked) == 2
    assert found.spent_usd == pytest.approx(2 * (10 * 0.4 + 1000 * 1.6) / 1e6)
    assert found.spent_usd < 0.0034
    assert "budget of 0.0034 USD" in found.stopped
    with pytest.raises(drytune.errors.Refused, match="budget"):
        made(recorded, parts.Model(), max_usd=0.000001)


def test_a_budget_that_cannot_be_kept(made, parts):
    """No price, no budget; nothing is asked."""
    model = parts.Model()
    with pytest.raises(drytune.UsageError, match="llama"):
        made([parts.exchange(parts.asking("Hi"), "Hello.")], model, model="llama-3", max_usd=1)
    assert model.asked == []
    found = made([parts.exchange(parts.asking("Hi"), "Hello.")], model, model="llama-3")
    assert found.spent_usd is None
    assert "No price of llama-3 is known, so its cost is not." in found.notes


def test_progress(made, parts):
    """Told after each request; what was spent is not known where no price is."""
    told = []
    recorded = [parts.exchange(parts.asking(text), "x") for text in "123"]
    made(recorded, parts.Model(), progress=lambda *at: told.append(at))
    assert [at[:2] for at in told] == [(1, 3), (2, 3), (3, 3)]
    assert told[-1][2] > 0
    made(recorded, parts.Model(), model="llama-3", progress=lambda *at: told.append(at))
    assert told[-1] == (3, 3, None)


def test_what_a_client_went_through_is_no_answer(made, parts):
    """Recorded 429s, 500s and broken streams before the answer do not count; a refusal that lasted does."""
    hi, ho = parts.asking("Hi"), parts.asking("Ho")
    error = {"error": {"message": "No."}}
    recorded = [
        parts.exchange(hi, error, status=429),
        parts.exchange(hi, error, status=503),
        parts.exchange(hi, b'data: {"choices"', headers=parts.EVENTS, interrupted=True),
        parts.exchange(hi, "Hello."),
        parts.exchange(ho, error, status=400),
        parts.exchange(ho, error, status=500),
    ]
    found = made(recorded, parts.Model({"Hi": ["Hello."]}))
    assert [one.verdict for one in found.prompts] == ["same", "unrecorded"]
    assert [said.error for said in of(found, 2).recorded] == ["400: No."]
    assert found.measures.recorded.errors == 1


def test_other_exchanges_of_the_recording(made, parts):
    """Jobs, other models, and requests that are no JSON are passed over."""
    other = parts.exchange(parts.asking("Hi"), "Hello.", model="gpt-4o")
    get = msgspec.structs.replace(other, request=msgspec.structs.replace(other.request, method="GET"))
    bad = msgspec.structs.replace(other, request=msgspec.structs.replace(other.request, body=b"{"))
    jobs = parts.exchange({"training_file": "file-1"}, {"id": "ftjob-1"}, path="fine_tuning/jobs")
    found = made([jobs, get, bad, other, parts.exchange(parts.asking("Ho"), "Ho.")], parts.Model())
    assert [one.prompt for one in found.prompts] == ["Ho"]


def test_a_recording_that_is_no_archive(made, parts):
    """The model is the only one that was asked; of several one has to be named."""
    hi = parts.exchange(parts.asking("Hi"), "Hello.")
    other = parts.exchange(parts.asking("Hi"), "Hello.", model="gpt-4o")
    assert made(parts.archive_of(hi, model=None), parts.Model()).recorded.model == parts.OLD
    both = parts.archive_of(hi, other, model=None)
    with pytest.raises(drytune.UsageError, match=r"kept\.yaml: several models were asked \(ft:.*, gpt-4o\)"):
        made(both, parts.Model())
    assert made(both, parts.Model(), recorded_model="gpt-4o").recorded.model == "gpt-4o"


@pytest.mark.parametrize("archive", [Cassette(), "of another model"])
def test_nothing_to_ask(made, parts, archive):
    """A recording without a question to the model is told so."""
    if archive == "of another model":
        archive = parts.archive_of(parts.exchange(parts.asking("Hi"), "Hello.", model="gpt-4o"))
    with pytest.raises(drytune.UsageError, match="asked"):
        made(archive, parts.Model())
    with pytest.raises(drytune.UsageError, match="repeats"):
        made(archive, parts.Model(), repeats=0)


def test_cost_and_latency(made, parts):
    """Tokens times price, as the catalog has it; medians of the times, stated delays of a handler among them."""
    recorded = [
        parts.exchange(parts.asking("Hi"), parts.completion("Hello.", usage=(1000, 100)), wait=seconds)
        for seconds in (0.4, 0.6, 5.0)
    ]
    found = made(recorded, parts.Model(delay=0.25))
    assert found.measures.recorded.usd == pytest.approx((1000 * 0.3 + 100 * 1.2) / 1e6)
    assert found.measures.recorded.total == 0.6
    assert found.measures.new.total == 0.25
    assert "2026" in found.recorded.price


def test_cached_tokens_are_cheaper(made, parts):
    """Tokens of the prompt that were in the cache have their own price."""
    answer = parts.completion("Hello.", usage=(1000, 0))
    answer["usage"]["prompt_tokens_details"] = {"cached_tokens": 600}
    found = made([parts.exchange(parts.asking("Hi"), answer)], parts.Model())
    assert found.measures.recorded.usd == pytest.approx((400 * 0.3 + 600 * 0.15) / 1e6)


def test_streams(made, parts):
    """A recorded stream is asked as a stream, and measured to its beginning and to its end."""
    pieces = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in ("Hel", "lo", ".")]
    usage = {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 3}}
    body = b"".join(b"data: " + json.dumps(piece).encode() + b"\n\n" for piece in [*pieces, usage])
    recorded = parts.exchange(
        parts.asking("Hi", stream=True), body, headers=parts.EVENTS, wait=0.2, chunks=((len(body), 0.7),)
    )
    found = made([recorded], parts.Model({"Hi": [parts.events(*pieces, usage, seconds=0.1)]}))
    (old,), (new,) = of(found).recorded, of(found).new
    assert (old.text, new.text, of(found).verdict) == ("Hello.", "Hello.", "same")
    assert (old.wait, round(old.total, 3)) == (0.2, 0.9)
    assert (new.wait, round(new.total, 3)) == (None, 0.4)
    assert (new.prompt_tokens, new.completion_tokens) == (4, 3)


def test_a_stream_that_breaks_is_asked_again(made, parts):
    """And what was lost on the way counts with the most that it may have cost."""

    def broken():
        yield Chunk(b'data: {"choices": []}\n\n')
        raise ConnectionDropped

    answers = [Response(200, dict(parts.EVENTS), broken()), "Hello."]
    recorded = [parts.exchange(parts.asking("Hi", stream=True, max_tokens=1000), "Hello.")]
    found = made(recorded, parts.Model({"Hi": answers}), max_usd=1.0)
    assert of(found).verdict == "same"
    assert found.spent_usd > 1000 * 1.6 / 1e6


def test_a_budget_is_not_passed_by_asking_again(made, parts):
    """Each attempt that is dropped may cost 0.0016 USD and a little more."""
    model = parts.Model({"Two": [ConnectionDropped("gone")]}, otherwise="Hello.")
    recorded = [
        parts.exchange(parts.asking(text, max_tokens=1000), "Hello.") for text in ("One", "Two", "Three")
    ]
    found = made(recorded, model, max_usd=0.004)
    assert len(model.asked) == 3
    assert "The budget of 0.004 USD does not cover the next request: prompt 2" in found.stopped
    assert 0.0032 < found.spent_usd <= 0.004


def test_where_answers_come_from(made, parts):
    """Simulated and documented answers are called so, on either side; placeholders are told."""
    hi = parts.exchange(parts.asking("Hi sk-REDACTED-1"), "Hello.")
    found = made(parts.archive_of(hi, provenance="simulated"), Simulator())
    assert (found.recorded.provenance, found.new.provenance) == ("simulated", "simulated")
    text = "\n".join(found.notes)
    for words in (
        "The recorded answers are of a simulator",
        "The new answers are of a simulator",
        "in 1 of the prompts",
    ):
        assert words in text
    found = made(parts.archive_of(hi, provenance=None), parts.Model())
    assert found.new.provenance == "asked"
    assert "Nobody has said where the recorded answers come from." in found.notes


def test_two_archives(made, parts):
    """Answers that are replayed from another recording are called what they say they are."""

    def replayed(request):
        told = {"x-drytune": "replayed", "x-drytune-provenance": "recorded"}
        return Response.json(parts.completion("Hello."), headers=told)

    assert made([parts.exchange(parts.asking("Hi"), "Hello.")], replayed).new.provenance == "recorded"


def test_the_key(made, parts):
    """The client's key, for a server that wants one."""
    model = parts.Model()
    made([parts.exchange(parts.asking("Hi"), "Hello.")], model, api_key="k-1")
    assert model.asked[0][2] == "Bearer k-1"


def test_as_data(made, parts):
    """The report that other programs read: everything, in plain JSON."""
    found = made([parts.exchange(parts.asking("Hi"), "Hello.")], parts.Model({"Hi": ["こんにちは"]}))
    told = json.loads(msgspec.json.encode(found.to_dict()))
    assert list(told)[:8] == [
        "drytune", "archive", "complete", "stopped", "recorded", "new", "verdicts", "verdicts_mean",
    ]  # fmt: skip
    assert told["verdicts"] == {"different": 1}
    (prompt,) = told["prompts"]
    assert prompt["request"] == parts.asking("Hi")
    assert prompt["new"][0]["text"] == "こんにちは"
    assert set(told["measures"]) >= {
        "agreement",
        "own",
        "calls",
        "recorded",
        "new",
        "length",
        "length_tokens",
    }


def test_the_worst(made, parts):
    """The worst are chosen by verdict, then by agreement, and stay in their order."""
    table = {"1": ["one"], "2": [ApiError(400, "No.")], "3": ["other words altogether"], "4": ["one"]}
    found = made([parts.exchange(parts.asking(text), "one") for text in "1234"], parts.Model(table))
    assert [one.number for one in found.worst(2)] == [2, 3]
    assert found.verdicts == {"error": 1, "different": 1, "same": 2}


def test_an_unfinished_archive(made, parts):
    """Is told."""
    archive = parts.archive_of(parts.exchange(parts.asking("Hi"), "Hello."))
    header = msgspec.structs.replace(archive.header, archive={"model": parts.OLD, "complete": False})
    found = made(msgspec.structs.replace(archive, header=header), parts.Model())
    assert found.notes[0].startswith("The archive is not finished")


def test_errors_have_no_style(made, parts):
    """Of three prompts one is refused and one answered with nothing: one is left, and no floor."""
    refused = ApiError(400, "No.")
    recorded = [parts.exchange(parts.asking(text), "Hello there.") for text in ("One", "Two", "Three")]
    found = made(recorded, parts.Model({"One": ["Hi."], "Two": [refused], "Three": [""]}))
    assert (found.style.units, found.style.floor) == (1, None)


def test_errors_end_with_one_full_stop(made, parts):
    recorded = [parts.exchange(parts.asking("Hi"), "Hello.")]
    with pytest.raises(Refused) as error:
        made(recorded, parts.Model({"Hi": [ConnectionDropped("gone")]}))
    assert str(error.value).endswith(".")
    assert ".." not in str(error.value)
