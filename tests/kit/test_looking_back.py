"""After a test one can look back: at what was asked and answered, at jobs, files and models, and at the bill."""

import datetime as dt
import hashlib
import io
import json
import threading
from functools import partial

import openai
import pytest

import drytune
from drytune.testing.exchanges import Recorder, Requests
from drytune.testing.looking_back import LookingBack
from drytune_simulator import Fault, FaultPlan, Request, Script, Simulator, failing
from drytune_simulator.clock import ManualClock
from drytune_simulator.http import Chunk, Headers, Response
from drytune_simulator.scripts import Say, ToolCall

MODEL = "gpt-4.1-mini-2025-04-14"
QUESTION = [{"role": "system", "content": "You count."}, {"role": "user", "content": "What comes after 3?"}]


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "look",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]


OFFERS = [
    {"tools": TOOLS},
    {"tools": TOOLS, "n": 2},
    {"tools": TOOLS, "max_completion_tokens": 2},
    {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "look"}}},
    {"functions": [tool["function"] for tool in TOOLS]},
]
OTHER_OPTIONS = [
    {},
    {"n": 2},
    {"max_completion_tokens": 2},
    {"stop": "three"},
    {"prediction": {"type": "content", "content": "one two five"}},
    {"response_format": {"type": "json_object"}},
]


class Bench:
    """A simulator, what looks back at it, and a client of both."""

    def __init__(self, *faults: Fault, **settings) -> None:
        self.simulator = Simulator(**settings)
        plan = FaultPlan(faults)
        self.recorder = Recorder(failing(self.simulator, plan), self.simulator.clock)
        self.seen = LookingBack(self.recorder, self.simulator.world)
        self.told = LookingBack(self.recorder)
        self.client = drytune.simulated(self.recorder)

    def upload(self, data: bytes, name: str = "train.jsonl") -> str:
        return self.client.files.create(file=(name, data), purpose="fine-tune").id

    def create(self, file_id: str, **options) -> str:
        return self.client.fine_tuning.jobs.create(model=MODEL, training_file=file_id, **options).id

    def wait(self, job_id: str):
        while (job := self.client.fine_tuning.jobs.retrieve(job_id)).status not in {
            "succeeded",
            "failed",
            "cancelled",
        }:
            pass
        return job


@pytest.fixture
def data(good, make_jsonl) -> bytes:
    return make_jsonl(*good)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def tuned(bench: Bench, data: bytes) -> Bench:
    """A bench on which a job has succeeded, and its model was asked."""
    job = bench.wait(bench.create(bench.upload(data), suffix="count", hyperparameters={"n_epochs": 2}))
    bench.model = job.fine_tuned_model
    bench.client.chat.completions.create(model=bench.model, messages=QUESTION)
    return bench


class TestRequests:
    def test_are_named_as_the_sdk_calls_them(self, tuned: Bench):
        """`operation` is what the SDK calls the method, whatever the path."""
        names = list(dict.fromkeys(one.operation for one in tuned.seen.requests))
        assert names == [
            "files.create",
            "fine_tuning.jobs.create",
            "fine_tuning.jobs.retrieve",
            "chat.completions.create",
        ]

    def test_tell_what_was_sent_and_what_came(self, tuned: Bench):
        """A request has its JSON, its model, its text, and the answer with where it came from."""
        last = tuned.seen.requests.last
        assert (last.method, last.path, last.status) == ("POST", "/v1/chat/completions", 200)
        assert (last.model, last.text, last.system) == (tuned.model, "What comes after 3?", "You count.")
        assert last.json["messages"] == QUESTION
        assert last.answer["choices"][0]["message"]["content"] == "After 3 comes 4."
        assert (last.layer, last.fault, last.error, last.stream) == ("taught", None, None, False)

    def test_tell_what_was_uploaded(self, bench: Bench, data: bytes):
        """A form is read: its fields, and its file with size, digest and content."""
        bench.upload(data)
        form = bench.seen.requests.first.form
        assert form["purpose"] == "fine-tune"
        assert (form["file"].filename, form["file"].size) == ("train.jsonl", len(data))
        assert form["file"].sha256 == hashlib.sha256(data).hexdigest()
        assert form["file"].content == data

    def test_of_a_large_upload_keep_the_digest_only(self, bench: Bench):
        """What came as a stream is hashed while it is there; its content is not kept in memory."""
        line = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
        large = line * (9 * 1024 * 1024 // len(line))
        bench.upload(large)
        file = bench.seen.requests.first.file
        assert (file.size, file.content) == (len(large), None)
        assert file.sha256 == hashlib.sha256(large).hexdigest() == bench.seen.files[0].sha256

    def test_put_a_streamed_answer_together(self, bench: Bench):
        """The answer of a stream reads as if it had come whole; its bytes are those that came."""
        bench.simulator.scripts.add(Script("One two three.", name="counting"))
        for _ in bench.client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True):
            pass
        last = bench.seen.requests.last
        assert last.stream
        assert last.answer["choices"][0]["message"]["content"] == "One two three."
        assert (last.layer, last.script) == ("scripted", "counting")
        assert last.answer_bytes.endswith(b"data: [DONE]\n\n")

    def test_of_a_stream_that_is_left_keep_what_was_read(self, bench: Bench):
        """Whoever stops reading has read a part, and the rest is let go of."""
        bench.simulator.scripts.add(Script("One two three four five six."))
        with bench.client.chat.completions.create(model=MODEL, messages=QUESTION, stream=True) as stream:
            next(iter(stream))
        assert bench.seen.requests.last.answer_size > 0

    def test_of_a_very_long_stream_keep_size_and_digest(self):
        """What is larger than 8 MiB is not kept, but measured."""
        piece = b"x" * (3 << 20)
        recorder = Recorder(lambda request: Response(200, {}, iter([Chunk(piece)] * 3)))
        for _ in recorder(Request("GET", "/v1/files/file-1/content")).body:
            pass
        one = recorder.requests.first
        assert (one.answer_bytes, one.answer_size) == (b"", 9 << 20)
        assert one.stream_kept.sha256 == hashlib.sha256(piece * 3).hexdigest()

    def test_tell_of_the_fault_that_struck(self, data: bytes):
        """A fault has its name and its layer, whether it answers or breaks the connection."""
        bench = Bench(
            Fault("POST /v1/files", 500, name="hiccup", first=1), Fault("/v1/models", "drop", name="cut")
        )
        bench.upload(data)
        with pytest.raises(openai.APIConnectionError):
            bench.client.with_options(max_retries=0).models.list()
        first, again, models = bench.seen.requests
        assert (first.status, first.layer, first.fault) == (500, "fault", "hiccup")
        assert (again.status, again.layer, again.fault) == (200, None, None)
        assert (models.status, models.layer, models.fault) == (None, "fault", "cut")
        assert "ConnectionDropped" in repr(models)

    def test_show_no_key(self, bench: Bench):
        """A key is told from another by a hint; neither the headers' values nor the key are shown."""
        bench.client.models.list()
        bench.client.with_options(api_key="sk-other").models.list()
        first, other = bench.seen.requests
        assert first.key_hint.startswith("sk-…#")
        assert first.key_hint != other.key_hint
        assert "simulated" not in repr(first.headers) + repr(first) + first.key_hint + str(
            bench.seen.requests
        )

    def test_come_with_the_clock_s_time(self, data: bytes):
        """`at` is the simulator's time, which a look at it does not move."""
        clock = ManualClock()
        bench = Bench(clock=clock)
        bench.client.models.list()
        clock.advance(90)
        bench.client.models.list()
        first, second = bench.seen.requests
        assert second.at - first.at == 90

    def test_are_numbered_from_one_also_when_earlier_ones_are_forgotten(self, bench: Bench, data: bytes):
        """`clear` forgets requests; numbers go on, and what they have made is still there."""
        bench.upload(data)
        bench.recorder.clear()
        bench.client.models.list()
        assert [one.number for one in bench.seen.requests] == [2]
        assert [file.filename for file in bench.seen.files] == ["train.jsonl"]

    def test_of_unknown_paths_have_no_operation(self, bench: Bench):
        """What is no route is noted all the same."""
        bench.recorder(Request("GET", "/v2/nothing?limit=2", Headers({"authorization": "Bearer sk-a"})))
        one = bench.seen.requests.first
        assert (one.operation, one.query, one.json, one.form) == (None, {"limit": "2"}, None, {})

    def test_note_what_is_raised_instead_of_an_answer(self):
        """An error that ends the test is noted with the request that caused it."""

        def nothing_answers(request):
            raise KeyboardInterrupt

        recorder = Recorder(nothing_answers)
        with pytest.raises(KeyboardInterrupt):
            recorder(Request("GET", "/v1/models"))
        assert isinstance(recorder.requests.first.error, KeyboardInterrupt)

    def test_may_come_from_many_threads(self, bench: Bench):
        """Each request has its own number, however many come at once."""
        threads = [threading.Thread(target=bench.client.models.list) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(one.number for one in bench.seen.requests) == list(range(1, 9))

    def test_a_recorder_is_as_quick_as_what_it_wraps(self, bench: Bench):
        """A server is told by the wrapped simulator whether a request may block."""
        quick = Request("GET", "/v1/models/gpt-4.1", Headers({"authorization": "Bearer sk-a"}))
        assert bench.recorder.blocks(quick) is bench.simulator.blocks(quick) is False
        assert bench.recorder.waits is False


class TestSearching:
    def test_by_operation_path_and_model_with_stars(self, tuned: Bench):
        """`*` stands for anything."""
        requests = tuned.seen.requests
        assert len(requests.where("fine_tuning.jobs.*")) == len(requests) - 2
        assert len(requests.where(path="/v1/files*")) == 1
        assert len(requests.where(model="ft:*")) == 1
        assert len(requests.where(method="post")) == 3

    def test_by_a_floating_name_or_its_snapshot(self, tuned: Bench):
        """gpt-4.1-mini is the snapshot that it means; a model tuned from it is another."""
        created = tuned.seen.requests.one("fine_tuning.jobs.create")
        for name in (MODEL, "gpt-4.1-mini", "gpt-4.1-*"):
            assert list(tuned.seen.requests.where(model=name)) == [created]

    def test_by_text(self, tuned: Bench):
        """`text` is the whole message, `pattern` is found in it, `system` is what was told before."""
        requests = tuned.seen.requests
        assert len(requests.where(text="What comes after 3?")) == 1
        assert not requests.where(text="What comes")
        assert len(requests.where(pattern=r"after \d")) == 1
        assert len(requests.where(system="You count.")) == 1

    def test_by_fields_of_the_json(self, tuned: Bench):
        """Of an object what is named counts, at every depth; True is no 1."""
        requests = tuned.seen.requests
        assert len(requests.where(hyperparameters={"n_epochs": 2})) == 1
        assert not requests.where(hyperparameters={"n_epochs": True})
        assert not requests.where(suffix="other")

    def test_by_status_layer_and_a_function(self, tuned: Bench):
        """All conditions must hold."""
        requests = tuned.seen.requests
        assert len(requests.where(layer="taught", status=200)) == 1
        assert not requests.where(layer="taught", status=500)
        assert (
            requests.where(predicate=lambda one: one.number == 2).first.operation == "fine_tuning.jobs.create"
        )

    def test_for_the_only_one(self, tuned: Bench):
        """`one` is the only request that fits; else it says what there was."""
        assert tuned.seen.requests.one("fine_tuning.jobs.create").json["suffix"] == "count"
        with pytest.raises(AssertionError, match=r"0 requests fit models\.list.*there were:\n.*/v1/files"):
            tuned.seen.requests.one("models.list")
        with pytest.raises(AssertionError, match=r"\d+ requests fit status=200 instead of one"):
            tuned.seen.requests.one(status=200)

    def test_first_and_last_of_none_say_so(self):
        """There is no first of none."""
        with pytest.raises(LookupError, match="there were no requests"):
            _ = Requests().first

    def test_slices_are_requests_too(self, tuned: Bench):
        """A part of them can be searched as well."""
        assert len(tuned.seen.requests[:2].where("fine_tuning.*")) == 1


class TestJobs:
    def test_tell_what_was_asked_and_what_became_of_it(self, tuned: Bench, data: bytes):
        """A job has its file by name and digest, its hyperparameters as asked and as used, and its end."""
        (job,) = tuned.seen.jobs
        assert (job.model, job.status, job.method, job.suffix) == (MODEL, "succeeded", "supervised", "count")
        assert (job.training_name, job.training_sha256) == ("train.jsonl", hashlib.sha256(data).hexdigest())
        assert job.hyperparameters == {
            "n_epochs": 2,
            "batch_size": "auto",
            "learning_rate_multiplier": "auto",
        }
        assert job.used["n_epochs"] == 2
        assert job.used["batch_size"] >= 1
        assert (job.fine_tuned_model, job.has_ended, job.error) == (tuned.model, True, None)
        assert job.trained_tokens == job.committed_tokens > 0
        assert job.events[0].message.startswith("Created fine-tuning job")
        assert job.events[-1].at >= job.events[0].at

    def test_are_looked_at_without_moving_them(self, bench: Bench, data: bytes):
        """However often one looks, a job stays where it is: to look is no poll."""
        bench.create(bench.upload(data))
        before = bench.simulator.clock.now()
        assert {bench.seen.jobs[0].status for _ in range(50)} == {"validating_files"}
        assert bench.simulator.clock.now() == before
        assert len(bench.seen.requests) == 2

    def test_of_all_keys_are_there(self, bench: Bench, data: bytes):
        """Whoever asked, whatever the key."""
        for key in ("sk-one", "sk-two"):
            client = bench.client.with_options(api_key=key)
            file = client.files.create(file=("train.jsonl", data), purpose="fine-tune")
            client.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
        assert len({job.tenant for job in bench.seen.jobs}) == 2
        assert len(bench.seen.files) == 2

    def test_whose_answer_was_lost_are_there(self, data: bytes):
        """A 500 behind the effect and the SDK's own retry make two jobs."""
        bench = Bench(Fault("POST /v1/fine_tuning/jobs", 500, when="after", first=1))
        bench.create(bench.upload(data))
        assert len(bench.seen.jobs) == 2

    def test_tell_why_they_failed(self, bench: Bench):
        """A file that is refused fails the job, and nothing is billed."""
        file = bench.upload(b'{"messages": []}\n')
        bench.wait(bench.create(file))
        (job,) = bench.seen.jobs
        assert (job.status, job.committed_tokens) == ("failed", 0)
        assert job.error["code"]
        assert bench.seen.bill.total_usd == 0

    def test_keep_the_name_of_a_file_that_is_gone(self, tuned: Bench):
        """Who deletes the upload can still be asked which file it was."""
        tuned.client.files.delete(tuned.seen.jobs[0].training_file)
        assert tuned.seen.jobs[0].training_name == "train.jsonl"
        assert tuned.seen.files[0].deleted

    def test_of_other_methods_have_their_hyperparameters(self, bench: Bench, make_jsonl):
        """Preference tuning has its beta."""
        said = {"role": "assistant", "content": "Yes."}
        row = {
            "input": {"messages": [{"role": "user", "content": "Really?"}]},
            "preferred_output": [said],
            "non_preferred_output": [{**said, "content": "No."}],
        }
        file = bench.upload(make_jsonl(*[row] * 10))
        bench.create(file, method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.2}}})
        (job,) = bench.seen.jobs
        assert (job.method, job.hyperparameters["beta"]) == ("dpo", 0.2)

    def test_of_a_recording_are_read_from_its_answers(self, tuned: Bench):
        """Without a world, what answers have told is what is known; it is the same."""
        (told,), (seen,) = tuned.told.jobs, tuned.seen.jobs
        for name in ("id", "model", "status", "training_name", "training_sha256", "suffix", "method", "seed"):
            assert getattr(told, name) == getattr(seen, name), name
        assert told.hyperparameters == seen.hyperparameters
        assert told.used == seen.used
        assert tuned.told.bill.total_usd == pytest.approx(tuned.seen.bill.total_usd)


class TestFiles:
    def test_have_their_content(self, bench: Bench, data: bytes):
        """An uploaded file can be read, by name, purpose and digest."""
        bench.upload(data)
        (file,) = bench.seen.files
        assert (file.filename, file.purpose, file.bytes) == ("train.jsonl", "fine-tune", len(data))
        assert (file.content, file.deleted, file.is_result) == (data, False, False)
        assert file.sha256 == hashlib.sha256(data).hexdigest()

    def test_that_are_gone_are_told_so(self, bench: Bench, data: bytes):
        """A file that was deleted is still known, from what was uploaded."""
        bench.client.files.delete(bench.upload(data))
        for look in (bench.seen, bench.told):
            (file,) = look.files
            assert (file.filename, file.content, file.deleted) == ("train.jsonl", data, True)

    def test_of_jobs_are_results(self, tuned: Bench):
        """What a job leaves is a file too, and to look at it writes nothing."""
        result = tuned.seen.files[-1]
        assert result.is_result
        assert result.content.startswith(b"step,")
        assert result.bytes == len(result.content)

    def test_uploaded_in_parts_are_there(self, bench: Bench, data: bytes):
        """However a file came to be, it is one."""
        upload = bench.client.uploads.create(
            bytes=len(data), filename="parts.jsonl", mime_type="application/jsonl", purpose="fine-tune"
        )
        part = bench.client.uploads.parts.create(upload.id, data=io.BytesIO(data))
        bench.client.uploads.complete(upload.id, part_ids=[part.id])
        assert [file.filename for file in bench.seen.files] == ["parts.jsonl"]
        assert [file.filename for file in bench.told.files] == ["parts.jsonl"]


class TestModels:
    def test_are_those_that_jobs_have_left(self, tuned: Bench):
        """Until they are deleted."""
        assert tuned.model in tuned.seen.models
        assert tuned.model in tuned.told.models
        for name in tuned.seen.models:
            tuned.client.models.delete(name)
        assert tuned.seen.models == tuned.told.models == ()


class TestBill:
    def test_is_of_training_and_of_answers(self, tuned: Bench):
        """Trained tokens and tokens of answers, at the catalog's prices of the day."""
        bill = tuned.seen.bill
        training, chat = bill.lines
        assert (training.kind, training.tokens) == ("training", tuned.seen.jobs[0].trained_tokens)
        assert training.usd == pytest.approx(training.tokens * 5.0 / 1e6)
        usage = tuned.seen.requests.last.answer["usage"]
        assert chat.usd == pytest.approx(
            (usage["prompt_tokens"] * 0.8 + usage["completion_tokens"] * 3.2) / 1e6
        )
        assert bill.total_usd == pytest.approx(bill.training_usd + bill.inference_usd)
        assert bill.committed_usd == 0

    def test_counts_a_job_that_goes_on_as_if_it_had_ended(self, bench: Bench, data: bytes):
        """What was begun will be billed."""
        job = bench.create(bench.upload(data))
        committed = bench.seen.bill
        assert committed.committed_usd == committed.training_usd > 0
        bench.wait(job)
        assert bench.seen.bill.training_usd == committed.training_usd
        assert bench.seen.bill.committed_usd == 0

    def test_of_a_cancelled_job_is_what_was_trained(self, data: bytes):
        """Cancelled before its training it costs nothing; in between, a part."""
        clock = ManualClock()
        bench = Bench(clock=clock)
        jobs = [bench.create(bench.upload(data)) for _ in range(2)]
        bench.client.fine_tuning.jobs.cancel(jobs[0])
        whole = bench.seen.jobs[1].committed_tokens
        while bench.client.fine_tuning.jobs.retrieve(jobs[1]).status != "running":
            clock.advance(5)
        clock.advance(60)
        bench.client.fine_tuning.jobs.cancel(jobs[1])
        early, late = bench.seen.bill.lines
        assert early.usd == 0
        assert 0 < late.tokens < whole

    def test_counts_streams_that_tell_no_usage(self, tuned: Bench):
        """A stream tells its usage only if it is asked to; its tokens are counted all the same."""
        before = tuned.seen.bill.lines[-1]
        for _ in tuned.client.chat.completions.create(model=tuned.model, messages=QUESTION, stream=True):
            pass
        after = tuned.seen.bill.lines[-1]
        assert (after.count, after.tokens) == (2, 2 * before.tokens)
        assert "counted here" in after.note

    @pytest.mark.parametrize("options", [*OFFERS, *OTHER_OPTIONS], ids=str)
    @pytest.mark.parametrize("says", [Say('{"one": "two three four"}'), Say(refusal="I would rather not.")])
    def test_of_a_stream_is_as_if_it_had_not_been_one(self, bench: Bench, says: Say, options: dict):
        """Whatever is said and however it is cut, the same tokens and the same money."""
        self._check_stream(bench, says, options)

    @pytest.mark.parametrize("options", OFFERS, ids=str)
    def test_of_a_stream_has_calls_as_they_are_billed(self, bench: Bench, options: dict):
        """A call has more tokens than its name and its arguments, one or several at once."""
        call = ToolCall("look", {"city": "Paris"})
        self._check_stream(bench, Say(calls=[call]), options)
        if "tools" in options and "tool_choice" not in options:
            bench.simulator.scripts.clear()
            bench.recorder.clear()
            self._check_stream(bench, Say(calls=[call, call]), options)

    @staticmethod
    def _check_stream(bench: Bench, says: Say, options: dict) -> None:
        bench.simulator.scripts.add(Script(says))
        question = [{"role": "user", "content": "What, as JSON?"}]
        ask = partial(bench.client.chat.completions.create, model=MODEL, messages=question, **options)
        whole = ask()
        (once,) = bench.seen.bill.lines
        assert once.tokens == whole.usage.total_tokens
        for _ in ask(stream=True):
            pass
        (both,) = bench.seen.bill.lines
        assert (both.tokens, both.usd) == (2 * once.tokens, pytest.approx(2 * once.usd))

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"n": 2},
            {"prompt": ["One", "Two"], "n": 2},
            {"echo": True},
            {"max_tokens": 2},
            {"stop": "three"},
        ],
        ids=str,
    )
    def test_of_a_completion_s_stream_is_the_same(self, bench: Bench, options: dict):
        """Each prompt counts once, each answer for itself, and an echo is not made."""
        bench.simulator.scripts.add(Script("one two three four"))
        ask = partial(
            bench.client.completions.create,
            **{"model": "davinci-002", "prompt": "Count", **options},
        )
        told = ask().usage.total_tokens
        for _ in ask(stream=True):
            pass
        (line,) = bench.seen.bill.lines
        assert line.tokens == 2 * told

    def test_has_the_prices_of_the_day(self, data: bytes):
        """What answers cost is what they cost on the simulator's day: in September 2023, more than later."""
        costs = []
        for as_of in (dt.date(2023, 9, 1), dt.date(2024, 2, 1)):
            bench = Bench(as_of=as_of)
            file = bench.upload(data)
            job = bench.client.fine_tuning.jobs.create(model="gpt-3.5-turbo-0613", training_file=file)
            tuned = bench.wait(job.id).fine_tuned_model
            bench.client.chat.completions.create(model=tuned, messages=QUESTION)
            usage = bench.seen.requests.last.answer["usage"]
            costs.append((bench.seen.bill.inference_usd, usage["prompt_tokens"], usage["completion_tokens"]))
        (then, asked, said), (later, *_) = costs
        assert then == pytest.approx((asked * 12 + said * 16) / 1e6)
        assert later == pytest.approx((asked * 3 + said * 6) / 1e6)

    def test_of_refusals_is_nothing(self, bench: Bench):
        """What was refused is not billed."""
        with pytest.raises(openai.NotFoundError):
            bench.client.chat.completions.create(model="ft:nobody", messages=QUESTION)
        assert bench.seen.bill.lines == ()

    def test_of_what_has_no_price_is_told_apart(self, bench: Bench):
        """Nobody is told that it was free."""
        bench.client.embeddings.create(model="text-embedding-3-small", input="a")
        bill = bench.seen.bill
        assert [line.what for line in bill.unpriced] == ["embeddings.create"]
        assert "?" in str(bill)
        assert bill.total_usd == 0

    def test_is_printed_as_a_table(self, tuned: Bench):
        """A line each, and the sum."""
        lines = str(tuned.seen.bill).split("\n")
        assert len(lines) == 4
        assert lines[1].startswith("ftjob-")
        assert lines[-1].split() == ["total", f"{tuned.seen.bill.total_usd:.6f}"]


def test_a_request_is_noted_for_next_to_nothing(bench: Bench):
    """Nothing is read, parsed or counted until somebody looks."""
    recorder = Recorder(lambda request: Response.json({}))
    body = json.dumps({"messages": QUESTION}).encode()
    recorder(Request("POST", "/v1/chat/completions", Headers({"content-type": "application/json"}), body))
    noted = vars(recorder.requests.first)
    assert not {"json", "form", "_route"} & set(noted)
