"""The machine passes code that does it right, and finds what is wrong with code that does not."""

from __future__ import annotations

import time
import unittest

import openai
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from drytune.errors import UsageError
from drytune.testing.machine import LAWS, Broken, Content, FineTuningMachine, SdkTuner, hunt
from drytune.testing.machine.contents import FLAWED
from drytune.testing.machine.known import flaw_of
from drytune.testing.machine.tuner import ENDED, Claims, look_over, options_for
from drytune.testing.strategies import FlawedHyperparameters
from drytune.testing.strategies.rows import jsonl, plain_row

quick = settings(
    max_examples=40,
    stateful_step_count=15,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ROWS = [plain_row("chat", number, "Be brief.") for number in range(10)]
GOOD = Content(jsonl(ROWS))
MODEL = "gpt-4.1-nano-2025-04-14"


class CarefulTuner(SdkTuner):
    """Does it right: looks for its job before it creates another one, and is patient, but not for ever."""

    idempotent = True
    gives_up = True
    tidy = True

    def __init__(self, client):
        super().__init__(client)
        self.number = 0

    def create(self, file_id, model, **options):
        self.number += 1
        mark = {"number": str(self.number)}
        options["metadata"] = {**options.get("metadata", {}), **mark}
        careful = SdkTuner(self.client.with_options(max_retries=0))
        for _ in range(4):
            try:
                return careful.create(file_id, model, **options)
            except openai.APIStatusError as error:
                if error.status_code < 500 and error.code != "rate_limit_exceeded":
                    raise
                if found := self.found(mark):
                    return found
        raise RuntimeError("the platform is in trouble")

    def found(self, mark):
        return next((job.id for job in self.client.fine_tuning.jobs.list(metadata=mark)), None)

    def wait(self, job_id):
        for _ in range(150):
            if (status := self.status(job_id)) in ENDED:
                return status
            time.sleep(30)  # noqa: TID251 - as people write it
        raise TimeoutError(job_id)

    def tune(self, data, name, model, **options):
        file_id = self.upload(data, name)
        try:
            job_id = self.create(file_id, model, **options)
            if (status := self.wait(job_id)) != "succeeded":
                raise RuntimeError(f"{job_id} has {status}")
            return self.model(job_id)
        finally:
            self.delete_file(file_id)


def machine_of(tuner, **attributes):
    members = {"make": lambda self, client: tuner(client), "patience": 200, **attributes}
    return type("Machine", (FineTuningMachine,), members)


def run(machine, config=quick, **changes):
    run_state_machine_as_test(machine, settings=settings(config, **changes))


def bench(tuner, **attributes):
    """A machine that is driven by hand, with what is needed for it: a file, a job."""
    return machine_of(tuner, instructions="Be brief.", **attributes)()


# -- those that do it right ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tuner", [SdkTuner, CarefulTuner])
def test_what_is_right_passes(tuner):
    """The plain SDK, and code that promises more, keep all laws."""
    run(machine_of(tuner), max_examples=8)


@pytest.mark.slow
@pytest.mark.parametrize("tuner", [SdkTuner, CarefulTuner])
@pytest.mark.parametrize("instructions", [None, "Be brief."])
def test_what_is_right_passes_for_long(tuner, instructions):
    """Also in many runs, with broken connections."""
    run(machine_of(tuner, instructions=instructions, drops=True), max_examples=60, stateful_step_count=25)


def test_code_that_builds_its_own_client_is_served():
    """``OpenAI()`` inside a call is answered by the platform of the machine, and nobody sleeps."""

    class OwnClient:
        def create(self, file_id, model, n_epochs="auto"):
            method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": n_epochs}}}
            return (
                openai.OpenAI().fine_tuning.jobs.create(training_file=file_id, model=model, method=method).id
            )

        def wait(self, job_id):
            while (job := openai.OpenAI().fine_tuning.jobs.retrieve(job_id)).status not in ENDED:
                time.sleep(60)  # noqa: TID251 - as people write it
            return job.status

    run(machine_of(lambda client: OwnClient()), max_examples=4)


def test_asynchronous_code_is_served():
    """Methods may be coroutine functions, and have a client of their kind."""

    class AsyncTuner:
        def __init__(self, client):
            self.client = client

        async def upload(self, data, name):
            return (await self.client.files.create(file=(name, data), purpose="fine-tune")).id

        async def status(self, job_id):
            return (await self.client.fine_tuning.jobs.retrieve(job_id)).status

        async def ask(self, model, text):
            answer = await openai.AsyncOpenAI().responses.create(model=model, input=text)
            return answer.output_text

    run(machine_of(None, make=lambda self, client: AsyncTuner(self.platform.async_client)), max_examples=4)


def test_asynchronous_code_may_build_its_client_before_it_is_called():
    """What is built in `make` is served as what is built in a call."""

    class OwnClient:
        def __init__(self):
            self.client = openai.AsyncOpenAI()

        async def upload(self, data, name):
            return (await self.client.files.create(file=(name, data), purpose="fine-tune")).id

    run(machine_of(lambda client: OwnClient()), max_examples=2)
    run(machine_of(SdkTuner, make_other=lambda self, client: SdkTuner(openai.OpenAI())), max_examples=2)


@pytest.mark.parametrize(
    "name", ["upload", "create", "status", "wait", "cancel", "jobs", "model", "ask", "delete_file"]
)
def test_methods_may_be_left_out(name):
    """Each method can be tested alone: what it needs from others, the machine does itself."""
    alone = type("Alone", (), {name: lambda self, *a, **k: getattr(self.sdk, name)(*a, **k)})

    def make(client):
        tuner = alone()
        tuner.sdk = SdkTuner(client)
        return tuner

    run(machine_of(make), max_examples=2)


def test_options_are_given_as_they_are_taken():
    """Only what a signature has; hyperparameters together or one by one."""
    options = {"hyperparameters": {"n_epochs": 3, "batch_size": 2}, "suffix": "cat", "seed": 1}
    assert options_for(lambda **options: None, options) == options
    assert options_for(lambda suffix: None, options) == {"suffix": "cat"}
    assert options_for(lambda n_epochs, seed: None, options) == {"n_epochs": 3, "seed": 1}
    assert options_for(lambda hyperparameters: None, options) == {
        "hyperparameters": options["hyperparameters"]
    }
    assert options_for(lambda: None, options) == {}


def test_what_is_promised_is_read_from_the_tuner():
    """By default nothing is."""
    assert Claims.of(object()) == Claims(
        idempotent=False, survives=0, gives_up=False, reuses=False, tidy=False
    )
    assert Claims.of(CarefulTuner(None)) == Claims(idempotent=True, survives=2, gives_up=True, tidy=True)


def test_few_runs_are_enough_unless_more_are_asked_for():
    """A machine has its own number of runs; settings of the user count more."""

    class Mine(FineTuningMachine):
        pass

    @settings(max_examples=7)
    class Chosen(FineTuningMachine):
        pass

    assert Mine.TestCase.settings.max_examples == 30
    assert Chosen.TestCase.settings.max_examples == 7


def test_it_is_a_test_case_with_rules_of_ones_own():
    """Files, jobs and tuned models that the machine has made can be used by one's own rules."""
    seen = []

    class Mine(FineTuningMachine):
        def contents(self):
            return st.just(GOOD)

        @rule(job=FineTuningMachine.tuned)
        def use(self, job):
            (side,) = self.sides
            seen.append(side.truth.jobs[job.ids[0]]["fine_tuned_model"])

    Mine.TestCase.settings = settings(quick, max_examples=4)
    result = unittest.TestResult()
    Mine.TestCase().run(result)
    assert result.wasSuccessful()
    assert "use" in {one.function.__name__ for one in Mine.setup_state().rules}
    machine = Mine()
    machine.use(trained(machine))
    assert seen[-1].startswith("ft:gpt-4.1-nano-2025-04-14:")


# -- those that do not --------------------------------------------------------------------------------------------


class CreatesTwice(SdkTuner):
    idempotent = True

    def create(self, file_id, model, **options):
        try:
            return super().create(file_id, model, **options)
        except openai.APIError:
            return super().create(file_id, model, **options)


class IgnoresFailure(SdkTuner):
    def wait(self, job_id):
        super().wait(job_id)
        return "succeeded"


class PollsForEver(SdkTuner):
    def wait(self, job_id):
        while self.status(job_id) != "succeeded":
            time.sleep(5)  # noqa: TID251 - as people write it
        return "succeeded"


class SleepsForEver(SdkTuner):
    def wait(self, job_id):
        status = self.status(job_id)
        while status not in ENDED:
            time.sleep(5)  # noqa: TID251 - as people write it
        return status


class NeverGivesUp(CarefulTuner):
    def wait(self, job_id):
        return SdkTuner.wait(self, job_id)


class ForgetsPurpose(SdkTuner):
    def upload(self, data, name):
        return self.client.files.create(file=(name, data), purpose="user_data").id


class AsksTheBase(SdkTuner):
    def ask(self, model, text):
        return super().ask(model.split(":")[1] if model.startswith("ft:") else model, text)


class ForgetsTheInstructions(SdkTuner):
    def ask(self, model, text):
        return super().ask(model, text, system="You are a helpful assistant.")


class DropsEpochs(SdkTuner):
    def create(self, file_id, model, *, suffix=None, hyperparameters=None):
        return super().create(file_id, model, suffix=suffix)


class DropsSuffix(SdkTuner):
    def create(self, file_id, model, *, suffix=None, n_epochs="auto"):
        return super().create(file_id, model, hyperparameters={"n_epochs": n_epochs})


class TakesAnotherModel(SdkTuner):
    def create(self, file_id, model, **options):
        return super().create(file_id, "gpt-4.1-2025-04-14", **options)


class HidesRefusals(SdkTuner):
    def create(self, file_id, model, **options):
        try:
            return super().create(file_id, model, **options)
        except openai.APIError:
            return None


class CancelsInsteadOfWaiting(SdkTuner):
    def wait(self, job_id):
        for _ in range(3):
            if (status := self.status(job_id)) in ENDED:
                return status
        return self.cancel(job_id)


class WaitsTooShort(SdkTuner):
    def wait(self, job_id):
        for _ in range(3):
            status = self.status(job_id)
        return status


class ReadsTheFirstPage(SdkTuner):
    def jobs(self):
        return [job.id for job in self.client.fine_tuning.jobs.list().data]


class RemembersTheFirstStatus(SdkTuner):
    def __init__(self, client):
        super().__init__(client)
        self.known = {}

    def status(self, job_id):
        return self.known.setdefault(job_id, super().status(job_id))

    wait = None


class GivesUpAtOnce(SdkTuner):
    def __init__(self, client):
        super().__init__(client.with_options(max_retries=0))


class DeletesMore(SdkTuner):
    def delete_file(self, file_id):
        for file in self.client.files.list():
            self.client.files.delete(file.id)


class SendsLess(SdkTuner):
    def upload(self, data, name):
        return super().upload(data.rstrip(b"\n"), name)


class LeavesItsFile(CarefulTuner):
    def tune(self, data, name, model, **options):
        job_id = self.create(self.upload(data, name), model, **options)
        if self.wait(job_id) != "succeeded":
            raise RuntimeError(job_id)
        return self.model(job_id)


class TunesInVain(CarefulTuner):
    tidy = False

    def tune(self, data, name, model, **options):
        job_id = self.create(self.upload(data, name), model, **options)
        self.wait(job_id)
        return self.model(job_id)


FOUND_SOON = {
    CreatesTwice: {"one-job"},
    IgnoresFailure: {"failure-told", "true-status"},
    PollsForEver: {"ends"},
    ForgetsPurpose: {"purpose"},
    AsksTheBase: {"tuned-model"},
    CancelsInsteadOfWaiting: {"changes-nothing-else"},
    ReadsTheFirstPage: {"all-jobs"},
    TunesInVain: {"failure-told"},
}
FOUND = {
    SleepsForEver: {"ends"},
    NeverGivesUp: {"ends"},
    ForgetsTheInstructions: {"instructions"},
    DropsEpochs: {"as-asked", "no-refusal-hidden"},
    DropsSuffix: {"as-asked", "no-refusal-hidden"},
    TakesAnotherModel: {"as-asked", "no-refusal-hidden"},
    HidesRefusals: {"no-refusal-hidden", "own-job"},
    WaitsTooShort: {"waits"},
    RemembersTheFirstStatus: {"true-status"},
    GivesUpAtOnce: {"survives"},
    DeletesMore: {"changes-nothing-else"},
    SendsLess: {"bytes"},
    LeavesItsFile: {"tidy"},
}


@pytest.mark.parametrize(
    ("tuner", "laws"),
    [
        *FOUND_SOON.items(),
        *(pytest.param(*pair, marks=pytest.mark.slow) for pair in FOUND.items()),
    ],
)
def test_a_bug_is_found(tuner, laws):
    """Within 40 runs of 15 calls, and the sentence of the law that it breaks is told."""
    with pytest.raises(Broken) as caught:
        run(machine_of(tuner, instructions="Be brief."))
    assert caught.value.law in laws
    assert str(caught.value).startswith(LAWS[caught.value.law])


@pytest.mark.slow
def test_the_shortest_way_is_told():
    """Hypothesis leaves out what is not needed; the report has the calls, the law and the requests."""
    with pytest.raises(Broken) as caught:
        run(machine_of(CreatesTwice), phases=[Phase.generate, Phase.shrink])
    calls = [note for note in caught.value.__notes__ if note.startswith("state")]
    steps = "\n".join(caught.value.__notes__)
    assert "create_though_the_answer_is_lost(" in steps or calls
    assert steps.count("state.") <= 4
    assert str(caught.value).splitlines()[0] == "One call that starts a job must make one job."
    assert "expected: one job" in str(caught.value)
    assert "POST /v1/fine_tuning/jobs: 500, fault 1" in str(caught.value)


# -- each law, by hand --------------------------------------------------------------------------------------------


def changed(name, do, **attributes):
    """The SDK with one method changed: `do` is given the SDK's own, and what that is called with."""
    own = getattr(SdkTuner, name)
    members = {name: lambda self, *a, **k: do(lambda *b, **c: own(self, *b, **c), *a, **k)}
    return type("Changed", (SdkTuner,), {**members, **attributes})


def trained(machine):
    """A job that has succeeded."""
    return machine.train(machine.begin(GOOD), MODEL, {}, 0)


def twice(own, *arguments, **options):
    own(*arguments, **options)
    return own(*arguments, **options)


def swallow(own, *arguments, **options):
    try:
        return own(*arguments, **options)
    except openai.APIError:
        return "file-1"


def refuse(own, *arguments, **options):
    raise ValueError("I would rather not")


def do_and_complain(own, *arguments, **options):
    own(*arguments, **options)
    raise ValueError("never mind")


BROKEN_BY_HAND = {
    "own-file": (changed("upload", lambda own, *a: own(*a) and "file-1"), lambda m: m.upload(GOOD)),
    "one-file": (changed("upload", twice), lambda m: m.upload(GOOD)),
    "bytes": (changed("upload", lambda own, data, name: own(data + b"\n", name)), lambda m: m.upload(GOOD)),
    "works": (changed("upload", refuse), lambda m: m.upload(GOOD)),
    "no-refusal-hidden": (changed("upload", swallow), lambda m: m.upload_flawed("no JSON", "t.jsonl")),
    "refusal-changes-nothing": (
        changed("create", lambda own, file, model: do_and_complain(own, file, MODEL)),
        lambda m: m.create_for_a_wrong_model(m.begin(GOOD), "no-such-model"),
    ),
    "own-job": (
        changed("create", lambda own, *a, **k: own(*a, **k) and "x"),
        lambda m: m.create(m.begin(GOOD), MODEL, {}),
    ),
    "one-job": (changed("create", twice), lambda m: m.create(m.begin(GOOD), MODEL, {})),
    "as-asked": (
        changed("create", lambda own, *a, **k: own(*a)),
        lambda m: m.create(m.begin(GOOD), MODEL, {"metadata": {"team": "a"}}),
    ),
    "waits": (changed("wait", lambda own, job: "running"), trained),
    "true-status": (
        changed("status", lambda own, job: "paused", wait=None),
        lambda m: m.look(m.create(m.begin(GOOD), MODEL, {})),
    ),
    "failure-told": (
        changed("wait", lambda own, job: own(job) and "succeeded"),
        lambda m: m.train_with_bad_luck(m.begin(GOOD), MODEL, "moderation_refusal"),
    ),
    "true-model": (changed("model", lambda own, job: "gpt-4.1"), trained),
    "tuned-model": (changed("ask", lambda own, model, *a, **k: own("gpt-4.1", *a, **k)), trained),
    "taught": (changed("ask", lambda own, *a, **k: own(*a, **k) and "What?"), trained),
    "instructions": (changed("ask", lambda own, *a, **k: own(*a)), trained),
    "cancels": (
        changed("cancel", lambda own, job: "cancelled"),
        lambda m: m.cancel(m.create(m.begin(GOOD), MODEL, {})),
    ),
    "deletes": (changed("delete_file", lambda own, file: True), lambda m: m.delete_file(m.begin(GOOD))),
    "all-jobs": (changed("jobs", lambda own: own()[:20]), lambda m: m.others_create_many_jobs()),
    "changes-nothing-else": (
        changed("model", lambda own, job: "x", status=lambda self, job: self.cancel(job)),
        lambda m: m.look(m.create(m.begin(GOOD), MODEL, {})),
    ),
    "survives": (
        changed("upload", lambda own, *a: own(*a), survives=3),
        lambda m: m.train_in_trouble(GOOD, MODEL, "overloaded"),
    ),
}


@pytest.mark.parametrize("law", BROKEN_BY_HAND)
def test_each_law_is_looked_after(law):
    """What breaks it is told by its name."""
    tuner, drive = BROKEN_BY_HAND[law]
    with pytest.raises(Broken) as caught:
        drive(bench(tuner))
    assert caught.value.law == law
    assert "requests: " in str(caught.value)


def test_the_end_of_a_job_is_for_ever():
    """Who has said that a job has succeeded must not say later that it runs."""
    machine = bench(changed("status", lambda own, job: own(job)))
    job = trained(machine)
    machine.look(job)
    machine.tuner.status = lambda job: "running"
    with pytest.raises(Broken) as caught:
        machine.look(job)
    assert caught.value.law == "end-is-for-ever"


def test_cost_is_what_was_asked_for():
    """A run that trains on more than it was given is told at the end, though nobody sees its file any more."""

    class Greedy(CarefulTuner):
        def tune(self, data, name, model, **options):
            return super().tune(data * 2, name, model, **options)

    machine = bench(Greedy)
    machine.tune(GOOD, MODEL, {"hyperparameters": {"n_epochs": 3}})
    with pytest.raises(Broken) as caught:
        machine.teardown()
    assert caught.value.law == "cost"


def test_a_lost_answer_may_make_a_second_job_unless_the_tuner_promises_otherwise():
    """The plain SDK does: that is known, and no bug of its user; who promises `idempotent` must not."""
    plain, promising = bench(SdkTuner), bench(changed("create", lambda own, *a: own(*a), idempotent=True))
    assert len(plain.sides[0].truth.jobs) == 0
    plain.create_though_the_answer_is_lost(plain.begin(GOOD), MODEL, 500)
    assert len(plain.sides[0].truth.jobs) == 2
    with pytest.raises(Broken, match="must make one job"):
        promising.create_though_the_answer_is_lost(promising.begin(GOOD), MODEL, 500)


def test_who_reuses_jobs_says_so():
    """The same job for the same request is a bug, or a feature that is promised."""

    def remembering(own, *arguments, known={}):  # noqa: B006 - to be remembered
        return known.setdefault(arguments, own(*arguments) if arguments not in known else "")

    for reuses in (False, True):
        machine = bench(changed("create", remembering, reuses=reuses))
        file = machine.begin(GOOD)
        remembering.__kwdefaults__["known"].clear()
        machine.create(file, MODEL, {})
        if reuses:
            machine.create(file, MODEL, {})
        else:
            with pytest.raises(Broken, match="the id of the job that it has made"):
                machine.create(file, MODEL, {})


def test_mistakes_of_the_code_are_shown_as_they_are():
    """A TypeError is no way to tell that something was refused."""
    machine = bench(changed("upload", lambda own, data, name: None + 1))
    with pytest.raises(TypeError, match="NoneType"):
        machine.upload_flawed("nothing", "t.jsonl")


def look_first(own, data, name):
    """Find fault with a file before it is sent."""
    return refuse(own) if flaw_of(data, MODEL) else own(data, name)


def test_wrong_types_may_end_in_a_type_error():
    """Who counts with a number that is none makes no mistake by failing."""
    wrong = FlawedHyperparameters(
        {"n_epochs": "many"}, "n_epochs", "invalid_type", "n_epochs", "Invalid type"
    )

    def count(own, file, model, *, hyperparameters):
        return own(file, model) if hyperparameters["n_epochs"] > 0 else ""

    machine = bench(changed("create", count))
    machine.create_with_wrong_hyperparameters(machine.begin(GOOD), wrong)


def test_a_tuner_may_look_into_the_file_before_the_platform_does():
    """A file of which the job would fail may be refused earlier; alone that is no bug."""
    machine = bench(changed("upload", look_first))
    machine.upload_flawed("too few examples", "t.jsonl")
    machine.upload(GOOD)


# -- what is told, and when -------------------------------------------------------------------------------------


class CountingMachine(FineTuningMachine):
    """Counts the runs in which its tuner is made, until its test has failed."""

    made = 0

    def make(self, client):
        type(self).made += 1
        return IgnoresFailure(client)


def failure_of(machine, **chosen):
    """What the test of a machine says, with settings of a user."""
    machine.TestCase.settings = settings(database=None, derandomize=True, **chosen)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is is looked at
        machine.TestCase().runTest()
    return caught.value


def test_what_was_found_is_told_soon():
    """The way to it is made shorter for some runs, not for minutes; settings of the user do not undo that."""

    class Mine(CountingMachine):
        hunts = 5

    error = failure_of(Mine, max_examples=20, stateful_step_count=10)
    assert isinstance(error, Broken)
    assert Mine.made <= 20 + 5 + 1  # until it is found, then five, and the one that is shown
    assert any("state.teardown()" in note for note in error.__notes__)


def test_no_hunt_is_too_short_to_be_shown():
    """Also if it is over at once, what is told is the mistake, not that Hypothesis could not repeat it."""

    class Mine(CountingMachine):
        hunts = 0

    assert isinstance(failure_of(Mine, max_examples=20, stateful_step_count=10), Broken)


def test_what_a_user_has_chosen_stays():
    """Phases and a deadline of the user's own; without them, slow runs are no error, and nothing is explained."""
    assert hunt.bounded(settings()).deadline is None
    assert hunt.bounded(settings(phases=[Phase.generate], deadline=5000)).phases == (Phase.generate,)
    assert hunt.bounded(settings(deadline=5000)).deadline.total_seconds() == 5
    assert Phase.explain not in hunt.bounded(settings()).phases


def test_a_tuner_with_nothing_to_be_tried_is_an_error():
    """A test that tries nothing would always pass."""
    with pytest.raises(
        UsageError, match="Nothing has no method that could be tried; one or more of these: upload"
    ):
        machine_of(lambda client: type("Nothing", (), {"wait_for": print})())()


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("uplaod", print, "upload"),
        ("creat", print, "create"),
        ("idempotant", True, "idempotent"),
        ("survive", 2, "survives"),
    ],
)
def test_what_is_misspelt_is_told(name, value, meant):
    """A method that is never called, and a promise that nobody hears."""
    tuner = type("Mine", (), {"wait": SdkTuner.wait, name: value})()
    with pytest.raises(UsageError, match=f"Mine has '{name}'.*Did you mean '{meant}'?"):
        look_over(tuner)


@pytest.mark.parametrize(
    ("name", "value"),
    [("models", print), ("job", print), ("created", []), ("_creat", print), ("tune_all", print)],
)
def test_what_is_something_else_may_stay(name, value):
    """Tuners may have more than the machine knows."""
    look_over(type("Mine", (), {"wait": SdkTuner.wait, name: value})())


# -- two side by side ---------------------------------------------------------------------------------------------


def test_two_that_are_the_same_agree():
    """Each on its own platform, with the same ids and times."""
    run(machine_of(SdkTuner, make_other=lambda self, client: SdkTuner(client)), max_examples=4)


def test_where_two_differ_is_found():
    """What is no bug alone is told where the other does not do it."""
    other = changed("upload", look_first)
    machine = bench(SdkTuner, make_other=lambda self, client: other(client))
    with pytest.raises(Broken) as caught:
        machine.upload_flawed("too few examples", "t.jsonl")
    assert caught.value.law == "agree"
    assert "the other raised ValueError: I would rather not" in str(caught.value)


@pytest.mark.slow
def test_where_two_differ_is_found_in_any_order():
    """Also if nobody says where to look."""
    strict = changed("upload", look_first)
    with pytest.raises(Broken) as caught:
        run(machine_of(strict, make_other=lambda self, client: SdkTuner(client)), max_examples=100)
    assert caught.value.law == "agree"


def test_errors_of_two_are_compared():
    """Both refuse, but the one as not found and the other as a bad request."""

    def forget(own, job):
        raise openai.BadRequestError("?", response=FAKE, body=None)

    FAKE = type("Response", (), {"status_code": 400, "headers": {}, "request": None})()  # noqa: N806
    other = changed("status", forget)
    machine = machine_of(SdkTuner, make_other=lambda self, client: other(client))()
    with pytest.raises(Broken) as caught:
        machine.look_at_nothing("ftjob-none")
    assert caught.value.law == "agree"
    assert "the other raised BadRequestError" in str(caught.value)


def test_flawed_files_are_flawed():
    """Three are refused when they are sent; of the others a job fails."""
    machine = bench(SdkTuner)
    refused = []
    for what in FLAWED:
        file = machine.upload_flawed(what, "t.jsonl")
        if not hasattr(file, "ids"):
            refused.append(what)
            continue
        job = machine.create(file, MODEL, {})
        machine.wait(job)
        assert machine.sides[0].truth.status(job.ids[0]) == "failed"
    assert refused == ["nothing", "no JSON", "a line cut off"]
