"""Assertions say what is expected of what was asked; where it is not so, they say what came instead."""

import json
from pathlib import Path

import openai
import pytest

import drytune
from drytune.errors import UsageError
from drytune.testing.exchanges import Recorder
from drytune.testing.looking_back import LookingBack
from drytune_simulator import Fault, FaultPlan, Script, Simulator, failing
from drytune_simulator.clock import ManualClock

MODEL = "gpt-4.1-mini-2025-04-14"
SECRET = "sk-proj-" + "Ab3" * 12
REAL = "4f3a9be01c2d48e7a6b5c4d3e2f10918"
"""A key that only the environment tells to be one."""


class Bench(LookingBack):
    """A simulator, and a pipeline's steps on it."""

    def __init__(self, *faults: Fault, key: str = "sk-simulated", **settings) -> None:
        self.simulator = Simulator(**settings)
        recorder = Recorder(failing(self.simulator, FaultPlan(faults)), self.simulator.clock)
        super().__init__(recorder, self.simulator.world)
        self.client = drytune.simulated(recorder, api_key=key)

    def upload(self, data: bytes, name: str = "train.jsonl", purpose: str = "fine-tune") -> str:
        return self.client.files.create(file=(name, data), purpose=purpose).id

    def create(self, file_id: str, **options) -> str:
        return self.client.fine_tuning.jobs.create(**{"model": MODEL, "training_file": file_id, **options}).id

    def ask(self, text: str = "Hello", system: str = "Be kind.", **options) -> None:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
        self.client.chat.completions.create(**{"model": MODEL, "messages": messages, **options})


@pytest.fixture
def data(good, make_jsonl) -> bytes:
    return make_jsonl(*good)


@pytest.fixture
def bench() -> Bench:
    return Bench(scripts=[Script("Hi.")])


@pytest.fixture
def job(bench: Bench, data: bytes) -> str:
    return bench.create(
        bench.upload(data),
        suffix="cat",
        seed=7,
        metadata={"run": "1", "by": "me"},
        hyperparameters={"n_epochs": 3},
    )


def message_of(check, *arguments, **expected) -> str:
    """What an assertion that fails says."""
    with pytest.raises(AssertionError) as failed:
        check(*arguments, **expected)
    return str(failed.value)


class TestCreatedOnce:
    def test_takes_all_that_can_be_asked_for(self, bench: Bench, job: str, data: bytes, tmp_path: Path):
        """A job is described by any of its parts; of objects what is named counts."""
        found = bench.assert_job_created_once(
            model=MODEL,
            training_file="train.jsonl",
            validation_file=None,
            hyperparameters={"n_epochs": 3, "batch_size": "auto"},
            method="supervised",
            suffix="cat",
            seed=7,
            metadata={"run": "1"},
            status="validating_files",
        )
        assert found.id == job
        bench.assert_job_created_once()

    def test_knows_a_file_by_its_id_its_name_its_path_and_its_bytes(
        self, bench: Bench, job: str, data: bytes, tmp_path: Path
    ):
        """A path or bytes mean a file with the same content, whatever it was called."""
        path = tmp_path / "other-name.jsonl"
        path.write_bytes(data)
        for file in (bench.jobs[0].training_file, "train.jsonl", path, data):
            bench.assert_job_created_once(training_file=file)
        path.write_bytes(data + b"\n")
        for file in ("file-other", "other.jsonl", path, data[1:]):
            assert "training_file" in message_of(bench.assert_job_created_once, training_file=file)

    def test_takes_a_floating_name_for_its_snapshot(self, bench: Bench, job: str):
        """gpt-4.1-mini is the snapshot that it means."""
        bench.assert_job_created_once(model="gpt-4.1-mini")
        message_of(bench.assert_job_created_once, model="gpt-4.1-nano")

    def test_shows_what_differs_side_by_side_and_nothing_else(self, bench: Bench, job: str):
        """The message has the job, the request that made it, and the fields that differ."""
        said = message_of(
            bench.assert_job_created_once, suffix="cat", hyperparameters={"n_epochs": 4, "batch_size": 2}
        )
        assert said.split("\n") == [
            "the job that was created is not as expected:",
            f"  job {job}: {MODEL}, validating_files, by request 2 (POST /v1/fine_tuning/jobs, 200)",
            "                                expected  came",
            "    hyperparameters.n_epochs    4         3",
            '    hyperparameters.batch_size  2         "auto"',
        ]

    def test_counts_jobs_whose_answer_was_lost(self, data: bytes):
        """A 500 behind the effect and a retry make two jobs, and the message tells which request made which."""
        bench = Bench(Fault("POST /v1/fine_tuning/jobs", 500, when="after", first=1, name="late"))
        bench.create(bench.upload(data))
        said = message_of(bench.assert_job_created_once)
        assert said.startswith("expected 1 job; 2 were created, by 2 requests to create one:")
        assert "by request 2 (POST /v1/fine_tuning/jobs, 500, fault late); the answer was lost" in said
        assert "by request 3 (POST /v1/fine_tuning/jobs, 200)" in said

    def test_counts_jobs_whose_answer_could_not_be_read(self, data: bytes):
        """A body that breaks off has a good status, and tells its client nothing."""
        bench = Bench(Fault("POST /v1/fine_tuning/jobs", "truncate", first=1))
        bench.create(bench.upload(data))
        said = message_of(bench.assert_job_created_once)
        assert "by request 2 (POST /v1/fine_tuning/jobs, 200, fault 1); the answer was lost" in said

    def test_tells_why_there_is_none(self, bench: Bench):
        """What the platform has refused is told in its words; and where nobody asked, what was asked instead."""
        assert "(no requests)" in message_of(bench.assert_job_created_once)
        with pytest.raises(openai.BadRequestError):
            bench.create("file-nothing")
        said = message_of(bench.assert_job_created_once)
        assert said.startswith("expected 1 job; none was created, by 1 request to create one:")
        assert "invalid training_file" in said

    def test_takes_the_last_part_of_a_path_that_is_written_as_text(self, bench: Bench, job: str):
        """That is what a client sends of it; what else stands before it is not compared."""
        for name in ("./train.jsonl", "data/train.jsonl", r"C:\data\train.jsonl"):
            bench.assert_job_created_once(training_file=name)
            bench.assert_uploaded_once(name)
        assert "training_file" in message_of(bench.assert_job_created_once, training_file="./other.jsonl")

    def test_says_that_a_path_cannot_be_read(self, bench: Bench, job: str, tmp_path: Path):
        """A Path means a file's content: without the file there is nothing to compare, and a name may be meant."""
        missing = tmp_path / "train.jsonl"
        said = r"train\.jsonl cannot be read \(No such file.*under that name say 'train\.jsonl'"
        with pytest.raises(UsageError, match=said):
            bench.assert_job_created_once(training_file=missing)
        with pytest.raises(UsageError, match=said):
            bench.assert_uploaded_once(missing)
        with pytest.raises(UsageError, match="cannot be read"):
            Bench().assert_job_created(times=0, training_file=tmp_path)

    def test_refuses_fields_that_no_job_has(self, bench: Bench, job: str):
        """A slip of the pen is no difference."""
        with pytest.raises(TypeError, match="a job has no n_epochs"):
            bench.assert_job_created_once(n_epochs=3)

    def test_knows_the_validation_file(self, bench: Bench, data: bytes):
        """None means that there must be none; a forgotten one is told."""
        training = bench.upload(data)
        bench.create(training)
        said = message_of(bench.assert_job_created_once, validation_file="check.jsonl")
        assert '"check.jsonl"  null' in said


class TestCreated:
    def test_counts_those_that_fit(self, bench: Bench, data: bytes):
        """Several jobs, each by what tells it from the others."""
        file = bench.upload(data)
        for epochs in (1, 2, 2):
            bench.create(file, hyperparameters={"n_epochs": epochs})
        bench.assert_job_created(times=1, hyperparameters={"n_epochs": 1})
        assert len(bench.assert_job_created(hyperparameters={"n_epochs": 2})) == 2
        said = message_of(bench.assert_job_created, times=1, hyperparameters={"n_epochs": 2})
        assert said.startswith("expected 1 job with hyperparameters={'n_epochs': 2}; 2 of 3 fit:")

    def test_shows_the_nearest_first(self, bench: Bench, data: bytes):
        """Where none fits, the one with the fewest differences comes first."""
        file = bench.upload(data)
        bench.create(file, suffix="far")
        near = bench.create(file, suffix="near", seed=1)
        said = message_of(bench.assert_job_created, suffix="nearer", seed=1)
        assert said.split("\n")[1].startswith(f"  job {near}")

    def test_none_is_none(self, bench: Bench, data: bytes):
        """A dry run creates nothing."""
        bench.assert_no_job_created()
        bench.create(bench.upload(data))
        assert "expected no job; 1 was created" in message_of(bench.assert_no_job_created)


class TestUploadedOnce:
    def test_takes_name_path_and_bytes(self, bench: Bench, data: bytes, cat: Path):
        """Also of a file that has been deleted since."""
        bench.client.files.delete(bench.upload(data))
        bench.upload(cat.read_bytes(), "cat.jsonl")
        for file in ("train.jsonl", data, cat):
            bench.assert_uploaded_once(file)

    def test_tells_a_wrong_purpose(self, bench: Bench, data: bytes):
        """The right file for the wrong purpose."""
        bench.upload(data, purpose="user_data")
        said = message_of(bench.assert_uploaded_once, "train.jsonl")
        assert "to be uploaded with the purpose 'fine-tune'" in said
        assert "for user_data" in said

    def test_tells_a_second_upload_and_none(self, bench: Bench, data: bytes):
        """Twice is not once, and neither is never."""
        assert "it was 0 times:\n  nothing was uploaded" in message_of(bench.assert_uploaded_once)
        bench.upload(data)
        bench.upload(data, "again.jsonl")
        assert "it was 2 times" in message_of(bench.assert_uploaded_once, data)
        bench.assert_uploaded_once("again.jsonl")
        assert "train.jsonl" in message_of(bench.assert_uploaded_once, "other.jsonl")


class TestAsked:
    def test_takes_what_requests_are_searched_by(self, bench: Bench):
        """Model, text, what was told before, and any field."""
        bench.ask("Hello there", temperature=0)
        bench.assert_asked(model="gpt-4.1-*", text="Hello there", system="Be kind.", temperature=0)
        bench.assert_asked(times=1, pattern="^Hello")
        bench.assert_not_asked(model="ft:*")

    def test_shows_the_nearest_question(self, bench: Bench):
        """The message has the question that comes nearest, and what of it differs."""
        bench.ask("Something else", "Be cold.")
        bench.ask("Hello", "Be cold.")
        said = message_of(bench.assert_asked, model="ft:*", text="Hello", system="Be kind.")
        assert "it was not. What comes nearest:" in said
        assert "request 2" in said
        assert f'    model   "ft:*"      "{MODEL}"' in said
        assert '    system  "Be kind."  "Be cold."' in said
        assert " text " not in said

    def test_shows_a_pattern_that_is_not_found(self, bench: Bench):
        """A pattern is told with the text in which it was not found."""
        bench.ask("Hello")
        assert '"has ^Bye in it"  "Hello"' in message_of(bench.assert_asked, pattern="^Bye")

    def test_counts_what_the_sdk_repeats_as_once(self):
        """A question that is asked again for a 429 is one question."""
        bench = Bench(Fault("POST /v1/chat/completions", 429, first=2), scripts=[Script("Hi.")])
        bench.ask()
        assert len(bench.requests) == 3
        bench.assert_asked(times=1, text="Hello")

    def test_finds_any_of_the_attempts_that_are_one_question(self):
        """After a retry the question was answered with 200, and it was answered with 500: both are so, once."""
        bench = Bench(Fault("POST /v1/chat/completions", 500, first=2), scripts=[Script("Hi.")])
        bench.ask()
        assert bench.assert_asked(times=1, status=200).last.number == 3
        assert bench.assert_asked(times=1, status=500).last.number == 1
        bench.assert_asked(times=1, layer="scripted")
        bench.assert_asked(times=1, layer="fault")
        assert "one was 1 time" in message_of(bench.assert_not_asked, status=200)
        assert "one was 1 time" in message_of(bench.assert_not_asked, layer="scripted")

    def test_counts_a_question_that_the_program_asks_again_as_another(self):
        """The SDK tells its own repetitions; who asks anew asks twice, whichever of both had to be repeated."""
        for nth in (1, 2):
            bench = Bench(Fault("POST /v1/chat/completions", 500, nth=nth), scripts=[Script("Hi.")])
            bench.ask()
            bench.ask()
            assert len(bench.requests) == 3
            bench.assert_asked(times=2, status=200)
            bench.assert_asked(times=1, status=500)

    def test_counts_a_repetition_whose_beginning_is_forgotten(self):
        """A question is not lost with its first attempt."""
        bench = Bench(Fault("POST /v1/chat/completions", 500, first=1), scripts=[Script("Hi.")])
        bench.ask()
        bench._recorder._all = list(bench.requests[1:])
        bench.assert_asked(times=1)

    def test_takes_a_floating_name_for_its_snapshot(self, bench: Bench):
        """They are one model, whichever was asked and whichever is looked for, as with jobs."""
        for asked in ("gpt-4.1-mini", MODEL):
            bench = Bench(scripts=[Script("Hi.")])
            bench.ask(model=asked)
            for wanted in ("gpt-4.1-mini", MODEL, "gpt-4.1-mini-2025-*", "gpt-4.1-min?"):
                bench.assert_asked(times=1, model=wanted)
                assert "one was 1 time" in message_of(bench.assert_not_asked, model=wanted)
            for other in ("gpt-4.1", "gpt-4.1-nano", "gpt-4.1-2025-04-14", "ft:*"):
                bench.assert_not_asked(model=other)

    @pytest.mark.parametrize(
        ("slip", "meant"),
        [("modle", "model"), ("txt", "text"), ("sytem", "system"), ("temprature", "temperature")],
    )
    def test_refuses_fields_that_no_question_has(self, bench: Bench, slip: str, meant: str):
        """What no request can have was never asked: a slip of the pen must not be good news."""
        bench.ask()
        for check in (bench.assert_asked, bench.assert_not_asked):
            with pytest.raises(TypeError, match=f"no question has {slip}; did you mean {meant}\\?"):
                check(**{slip: "gpt-*"})

    def test_knows_the_fields_of_every_door_and_those_that_were_sent(self, bench: Bench):
        """A chat has messages, a response input, a completion a prompt; a field of somebody's own is as good."""
        bench.assert_not_asked(messages=[], input="a", prompt="a", reasoning={"effort": "low"})
        with pytest.raises(openai.BadRequestError):
            bench.ask(extra_body={"guardrails": "off"})
        bench.assert_asked(guardrails="off")

    def test_refuses_none_that_leaves_open_what_is_meant(self, bench: Bench):
        """None is what an argument is that was not given: a question without a system prompt has an empty one."""
        bench.ask(system="Be kind.")
        for check in (bench.assert_asked, bench.assert_not_asked):
            with pytest.raises(TypeError, match="say system='' for a question without it"):
                check(system=None)
            with pytest.raises(TypeError, match="say text='' for a question without it"):
                check(text=None)
            with pytest.raises(TypeError, match="status=None leaves open what it is: leave it out"):
                check(status=None)
        bench.assert_not_asked(system="")
        bench.client.responses.create(model=MODEL, input="Hello")
        bench.assert_asked(times=1, system="")

    def test_tells_another_number_of_times(self, bench: Bench):
        """The message lists those that fit."""
        bench.ask()
        bench.ask()
        assert "is asked text='Hello' 1 time; it was 2 times" in message_of(
            bench.assert_asked, times=1, text="Hello"
        )
        assert "one was 2 times" in message_of(bench.assert_not_asked, text="Hello")

    def test_tells_that_nothing_was_asked(self, bench: Bench):
        """And shows what was done instead."""
        bench.client.models.list()
        said = message_of(bench.assert_asked, text="Hello")
        assert "no model was asked anything" in said
        assert "/v1/models" in said


class TestMoney:
    def test_spent_at_most(self, bench: Bench, job: str):
        """A job that goes on counts with what it will be billed; the message is the bill."""
        usd = bench.bill.total_usd
        bench.assert_spent_under(usd)
        said = message_of(bench.assert_spent_under, usd / 2)
        assert said.startswith(f"expected to spend at most {usd / 2:g} USD; it is {usd:.6f} USD:")
        assert job in said

    def test_nobody_knows_what_has_no_price(self, bench: Bench):
        """What has no price is not taken for free, unless one says so."""
        bench.client.embeddings.create(model="text-embedding-3-small", input="a")
        assert "nobody knows whether" in message_of(bench.assert_spent_under, 1)
        bench.assert_spent_under(0, ignore_unpriced=True)


class TestWhatIsLeft:
    def test_all_jobs_have_ended(self, bench: Bench, job: str):
        """A job that was begun and left is told."""
        assert f"job {job}" in message_of(bench.assert_all_jobs_ended)
        bench.client.fine_tuning.jobs.cancel(job)
        bench.assert_all_jobs_ended()

    def test_nothing_is_left(self, bench: Bench, job: str):
        """Uploads and tuned models; results only if one asks."""
        while bench.client.fine_tuning.jobs.retrieve(job).status != "succeeded":
            pass
        said = message_of(bench.assert_nothing_left)
        assert "train.jsonl" in said
        assert "model ft:" in said
        bench.client.models.delete(bench.jobs[0].fine_tuned_model)
        message_of(bench.assert_nothing_left)
        bench.client.files.delete(bench.jobs[0].training_file)
        bench.assert_nothing_left()
        said = message_of(bench.assert_nothing_left, results=True)
        assert "step_metrics.csv" in said
        assert ":ckpt-step-" in said


class TestSecrets:
    def test_a_usual_run_has_none(self, bench: Bench, job: str):
        """Uploading, training and asking sends nothing that is taken for a secret."""
        bench.ask()
        bench.client.fine_tuning.jobs.list(extra_query={"metadata[run]": "1"})
        bench.assert_no_secrets("INFO created job " + job)

    def test_are_found_in_json_and_told_by_their_place(self, bench: Bench):
        """Where, and of what kind; never what."""
        bench.ask("My key is " + SECRET)
        said = message_of(bench.assert_no_secrets)
        assert "request 1 (chat.completions.create): an OpenAI key" in said
        assert "/messages/1/content" in said
        assert SECRET[8:] not in said

    def test_are_found_in_uploaded_files_by_line(self, bench: Bench, data: bytes):
        """A key in the training data would be learnt by heart."""
        bench.upload(data + json.dumps({"messages": [{"role": "user", "content": SECRET}]}).encode())
        said = message_of(bench.assert_no_secrets)
        assert "an OpenAI key, in line 13 of the uploaded file train.jsonl" in said

    def test_are_found_in_queries_and_headers(self, bench: Bench):
        """An address is written to logs everywhere."""
        bench.client.models.list(extra_query={"api_key": "hunter2-hunter2"})
        bench.client.models.list(extra_headers={"x-api-key": "hunter2-hunter2"})
        said = message_of(bench.assert_no_secrets)
        assert "in the address" in said
        assert "header `x-api-key`" in said
        assert "hunter2" not in said

    def test_are_the_keys_that_were_sent_wherever_else_they_stand(self, bench: Bench):
        """The client's own key is no secret in its header, and one in a body, a name or a log."""
        bench.ask("Authorization? sk-simulated!")
        said = message_of(bench.assert_no_secrets, "fine", "one\ntwo key=sk-simulated\n")
        assert "request 1" in said
        assert "in line 2 of text 2" in said
        assert "sk-simulated" not in said

    def test_are_what_the_environment_calls_so(self, bench: Bench, monkeypatch: pytest.MonkeyPatch):
        """KEY, TOKEN, SECRET, PASSWORD; of eight characters and more."""
        monkeypatch.setenv("MY_DB_PASSWORD", "correct horse")
        monkeypatch.setenv("SHORT_KEY", "kind")
        monkeypatch.setenv("MONKEY", "something long")
        monkeypatch.setenv("SECRET_FILE", "/run/secrets/x")
        bench.ask("kind something long /run/secrets/x")
        bench.assert_no_secrets()
        bench.ask("correct horse battery staple")
        said = message_of(bench.assert_no_secrets)
        assert "request 2 (chat.completions.create): the value of MY_DB_PASSWORD, in the body" in said
        assert "correct horse" not in said

    def test_are_what_the_environment_had_before_the_test(self, monkeypatch: pytest.MonkeyPatch):
        """The developer's real key is a secret, though the simulator has put its own in that place."""
        monkeypatch.setenv("OPENAI_API_KEY", REAL)
        bench = Bench(scripts=[Script("Hi.")])
        monkeypatch.setenv("OPENAI_API_KEY", "sk-simulated")
        bench.ask(f"My configuration: {REAL}")
        said = message_of(bench.assert_no_secrets, f"configured with {REAL}")
        assert "request 1 (chat.completions.create): the value of OPENAI_API_KEY, in the body" in said
        assert "the value of OPENAI_API_KEY, in line 1 of the text" in said
        bench.assert_no_secrets(ignore=[REAL])
        assert REAL not in said + repr(bench.secrets_before) + message_of(bench.assert_not_asked)
        assert "OPENAI_API_KEY" in repr(bench.secrets_before)

    def test_are_not_the_kit_s_own_keys_though_they_were_there_before(self, monkeypatch: pytest.MonkeyPatch):
        """One simulator in another: what opens nothing is no secret of the developer's."""
        monkeypatch.setenv("OPENAI_API_KEY", "sk-simulated")
        monkeypatch.setenv("OTHER_API_KEY", "sk-replayed")
        assert not {"OPENAI_API_KEY", "OTHER_API_KEY"} & set(Bench().secrets_before)

    def test_are_no_words_that_are_the_key_of_something(self, bench: Bench, monkeypatch: pytest.MonkeyPatch):
        """Much is called a key; of that, only what looks as if it had been drawn by chance is one that opens."""
        words = {
            "SORT_KEY": "created_at",
            "PARTITION_KEY": "customer",
            "CACHE_KEY": "tenant-2024-01-02-eu-west-1",
            "PRIMARY_KEY": "createdAtTimestampOfTheRow",
            "PUBLIC_KEY_PATH": REAL,
        }
        for name, value in words.items():
            monkeypatch.setenv(name, value)
        bench.ask(f"order by {' and '.join(words.values())}, please")
        bench.assert_no_secrets()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DEPLOY_KEY", "4f3a9be01c2d48e7a6b5c4d3e2f10918"),
            ("KEY", "8f14e45f-ceea-467f-a9c1-2b5f3d9e7a10"),
            ("SIGNING_KEY", "q7Rt2/mXv9LzK4w+Pd8sYb3N"),
            ("MY_API_KEY", "correcth"),
            ("APIKEY", "correcth"),
            ("CLIENT_SECRET", "correcth"),
            ("HUB_TOKEN", "correcth"),
            ("DB_PASSWORD", "correcth"),
        ],
    )
    def test_are_what_looks_random_and_what_a_name_says(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ):
        """An API key, a secret, a token and a password are one from eight characters on."""
        monkeypatch.setenv(name, value)
        bench.ask(f"use {value} here")
        assert f"the value of {name}" in message_of(bench.assert_no_secrets)

    def test_a_key_that_looks_real_must_not_even_be_in_its_header(self, data: bytes):
        """Whoever tests with a real key sends it to whatever answers; one that is none can be named."""
        bench = Bench(key=SECRET)
        bench.client.models.list()
        said = message_of(bench.assert_no_secrets)
        assert "a key that looks real, in the header `authorization`" in said
        bench.assert_no_secrets(ignore=[SECRET])

    def test_are_not_listed_without_end(self, bench: Bench):
        """Ten places are enough to begin with."""
        for _ in range(12):
            bench.ask(SECRET)
        assert message_of(bench.assert_no_secrets).endswith("and 2 more")

    def test_ids_of_organizations_are_none(self, bench: Bench):
        """Who has one can do nothing with it."""
        bench.client.models.list(extra_headers={"openai-organization": "org-A1b2C3d4E5f6G7h8I9j0"})
        bench.ask("I am of org-A1b2C3d4E5f6G7h8I9j0")
        bench.assert_no_secrets()


def test_a_recording_is_looked_at_alike(data: bytes):
    """Without a world, assertions go by what was answered."""
    bench = Bench(clock=ManualClock())
    job = bench.create(bench.upload(data), suffix="cat")
    told = LookingBack(bench._recorder)
    assert told.assert_job_created_once(training_file=data, suffix="cat", model=MODEL).id == job
    told.assert_uploaded_once("train.jsonl")
    message_of(told.assert_all_jobs_ended)
    assert "how much it trains on is not known" in message_of(told.assert_spent_under, 1)
