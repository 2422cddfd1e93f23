"""Held-out examples: both models are asked once, within the budget, and marked."""

import hashlib
import json

import msgspec
import pytest

from drytune.clients import simulated
from drytune.errors import Refused, UsageError
from drytune.workflow.context import Context, Stopped
from drytune.workflow.effects import Call, Problem, Reply, drive
from drytune.workflow.held_out import form_of, read_holdout
from drytune.workflow.holding import hold_out
from drytune.workflow.log import Nothing
from drytune.workflow.records import Bill
from drytune.workflow.tasks import SourceFile, Task
from drytune_simulator import Simulator
from drytune_simulator.clock import ManualClock

TUNED, BASE = "ft:gpt-4.1-mini-2025-04-14:personal::AbCdEfGh", "gpt-4.1-mini-2025-04-14"
CHAT = "/chat/completions"
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def user(text):
    return {"role": "user", "content": text}


def reply(text):
    return {"role": "assistant", "content": text}


def call(city):
    function = {"name": "weather", "arguments": json.dumps({"city": city})}
    return {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}


ROWS = [
    {"messages": [user("Hello"), reply("Hello! How are you?")]},
    {"messages": [user("Bye"), reply("See you tomorrow.")]},
    {"messages": [user("Weather in Rome?"), call("Rome")], "tools": [WEATHER]},
]


class Money:
    """A tenth of a dollar at most an answer, and a hundredth in the end."""

    def __init__(self, max_usd=1e9):
        self.left = max_usd

    def worst(self, body, *, tuned):
        if "image" in str(body):
            raise UsageError("an image has no price.")
        return 0.1

    def has_room(self, usd):
        return usd <= self.left + 1e-9

    def stake(self, usd):
        self.left -= usd

    def settle(self, worst, usd):
        self.left += worst - usd

    def cost(self, usage, *, tuned):
        return 0.01 if usage else None

    def bill(self, run):
        return Bill(answers_usd=0.0)


@pytest.fixture
def make(tmp_path, make_run):
    """A run with a holdout file of the given rows."""

    def make(rows=ROWS, **fields):
        path = tmp_path / "held-out.jsonl"
        path.write_text("\n".join(json.dumps(row) for row in rows))
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        holdout = SourceFile(role="holdout", path=str(path), bytes=1, sha256=sha256)
        training = SourceFile(role="training", path="/data/t.jsonl", bytes=1, sha256="0" * 64)
        task = Task(**{"training": training, "holdout": holdout, "model": BASE, **fields})
        return make_run("succeeded", task=task, job={"fine_tuned_model": TUNED})

    return make


def says(message, reason="stop"):
    choice = {"message": message, "finish_reason": reason}
    return {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}}


def parrot(asked):
    """The tuned model says what was wanted, the base model something else."""
    message = asked.body["messages"][-1]["content"]
    wanted = {row["messages"][0]["content"]: row["messages"][-1] for row in ROWS}[message]
    return says(wanted if asked.body["model"] == TUNED else reply("I do not know that."))


def steps(log):
    return [(attempt.step, attempt.ending) for attempt in log.attempts()]


def test_both_models_are_asked_and_marked(make, api):
    """The tuned model that says what was wanted has full marks, the base model has none; both have their cost."""
    platform, log = api({CHAT: parrot}), Nothing()
    run = platform.do(hold_out(make(), Context(log=log, money=Money())))
    tuned, base = run.holdout.tuned, run.holdout.base
    assert (tuned.model, tuned.asked, tuned.answered, tuned.exact, tuned.near) == (TUNED, 3, 3, 1.0, 1.0)
    assert (tuned.likeness, tuned.calls, tuned.arguments) == (1.0, 1.0, 1.0)
    assert (base.model, base.answered, base.exact, base.calls) == (BASE, 3, 0.0, 0.0)
    assert tuned.usd == pytest.approx(0.03)
    assert run.holdout.notes == ()
    assert steps(log) == [(f"holdout:{side}:{n}", "done") for n in (1, 2, 3) for side in ("tuned", "base")]
    body = platform.calls[4].body
    assert body["messages"] == [user("Weather in Rome?")]
    assert body["tools"] == [WEATHER]
    assert body["temperature"] == 0
    assert 256 < body["max_completion_tokens"] < 1000


def test_a_resume_asks_nothing_twice(make, api):
    """Wherever a process was killed, the next one asks only what has no answer, and the marks are the same."""
    whole = api({CHAT: parrot}).do(hold_out(make(), Context(money=Money()))).holdout
    for until in range(1, 7):
        log, run = Nothing(), make()
        script = hold_out(run, Context(log=log, money=Money()))
        effect, platform = next(script), api({CHAT: parrot})
        for _ in range(until - 1):
            effect = script.send(platform.reply(effect))
        assert isinstance(effect, Call)
        script.close()  # killed with a question on its way
        again = api({CHAT: parrot})
        run = again.do(hold_out(run, Context(log=log, money=Money())))
        assert len(platform.calls) + len(again.calls) == 6
        marks = run.holdout.tuned if until % 2 else run.holdout.base
        assert marks.usd == pytest.approx(0.13)  # the answer that nobody got may have been billed
        plain = {"usd": None}
        assert msgspec.structs.replace(run.holdout.tuned, **plain) == msgspec.structs.replace(
            whole.tuned, **plain
        )
        assert msgspec.structs.replace(run.holdout.base, **plain) == msgspec.structs.replace(
            whole.base, **plain
        )


@pytest.mark.parametrize(
    ("budget", "covered"), [(0.0, 0), (0.19, 0), (0.2, 1), (0.215, 1), (0.22, 2), (0.24, 3)]
)
def test_the_budget_ends_it_politely(make, api, budget, covered):
    """An example is asked only if the budget covers both models' worst answers; what is left out is noted."""
    platform = api({CHAT: parrot})
    run = platform.do(hold_out(make(), Context(money=Money(budget))))
    assert len(platform.calls) == 2 * covered
    assert (run.holdout.tuned.answered, run.holdout.base.answered) == (covered, covered)
    assert run.holdout.tuned.asked == 3
    noted = () if covered == 3 else (f"The budget covered {covered} of 3 held-out examples.",)
    assert run.holdout.notes == noted
    assert run.done


def test_answers_of_before_count_without_a_budget(make, api):
    """What was answered before the budget was spent is marked all the same."""
    log, run = Nothing(), make()
    script = hold_out(run, Context(log=log, money=Money()))
    platform, effect = api({CHAT: parrot}), next(script)
    for _ in range(2):
        effect = script.send(platform.reply(effect))
    script.close()
    run = api({}).do(hold_out(run, Context(log=log, money=Money(0.0))))
    assert (run.holdout.tuned.answered, run.holdout.tuned.exact) == (1, 1.0)


def test_what_nobody_can_price_is_left_out(make, api):
    """An example whose worst cost is unknown is not asked; the others are."""
    rows = [*ROWS[:2], {"messages": [user("image?"), reply("No.")]}]
    platform = api({CHAT: lambda _: says(reply("No."))})
    run = platform.do(hold_out(make(rows), Context(money=Money())))
    assert len(platform.calls) == 4
    assert run.holdout.notes == ("Nobody knows what 1 of 3 examples cost at most: an image has no price.",)


def test_a_refused_example_is_no_end(make, api):
    """A refusal of one question is counted, is not tried again, and the others go on."""

    def picky(asked):
        if asked.body["model"] == BASE and asked.body["messages"][-1] == user("Bye"):
            return Reply(400, problem=Problem("too rude"))
        return parrot(asked)

    log, run = Nothing(), make()
    first = api({CHAT: picky}).do(hold_out(run, Context(log=log, money=Money())))
    assert (first.holdout.base.asked, first.holdout.base.answered) == (3, 2)
    assert first.holdout.notes == (
        "The base model gave no answer to 1 of 3 examples.",
        "The two models have not answered the same examples, so compare their marks with care.",
    )
    assert api({}).do(hold_out(run, Context(log=log, money=Money()))).holdout == first.holdout


@pytest.mark.parametrize(("side", "calls"), [(TUNED, 1), (BASE, 4)])
def test_a_model_that_cannot_be_asked(make, api, side, calls):
    """Without the tuned model nothing more is paid for; without the base model the tuned one is marked alone."""

    def gone(asked):
        return Reply(404, problem=Problem("no such model")) if asked.body["model"] == side else parrot(asked)

    platform = api({CHAT: gone})
    run = platform.do(hold_out(make(), Context(money=Money())))
    assert len(platform.calls) == calls
    assert run.holdout.tuned.answered == (0 if side == TUNED else 3)
    assert run.holdout.base.answered == 0
    assert "no such model" in run.holdout.notes[0]
    assert run.holdout.base.likeness is None


def test_an_account_without_money(make, api):
    """Once the account has no money left, nothing more is asked."""
    poor = Reply(429, problem=Problem("You exceeded your quota", "insufficient_quota"))
    platform = api({CHAT: lambda _: poor})
    run = platform.do(hold_out(make(), Context(money=Money())))
    assert len(platform.calls) == 1
    assert "no money left" in run.holdout.notes[0]


def test_a_platform_that_stays_away_stops_the_run(make, api):
    """Without any answer the run stops, each attempt kept at its worst, and goes on later."""
    log, run = Nothing(), make()
    with pytest.raises(Stopped):
        api({CHAT: lambda _: Reply(500, problem=Problem("oh"))}).do(
            hold_out(run, Context(log=log, money=Money()))
        )
    assert {ending for _, ending in steps(log)} == {"lost"}
    run = api({CHAT: parrot}).do(hold_out(run, Context(log=log, money=Money())))
    assert run.holdout.tuned.exact == 1.0


@pytest.mark.parametrize(
    ("wanted", "said"), [(2, "2"), ({"x": 1.0}, '{ "x": 1 }'), ("two", "two"), ([1], "[1]")]
)
def test_what_a_grader_reads_is_wanted(make, api, wanted, said):
    """A reinforcement example wants what its grader compares with, whatever JSON that is."""
    platform = api({CHAT: lambda _: says(reply(said))})
    rows = [{"messages": [user("1 + 1?")], "answer": wanted}]
    run = platform.do(hold_out(make(rows, method="reinforcement", model="o4-mini"), Context(money=Money())))
    assert run.holdout.tuned.near == 1.0
    assert "temperature" not in platform.calls[0].body


def test_another_file_is_refused(make, api, tmp_path):
    """The examples are those of the plan, or none."""
    run = make()
    path = tmp_path / "held-out.jsonl"
    path.write_text(path.read_text() + "\n" + json.dumps(ROWS[0]))
    with pytest.raises(Refused, match="is not what was planned"):
        api({}).do(hold_out(run, Context(money=Money())))
    path.unlink()
    with pytest.raises(UsageError, match=r"held-out\.jsonl"):
        api({}).do(hold_out(run, Context(money=Money())))


FORMS = {
    "chat": ({"messages": [user("Hi"), reply("Hello")]}, reply("Hello")),
    "preference": (
        {
            "input": {"messages": [user("Hi")]},
            "preferred_output": [reply("Hello")],
            "non_preferred_output": [reply("What")],
        },
        reply("Hello"),
    ),
    "reinforcement": ({"messages": [user("1 + 1?")], "answer": 2}, 2),
    "completion": ({"prompt": "Hi", "completion": " Hello"}, " Hello"),
}


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_of_files_are_asked(tmp_path, form):
    """Whatever is trained on can be held out: a line is what is asked, and what was wanted."""
    row, wanted = FORMS[form]
    path = tmp_path / "h.jsonl"
    path.write_text(json.dumps(row) + "\n\n" + json.dumps({**row, "reference": "other"}))
    first, second = read_holdout(path, form)
    assert (first.number, second.number) == (1, 2)
    assert first.reference == wanted
    assert second.reference == "other"
    assert first.path == ("/completions" if form == "completion" else CHAT)
    limit = first.body["max_tokens" if form == "completion" else "max_completion_tokens"]
    assert limit > (8000 if form == "reinforcement" else 256)
    assert ("temperature" in first.body) == (form != "reinforcement")
    assert not {"answer", "reference", "completion", "preferred_output"} & set(first.body)


@pytest.mark.parametrize(
    ("form", "line", "says"),
    [
        ("chat", {"messages": [user("Hi")]}, "line 1: it does not say what is wanted; let it end with"),
        ("chat", {"input": "Hi", "reference": "x"}, "has `messages`, not `input`"),
        ("chat", [], "line 1"),
        ("reinforcement", {"messages": [user("Hi")], "a": 1, "b": 2}, "one field for the grader"),
        ("reinforcement", {"messages": [], "a": 1}, "line 1"),
        ("reinforcement", {"prompt": "Hi"}, "line 1: an example is an object with `messages`"),
        ("completion", {"prompt": "Hi"}, "give it a `completion`"),
        ("preference", {"input": {"messages": [user("Hi")]}}, "give it a `preferred_output`"),
    ],
)
def test_lines_that_cannot_be_held_out(tmp_path, form, line, says):
    """What says not what is wanted is refused before anything is paid for, with the line."""
    path = tmp_path / "h.jsonl"
    path.write_text(json.dumps(line))
    with pytest.raises(UsageError, match=says):
        read_holdout(path, form)


@pytest.mark.parametrize("text", ["", "\n\n", "{"])
@pytest.mark.parametrize("form", ["chat", "reinforcement"])
def test_files_without_examples(tmp_path, form, text):
    """A file without examples, or with a line that is no JSON, is refused."""
    path = tmp_path / "h.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"h\.jsonl"):
        read_holdout(path, form)


@pytest.mark.parametrize(
    ("model", "method", "form"),
    [
        (BASE, "supervised", "chat"),
        (BASE, "dpo", "preference"),
        ("o4-mini-2025-04-16", "reinforcement", "reinforcement"),
        ("babbage-002", "supervised", "completion"),
        ("another-vendors", "supervised", "chat"),
    ],
)
def test_the_form_of_a_task(model, method, form):
    """A task's method and model say what its lines are."""
    training = SourceFile(role="training", path="/t", bytes=1, sha256="0" * 64)
    assert form_of(Task(training=training, model=model, method=method)) == form


def test_the_simulated_platform_takes_all_of_it(make, make_jsonl, good):
    """A model that was tuned on the held-out examples themselves has full marks on the simulator."""
    rows = good[:11]
    simulator = Simulator(clock=ManualClock())
    with simulated(simulator) as client:
        file = client.files.create(file=("data.jsonl", make_jsonl(*rows)), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model=BASE, training_file=file.id)
        simulator.world.clock.advance(86_400)
        job = client.fine_tuning.jobs.retrieve(job.id)
        run = make(rows[:3])
        run = msgspec.structs.replace(run, remote={**run.remote, "fine_tuned_model": job.fine_tuned_model})
        run = drive(hold_out(run, Context()), client, sleep=lambda _: None)
    simulator.close()
    assert run.holdout.tuned.exact == 1.0
    assert run.holdout.base.exact < 1.0
    assert run.holdout.tuned.usd is None
