"""The simulated platform under use: paging, races, restarts, odd input. Each was broken once."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import openai
import pytest

from drytune import simulated
from drytune_simulator import AdvancingClock, Headers, ManualClock, Request, Simulator, SystemClock
from drytune_simulator.clock import from_date
from drytune_simulator.profile import Profile
from drytune_simulator.store import Store

KEY = {"authorization": "Bearer sk-test"}


def get(simulator, target: str, method: str = "GET", **headers: str):
    response = simulator(Request(method, target, Headers({**KEY, **headers})))
    return response.status, json.loads(response.body) if response.body else None


def finished(client, training, **options):
    file = client.files.create(file=("t.jsonl", training), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id, **options)
    while job.status not in ("succeeded", "failed", "cancelled"):
        job = client.fine_tuning.jobs.retrieve(job.id)
    return job


@pytest.fixture
def training(good, make_jsonl) -> bytes:
    return make_jsonl(*good)


def test_many_threads_may_begin_at_once(training):
    """The first calls of a process come from anywhere; more jobs at a time than the platform allows."""
    simulator = Simulator(profile=Profile(concurrent_jobs=None))
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda _: finished(simulated(simulator), training), range(8)))
    assert {job.status for job in jobs} == {"succeeded"}
    assert len({job.id for job in jobs}) == 8


def test_a_job_that_has_succeeded_is_never_cancelled(training):
    """Whoever polls while somebody cancels: one of them is first, and it stays so."""
    for round_ in range(10):
        simulator = Simulator(clock=AdvancingClock(ManualClock(float(round_))))
        client = simulated(simulator)
        file = client.files.create(file=("t.jsonl", training), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
        seen: list[str] = []

        def poll(client=client, job=job, seen=seen) -> None:
            for _ in range(40):
                seen.append(client.fine_tuning.jobs.retrieve(job.id).status)

        poller = threading.Thread(target=poll)
        poller.start()
        while "running" not in seen and poller.is_alive():
            pass
        try:
            client.fine_tuning.jobs.cancel(job.id)
        except openai.BadRequestError:
            assert client.fine_tuning.jobs.retrieve(job.id).status == "succeeded"
        poller.join()
        ended = [status for status in seen if status in ("succeeded", "cancelled")]
        assert len(set(ended)) <= 1, ended


def test_files_may_be_deleted_while_they_are_listed(openai_client):
    """The usual clean-up loop: the next page begins behind a file that is gone."""
    for number in range(12):
        openai_client.files.create(file=(f"{number}.txt", b"x"), purpose="assistants")
    for file in openai_client.files.list(limit=5):
        openai_client.files.delete(file.id)
    assert list(openai_client.files.list()) == []


def test_paging_meets_every_job_once(openai_client, training):
    """In both directions of time there is one."""
    jobs = [finished(openai_client, training, metadata={"n": str(n)}).id for n in range(5)]
    assert [job.id for job in openai_client.fine_tuning.jobs.list(limit=2)] == jobs[::-1]
    assert [job.id for job in openai_client.fine_tuning.jobs.list(extra_query={"metadata[n]": "3"})] == [
        jobs[3]
    ]


@pytest.mark.parametrize(
    "target",
    [
        "/v1/files?limit=0",
        "/v1/files?limit=--5",
        "/v1/files?limit=" + "9" * 5000,
        "/v1/files?limit=%EF%BC%95",
        "/v1/files?order=sideways",
        "/v1/files?colour=red",
        "/v1/files?after=file-nope",
    ],
)
def test_bad_list_parameters_are_refused(openai_simulator, target):
    """400, never 500 and never a guess."""
    status, body = get(openai_simulator, target)
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize("target", ["//[://x", "http://[h/v1/models", "/v1/%00", "/v1/files/%ff", "*", ""])
def test_odd_targets_are_answered(openai_simulator, target):
    """The simulator never raises."""
    assert get(openai_simulator, target)[0] == (200 if target.endswith("/models") else 404)


def test_an_id_with_control_characters_comes_back_safely(openai_simulator, openai_client):
    """An id that was read from a file often ends with a newline; a header must not carry it."""
    with pytest.raises(openai.BadRequestError, match="invalid training_file: file-abc") as raised:
        openai_client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file="file-abc\n")
    assert "\n" not in raised.value.response.headers["x-drytune-reason"]


@pytest.mark.parametrize("path", ["/audio/speech", "/batches"])
def test_what_is_not_simulated_is_not_retried(openai_client, path):
    """501 says that trying again is of no use: the SDK would wait."""
    with pytest.raises(openai.InternalServerError, match="not simulated by drytune") as raised:
        openai_client.post(path, cast_to=object)
    assert raised.value.response.headers["x-should-retry"] == "false"


def test_a_validation_file_is_judged_too(openai_client, training, make_jsonl):
    """It may be short, but not wrong."""

    def run(content: bytes):
        file = openai_client.files.create(file=("v.jsonl", content), purpose="fine-tune")
        return finished(openai_client, training, validation_file=file.id)

    assert run(training.splitlines()[0]).status == "succeeded"
    job = run(make_jsonl({"nonsense": 1}))
    assert (job.status, job.error.param) == ("failed", "validation_file")
    assert "in the validation file" in job.error.message


def test_a_tune_of_a_tune_knows_both(openai_client, make_jsonl):
    """What was taught last comes first."""

    def lessons(word: str) -> bytes:
        return make_jsonl(
            *(
                {
                    "messages": [
                        {"role": "user", "content": f"{word} {n}"},
                        {"role": "assistant", "content": word},
                    ]
                }
                for n in range(10)
            )
        )

    first = finished(openai_client, lessons("tea"))
    file = openai_client.files.create(file=("t.jsonl", lessons("coffee")), purpose="fine-tune")
    job = openai_client.fine_tuning.jobs.create(model=first.fine_tuned_model, training_file=file.id)
    while job.status != "succeeded":
        job = openai_client.fine_tuning.jobs.retrieve(job.id)
    assert job.model == first.fine_tuned_model
    for word in ("tea", "coffee"):
        raw = openai_client.chat.completions.with_raw_response.create(
            model=job.fine_tuned_model, messages=[{"role": "user", "content": f"{word} 9"}]
        )
        assert raw.parse().choices[0].message.content == word
        assert raw.headers["x-drytune-line"] == "10"


def test_a_file_expires_when_it_was_told_to(make_jsonl, good):
    """`expires_after`, in seconds from its creation."""
    clock = ManualClock()
    client = simulated(Simulator(clock=clock))
    options = {"extra_body": {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}}
    file = client.files.create(file=("t.jsonl", make_jsonl(*good)), purpose="fine-tune", **options)
    assert file.expires_at == file.created_at + 3600
    clock.advance(3599)
    assert client.files.retrieve(file.id).id == file.id
    clock.advance(1)
    assert list(client.files.list()) == []
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)


@pytest.mark.parametrize(("day", "warned"), [(date(2026, 10, 22), False), (date(2026, 10, 23), True)])
def test_a_model_that_is_gone_answers_with_a_warning(day, warned):
    """The answer is simulated anyway; a header says that the platform gives none (FACTS.md §1.3)."""
    client = simulated(Simulator(clock=ManualClock(from_date(day))))
    raw = client.chat.completions.with_raw_response.create(
        model="gpt-3.5-turbo", messages=[{"role": "user", "content": "Hi"}]
    )
    assert ("shut down on 2026-10-23" in raw.headers.get("x-drytune-warning", "")) is warned


def test_a_call_that_the_request_does_not_offer_is_told(openai_client, weather):
    """An exactly trained call is not replaced by some text that is a little like it."""
    model = finished(openai_client, weather.read_bytes()).fine_tuned_model
    messages = json.loads(weather.read_text("utf-8").splitlines()[0])["messages"][:2]
    raw = openai_client.chat.completions.with_raw_response.create(model=model, messages=messages)
    assert "offers no such tool" in raw.parse().choices[0].message.content
    assert (raw.headers["x-drytune-similarity"], raw.headers["x-drytune-line"]) == ("1.0000", "1")


@pytest.mark.parametrize("shared", ["", "Answer shortly, in plain words, without a list. " * 60])
def test_the_nearest_is_found_among_many_that_share_a_template(openai_client, make_jsonl, shared):
    """The few words in which prompts differ decide, however long the rest is."""
    words = [
        f"{first}{second}{number}"
        for number, (first, second) in enumerate(zip("qwzxkvjyhb" * 20, "aeiou" * 40, strict=True))
    ]
    examples = [
        {
            "messages": [
                {"role": "user", "content": f"{shared}{n * 7919} {shared[: n % 400]} What is {word}?"},
                {"role": "assistant", "content": word},
            ]
        }
        for n, word in enumerate(words)
    ]
    model = finished(openai_client, make_jsonl(*examples)).fine_tuned_model
    right = 0
    for n in range(0, 200, 10):
        messages = [
            {"role": "user", "content": f"{shared}{n * 7919} {shared[: n % 400]} What is {words[n]} ?"}
        ]
        answer = openai_client.chat.completions.create(model=model, messages=messages)
        right += answer.choices[0].message.content == words[n]
    assert right == 20


def test_checkpoints_are_models_newest_first(openai_client, training):
    """The first has the final model's own name (FACTS.md §9)."""
    job = finished(openai_client, training, hyperparameters={"n_epochs": 4})
    listed = list(openai_client.fine_tuning.jobs.checkpoints.list(job.id))
    assert [checkpoint.step_number for checkpoint in listed] == [48, 36, 24]
    assert listed[0].fine_tuned_model_checkpoint == job.fine_tuned_model
    assert listed[1].fine_tuned_model_checkpoint.endswith(":ckpt-step-36")
    models = {model.id for model in openai_client.models.list()}
    assert {checkpoint.fine_tuned_model_checkpoint for checkpoint in listed} <= models


@pytest.mark.parametrize("ended", ["failed", "cancelled"])
def test_deleting_the_file_of_a_job_that_has_ended_changes_nothing(openai_client, training, ended):
    """Cleaning up after a failure must not rewrite it."""
    content = training if ended == "cancelled" else training.splitlines()[0]
    file = openai_client.files.create(file=("t.jsonl", content), purpose="fine-tune")
    job = openai_client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    if ended == "cancelled":
        job = openai_client.fine_tuning.jobs.cancel(job.id)
    while job.status not in ("failed", "cancelled"):
        job = openai_client.fine_tuning.jobs.retrieve(job.id)
    openai_client.files.delete(file.id)
    assert openai_client.fine_tuning.jobs.retrieve(job.id) == job
    assert job.status == ended


def test_paging_meets_every_event_once(openai_client, training):
    """Newest first, also of a job that was cancelled."""
    job = finished(openai_client, training)
    events = list(openai_client.fine_tuning.jobs.list_events(job.id, limit=7))
    assert events == list(openai_client.fine_tuning.jobs.list_events(job.id, limit=100))
    assert events[-1].message.startswith("Created fine-tuning job")
    assert len({event.id for event in events}) == len(events)
    with pytest.raises(openai.BadRequestError, match="no object with the id"):
        openai_client.fine_tuning.jobs.list_events(job.id, after="ftevent-nope")


def test_what_a_refused_client_has_seen_is_kept(tmp_path, training):
    """A refusal undoes what was written, but not that time has passed."""
    base = ManualClock()
    store = Store(tmp_path)
    client = simulated(Simulator(clock=AdvancingClock(base), store=store))
    job = finished(client, training)
    base.advance(1000)
    with pytest.raises(openai.BadRequestError):
        client.fine_tuning.jobs.cancel(job.id)
    store.close()
    seen = base.now()
    again = Simulator(clock=AdvancingClock(ManualClock()), store=Store(tmp_path))
    assert again.clock.now() >= seen
    again.close()


def test_a_suffix_is_sanitised_and_an_organization_named(training):
    """`Banking_Intent` is `banking-intent` (FACTS.md §4.7)."""
    client = simulated(Simulator(organization="acme"))
    name = finished(client, training, suffix="Banking_Intent").fine_tuned_model
    assert name.startswith("ft:gpt-4o-mini-2024-07-18:acme:banking-intent:")
    assert client.models.retrieve(name).owned_by == "acme"


def test_two_simulators_may_serve_one_directory(tmp_path, training):
    """They agree about the state and about the time, whichever a client asks."""
    one, other = (Simulator(clock=AdvancingClock(SystemClock()), store=Store(tmp_path)) for _ in range(2))
    job = finished(simulated(one), training)
    assert simulated(other).fine_tuning.jobs.retrieve(job.id) == job
    assert other.clock.now() == pytest.approx(one.clock.now(), abs=1)
    one.close()
    other.close()


def test_nothing_disappears_at_a_restart(tmp_path, training):
    """Time goes on from where clients have seen it, also when they saw it jump."""
    store = Store(tmp_path)
    client = simulated(Simulator(clock=AdvancingClock(SystemClock()), store=store))
    job = finished(client, training)
    file = client.files.create(file=("late.txt", b"x"), purpose="assistants")
    store.close()
    clock, again = AdvancingClock(SystemClock()), Store(tmp_path)
    client = simulated(Simulator(clock=clock, store=again))
    assert client.files.retrieve(file.id) == file
    assert client.fine_tuning.jobs.retrieve(job.id).status == "succeeded"
    again.close()


def test_a_long_training_is_created_and_polled_at_once(openai_client, good, make_jsonl):
    """Half a million steps are worked out when they are looked at, and 100 polls are enough."""
    file = openai_client.files.create(file=("t.jsonl", make_jsonl(*good) * 850), purpose="fine-tune")
    options = {"hyperparameters": {"n_epochs": 50, "batch_size": 1}}
    job = openai_client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id, **options)
    polls = 0
    while job.status != "succeeded":
        job = openai_client.fine_tuning.jobs.retrieve(job.id)
        polls += 1
    assert polls < 100
    events = openai_client.fine_tuning.jobs.list_events(job.id, limit=100).data
    assert next(event.data["step"] for event in events if event.type == "metrics") == 510_000


@pytest.mark.parametrize("head", ["GET", "HEAD"])
def test_health_needs_no_key(openai_simulator, head):
    """Load balancers ask with HEAD."""
    assert openai_simulator(Request(head, "/health")).status == 200


def test_an_older_client_s_file_name_is_read(openai_simulator, training):
    """`filename*=utf-8''…`, as some HTTP libraries write what is not ASCII."""
    part = b"--b\r\nContent-Disposition: form-data; name=file; filename*=utf-8''%E7%8C%AB.jsonl\r\n\r\n"
    purpose = b"\r\n--b\r\nContent-Disposition: form-data; name=purpose\r\n\r\nfine-tune\r\n--b--\r\n"
    headers = Headers({**KEY, "content-type": "multipart/form-data; boundary=b"})
    response = openai_simulator(Request("POST", "/v1/files", headers, part + training + purpose))
    assert json.loads(response.body)["filename"] == "猫.jsonl"
