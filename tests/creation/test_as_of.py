"""The platform as of a date: what exists, what is closed, what is warned of otherwise (FACTS.md §1.3, §2)."""

from datetime import date

import pytest

from drytune_simulator import ManualClock, Simulator, catalog
from drytune_simulator.catalog.others import OTHERS
from drytune_simulator.clock import from_date
from drytune_simulator.errors import REFUSALS

INVALID = "invalid_request_error"
HELLO = [{"role": "user", "content": "Hello"}]
TODAY = date(2026, 11, 24)
LAST_DAY = date(2027, 1, 5)
CLOSED = date(2027, 1, 7)
DEAD = date(2027, 1, 15)
BEGINNING = date(2023, 9, 1)


@pytest.fixture
def on(simulator, connect):
    """A client of the platform as of a day."""
    return lambda day: connect(simulator(as_of=day))


def unavailable(name):
    message = f"Model {name} is not available for fine-tuning or does not exist."
    return 400, INVALID, "model_not_available", None, message


def deprecated(name):
    message = f"The model `{name}` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations"
    return 404, INVALID, "model_not_found", None, message


def missing(name):
    return 404, INVALID, "model_not_found", "model", f"The model '{name}' does not exist"


def test_in_november_2026_four_models_can_be_tuned(on, finished, created, refused):
    """The others are retired, or their training is closed (FACTS.md §1.3)."""
    client = on(TODAY)
    alive = set()
    for model in catalog.models():
        if "supervised" not in model.methods:
            continue
        if model.id in {"gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18"} or model.id.startswith("gpt-4.1"):
            if model.id.startswith("gpt-4.1-nano"):
                assert refused(created, client, model.id)[0] == unavailable(model.id)
            else:
                assert finished(client, model.id).status == "succeeded"
                alive.add(model.id)
        else:
            assert refused(created, client, model.id)[0] == unavailable(model.id)
    assert len(alive) == 4
    assert set(client.get("/fine_tuning/model_limits", cast_to=object)) == alive


def test_in_november_2026_a_job_says_for_whom_the_platform_is_closed(on, uploaded):
    """drytune cannot know what an organization did before; it is taken for an active one, and that is told."""
    client = on(TODAY)
    raw = client.fine_tuning.jobs.with_raw_response.create(
        model="gpt-4o-mini", training_file=uploaded(client)
    )
    assert raw.headers["x-drytune-warning"] == (
        "since 2026-07-02 the platform answers 403 to organizations that have used no tuned model "
        "for 60 days; drytune "
        "takes yours for an active one"
    )
    raw = on(date(2026, 5, 7)).fine_tuning.jobs.with_raw_response.list()
    assert "x-drytune-warning" not in raw.headers


@pytest.mark.parametrize("model", ["gpt-3.5-turbo", "gpt-3.5-turbo-0613", "o4-mini", "gpt-4", "gpt-4.1-nano"])
def test_a_retired_model_does_not_answer(on, refused, model):
    """In the recorded words; it is not listed or retrieved either."""
    client = on(TODAY)
    assert refused(client.chat.completions.create, model=model, messages=HELLO)[0] == deprecated(model)
    assert refused(client.models.retrieve, model)[0] == missing(model)
    assert model not in {one.id for one in client.models.list()}


def test_reinforcement_has_no_model_left(on, created, refused):
    """o4-mini was the only one."""
    grader = {"type": "string_check", "name": "x", "input": "a", "reference": "a", "operation": "eq"}
    method = {"type": "reinforcement", "reinforcement": {"grader": grader}}
    assert refused(created, on(TODAY), "o4-mini", method=method)[0] == unavailable("o4-mini")


def test_a_model_that_is_not_released_yet_is_told_so(on, created, refused):
    """And not that it is unknown, with itself as the nearest."""
    told, headers = refused(created, on(BEGINNING), "gpt-4o-mini")
    assert told == unavailable("gpt-4o-mini")
    assert headers["x-drytune-reason"] == (
        "as of 2023-09-01 there is no gpt-4o-mini-2024-07-18: it was released on 2024-07-18"
    )


def test_on_the_last_days_jobs_are_still_taken(on, finished):
    """The next day nobody can create one."""
    assert finished(on(LAST_DAY)).status == "succeeded"


def test_then_nobody_can_create_a_job(on, uploaded, created, refused):
    """Uploading still works, listing still works, creating is refused before the file is looked at."""
    client = on(CLOSED)
    file = uploaded(client)
    blocked = REFUSALS["training-not-available"]
    for training_file in (file, "file-nope"):
        told, headers = refused(created, client, training_file=training_file)
        assert told == (403, INVALID, "training_not_available", None, blocked.message)
        assert headers["x-drytune-reason"] == "as of 2027-01-07: since 2027-01-06 nobody can create a job"
    assert client.fine_tuning.jobs.list().data == []
    assert client.get("/fine_tuning/model_limits", cast_to=object) == {}
    assert client.chat.completions.create(model="gpt-4o-mini", messages=HELLO).choices


def test_a_body_that_is_no_request_is_refused_first(on, created, refused):
    """Also when nothing can be created."""
    assert refused(created, on(CLOSED), seed=-1)[0][3] == "seed"


def test_a_tuned_model_answers_until_its_last_day(connect, simulator, finished, refused):
    """The same model, a week after another (FACTS.md §1.3: 2027-01-14)."""
    one = simulator(as_of=LAST_DAY)
    client = connect(one)
    model = finished(client).fine_tuned_model
    assert client.models.retrieve(model).to_dict()["shutdown_date"] == "2027-01-14"
    one.clock.advance_to(from_date(date(2027, 1, 13)))
    assert client.chat.completions.create(model=model, messages=HELLO).choices
    one.clock.advance_to(from_date(DEAD))
    assert refused(client.chat.completions.create, model=model, messages=HELLO)[0] == deprecated(model)
    assert refused(client.models.retrieve, model)[0] == missing(model)
    assert model not in {known.id for known in client.models.list()}


def test_fine_tunes_of_gpt_35_outlived_their_base(simulator, connect, finished, refused):
    """Until 2026-10-23; but nothing can be trained from them any more (the latter is inferred)."""
    one = simulator(as_of=date(2024, 9, 10))
    client = connect(one)
    model = finished(client, "gpt-3.5-turbo-0613").fine_tuned_model
    one.clock.advance_to(from_date(date(2024, 9, 14)))
    base = "gpt-3.5-turbo-0613"
    assert refused(client.chat.completions.create, model=base, messages=HELLO)[0] == deprecated(base)
    assert client.chat.completions.create(model=model, messages=HELLO).choices
    assert refused(finished, client, model)[0] == unavailable(model)


def test_by_the_middle_of_january_nothing_is_left(on, refused):
    """No base that could be tuned answers; what embeds and moderates does."""
    client = on(DEAD)
    listed = [model.id for model in client.models.list()]
    assert listed == [model.id for model in OTHERS.values() if model.created is not None]
    for model in ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini"):
        assert refused(client.chat.completions.create, model=model, messages=HELLO)[0] == deprecated(model)


def test_in_september_2023_names_meant_what_they_meant_then(on, finished, created, refused):
    """`gpt-3.5-turbo` was -0613, and what came later does not exist yet."""
    client = on(BEGINNING)
    job = finished(client, "gpt-3.5-turbo")
    assert (job.status, job.model) == ("succeeded", "gpt-3.5-turbo-0613")
    assert {model.id for model in client.models.list() if not model.id.startswith("ft:")} == {
        "gpt-3.5-turbo",
        "gpt-3.5-turbo-0613",
        "gpt-4",
        "gpt-4-0613",
        "davinci-002",
        "babbage-002",
        "text-embedding-ada-002",
    }
    assert client.embeddings.create(model="text-embedding-ada-002", input="Hello!").data
    for model in ("text-embedding-3-small", "omni-moderation-latest"):
        assert refused(client.models.retrieve, model)[0] == missing(model)
    told, _ = refused(client.embeddings.create, model="text-embedding-3-small", input="Hello!")
    assert told[:3] == (404, INVALID, "model_not_found")
    for model in ("gpt-4o-mini", "gpt-3.5-turbo-1106", "gpt-4o"):
        assert refused(created, client, model)[0] == unavailable(model)
        told, _ = refused(client.chat.completions.create, model=model, messages=HELLO)
        message = f"The model `{model}` does not exist or you do not have access to it."
        assert told == (404, INVALID, "model_not_found", None, message)
        assert refused(client.models.retrieve, model)[0] == missing(model)


@pytest.mark.parametrize(
    ("day", "snapshot"),
    [(date(2023, 9, 1), "0613"), (date(2024, 1, 1), "1106"), (date(2024, 6, 1), "0125")],
)
def test_a_floating_name_moves(on, created, day, snapshot):
    """FACTS.md §1.4."""
    assert created(on(day), "gpt-3.5-turbo").model == f"gpt-3.5-turbo-{snapshot}"


def test_the_training_of_davinci_was_closed_long_before_its_end(on, uploaded, refused):
    """2024-10-28 (FACTS.md §1.3)."""
    lines = b'{"prompt": "a", "completion": "b"}\n' * 10

    def create(day):
        client = on(day)
        return client.fine_tuning.jobs.create(model="davinci-002", training_file=uploaded(client, lines))

    assert create(date(2024, 10, 27)).model == "davinci-002"
    assert refused(create, date(2024, 10, 28))[0] == unavailable("davinci-002")
    assert on(date(2024, 10, 28)).models.retrieve("davinci-002").id == "davinci-002"


def test_the_day_goes_on_with_the_clock(simulator, connect, created, refused):
    """A simulator of the last day, whose clock says something else, closes when a day has passed."""
    clock = ManualClock()
    client = connect(simulator(clock=clock, as_of=LAST_DAY))
    assert created(client).id
    clock.advance(24 * 60 * 60)
    assert refused(created, client)[0][2] == "training_not_available"


# -- without a date that is to be applied


def test_without_a_date_everything_works_with_a_warning(simulator, connect, uploaded):
    """Jobs, answers and models of February 2027, of models that are gone by then."""
    one = simulator(date(2027, 2, 1))
    client = connect(one)
    raw = client.fine_tuning.jobs.with_raw_response.create(
        model="gpt-3.5-turbo-0613", training_file=uploaded(client)
    )
    assert raw.headers["x-drytune-warning"] == (
        "since 2027-01-06 nobody can create a job: the platform answers 403; gpt-3.5-turbo-0613 "
        "cannot be trained "
        "since 2024-09-13: the platform answers 400"
    )
    job = raw.parse()
    one.clock.advance(24 * 60 * 60)
    tuned = client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
    for name, end in (("gpt-3.5-turbo-0613", "2024-09-13"), (tuned, "2026-10-23")):
        words = f"{name} was shut down on {end}: the platform answers 404 since then"
        chat = client.chat.completions.with_raw_response.create(model=name, messages=HELLO)
        assert chat.headers["x-drytune-warning"] == words
        model = client.models.with_raw_response.retrieve(name)
        assert model.headers["x-drytune-warning"] == words
        assert model.parse().to_dict()["shutdown_date"] == end
        assert name in {one.id for one in client.models.list()}


def test_without_a_date_nothing_is_said_of_what_is_alive(openai_client):
    """The clock of a simulator begins in January 2026."""
    raw = openai_client.chat.completions.with_raw_response.create(model="o4-mini", messages=HELLO)
    assert "x-drytune-warning" not in raw.headers
    assert "x-drytune-warning" not in openai_client.models.with_raw_response.retrieve("o4-mini").headers


def test_a_simulator_as_of_a_day_begins_on_it():
    """Its clock too."""
    one = Simulator(as_of=CLOSED)
    assert one.clock.now() == from_date(CLOSED)
    one.close()
