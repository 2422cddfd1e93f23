"""What a journal keeps of a run, and finds again."""

import os
import stat

import pytest

from drytune.errors import Refused, UsageError
from drytune.workflow.journal import Journal, state_directory
from drytune.workflow.plan import Plan
from drytune.workflow.questions import Question
from drytune.workflow.records import Answer


def test_a_run_begins_with_its_plan_and_nothing_done(journal, plan, clock):
    run_id = journal.begin(plan)
    [entry] = journal.runs()
    assert entry.id == run_id
    assert run_id.startswith("run-")
    assert len(run_id) == 16
    assert entry.plan == plan
    assert entry.run.id == run_id
    assert entry.run.task == plan.task
    assert entry.run.bill.expected_usd == 0.015
    assert entry.run.bill.max_usd == 5.0
    assert (entry.status, entry.is_finished, entry.created_at) == ("upload", False, clock.now())


def test_the_same_plan_has_the_same_id_in_every_journal(tmp_path, plan, run_id):
    with Journal.open(tmp_path / "other") as other:
        assert other.begin(plan) == run_id


def test_the_same_is_not_begun_twice_while_it_is_unfinished(journal, plan, run_id):
    with pytest.raises(Refused, match=f"`drytune resume {run_id}`"):
        journal.begin(plan)
    assert len(journal.runs()) == 1


def test_the_same_is_begun_again_only_if_that_is_said(journal, plan, run_id, having):
    with journal.log(run_id) as log:
        log.keep(having(log.run, remote={"id": "ftjob-1", "status": "cancelled"}))
    with pytest.raises(Refused, match=rf"{run_id} \(cancelled\).*--again"):
        journal.begin(plan)
    second = journal.begin(plan, again=True)
    third = journal.begin(plan, again=True)
    assert len({run_id, second, third}) == 3
    assert [entry.id for entry in journal.unfinished()] == [second, third]


def test_another_plan_is_another_run(journal, make_plan, run_id):
    assert journal.begin(make_plan(2)) != run_id


def test_all_that_was_told_is_there_for_the_next_process(journal, tmp_path, run_id, clock, having):
    answer = Answer(
        Question(({"role": "user", "content": "Hi"},)),
        {"role": "assistant", "content": "猫"},
        "stop",
        {"total_tokens": 3},
    )
    with journal.log(run_id) as log:
        number = log.begin("upload:training", bytes=1200)
        clock.advance(2)
        log.end(number, "done", having(log.run, file={"id": "file-1"}), id="file-1")
        told = having(
            log.run,
            remote={"id": "ftjob-1", "status": "succeeded", "fine_tuned_model": "ft:a:b"},
            events=({"id": "e1", "data": {"train_loss": 0.5}}, {"id": "e2"}),
            results="step,train_loss\n1,0.5\n",
            answers=(answer,),
            notes=("a note",),
        )
        log.keep(told)
    with Journal.open(tmp_path / "state") as other:
        entry = other.find(run_id)
        assert entry.run == told
        [attempt] = entry.attempts
        assert (attempt.step, attempt.ending, attempt.ended_at - attempt.at) == ("upload:training", "done", 2)
        assert attempt.data == {"bytes": 1200, "id": "file-1"}
        [listed] = other.runs()
        assert listed.run.events == ()
        with other.log(run_id) as log:
            assert log.run == told
            assert list(log.attempts()) == list(entry.attempts)
            assert log.attempts("create") == []
            assert log.begin("create") == 1


def test_an_attempt_without_an_end_may_have_been_done(journal, run_id):
    with journal.log(run_id) as log:
        log.begin("ask:0", worst_usd=0.25)
    [attempt] = journal.find(run_id).attempts
    assert attempt.is_open
    assert attempt.usd == 0.25


@pytest.mark.parametrize(
    "later",
    [
        [{"id": 1}, {"id": 2}, {"id": 3}],
        [{"id": 1}, {"id": 9}],
        [{"id": 1}],
        [],
        [{"id": 1}, {"id": 2, "data": float("nan")}],
    ],
)
def test_events_are_kept_as_they_are_now_whatever_they_were(journal, run_id, having, later):
    with journal.log(run_id) as log:
        log.keep(having(log.run, events=({"id": 1}, {"id": 2})))
        log.keep(having(log.run, events=tuple(later)))
    kept = journal.find(run_id).run.events
    assert [one["id"] for one in kept] == [one["id"] for one in later]


def test_only_what_is_new_is_written(journal, run_id, having):
    """A long training has thousands of events; each look must not write them all again."""
    statements = []
    with journal.log(run_id) as log:
        log.keep(having(log.run, events=tuple({"id": number} for number in range(1000))))
        journal._database._connection.set_trace_callback(statements.append)
        log.keep(having(log.run, events=(*log.run.events, {"id": 1000}), stopped="later"))
    written = [one for one in statements if one.startswith("INSERT")]
    assert len(written) == 2


def test_half_a_character_in_an_answer_is_kept(journal, run_id, having):
    """JSON can spell a lone surrogate and UTF-8 cannot; the answer was paid for."""
    with journal.log(run_id) as log:
        log.end(log.begin("ask:0"), "done", having(log.run, results="\ud83d"), reply={"content": "\ud83d"})
    entry = journal.find(run_id)
    assert entry.run.results == "\ud83d"
    assert entry.attempts[0].data["reply"] == {"content": "\ud83d"}


def test_a_plan_with_a_number_that_json_has_not_is_not_begun(journal, make_plan):
    """A budget without bounds would read back as no budget."""
    with pytest.raises(Refused, match="number"):
        journal.begin(make_plan(max_usd=float("inf")))
    assert journal.runs() == ()


def test_a_run_is_found_by_the_beginning_of_its_id(journal, make_plan, clock):
    ids = []
    for number in range(1, 20):
        clock.advance(1)
        ids.append(journal.begin(make_plan(number)))
    assert journal.find(ids[3]).id == ids[3]
    assert journal.find(ids[3][4:]).id == ids[3]
    assert journal.find(ids[3][:14].upper()).id == ids[3]
    assert journal.find("last").id == ids[-1]
    assert [entry.id for entry in journal.runs()] == ids
    several = next(one for one in ids if sum(other[:5] == one[:5] for other in ids) > 1)
    with pytest.raises(UsageError, match=r"the beginning of \d+ runs \(run-.*write more"):
        journal.find(several[:5])
    wrong = ids[0][:-1] + ("0" if ids[0][-1] != "0" else "1")
    with pytest.raises(UsageError, match=f"Did you mean {ids[0]}"):
        journal.find(wrong)
    for name in ("", "run-", "zzz", "%"):
        with pytest.raises(UsageError):
            journal.find(name)


def test_without_runs_the_sentence_says_how_to_begin_one(journal):
    with pytest.raises(UsageError, match=r"no runs in .*`drytune run` begins one"):
        journal.find("last")
    with pytest.raises(UsageError, match="no runs"):
        journal.log("run-123")


def test_jobs_teach_a_correction_of_their_own_kind(journal, clock):
    kind = ("https://a", "m", "supervised", "chat")
    assert journal.ratios(*kind) == ()
    assert journal.correction(*kind) is None
    journal.learn(*kind, 100, 110, "run-1")
    clock.advance(1)
    journal.learn(*kind, 100, 120, "run-2")
    journal.learn("https://b", *kind[1:], 100, 300, "run-3")
    assert journal.ratios(*kind) == (1.1, 1.2)
    clock.advance(1)
    journal.learn(*kind, 100, 130, "run-1")  # the same run, told again after a resume
    assert journal.ratios(*kind) == (1.2, 1.3)
    correction = journal.correction(*kind)
    assert correction.jobs == 2
    assert (correction.low, correction.high) == (1.2, 1.3)
    journal.learn(*kind, 0, 130, "run-4")
    assert len(journal.ratios(*kind)) == 2


def test_only_the_newest_jobs_teach(journal, clock):
    for number in range(60):
        clock.advance(1)
        journal.learn("e", "m", "dpo", "chat", 100, 100 + number, f"run-{number}")
    ratios = journal.ratios("e", "m", "dpo", "chat")
    assert len(ratios) == 50
    assert ratios[-1] == 1.59


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_nobody_else_may_read_it(journal, run_id):
    with journal.log(run_id):
        assert stat.S_IMODE(journal.directory.stat().st_mode) == 0o700
        assert stat.S_IMODE((journal.directory / "locks").stat().st_mode) == 0o700
        files = [path for path in journal.directory.rglob("*") if path.is_file()]
        assert {path.name for path in files} >= {"runs.sqlite3", "runs.sqlite3-wal", run_id}
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_directory_is_the_one_that_was_named(tmp_path):
    environ = {"DRYTUNE_STATE": str(tmp_path / "b")}
    assert state_directory(tmp_path / "a", environ) == tmp_path / "a"
    assert state_directory(None, environ) == tmp_path / "b"
    assert state_directory(None, {"DRYTUNE_STATE": " "}).name == "drytune"


def test_who_only_looks_makes_no_journal(tmp_path):
    with Journal.open(tmp_path / "none", empty=True) as journal:
        assert journal.runs() == ()
        assert journal.ratios("e", "m", "dpo", "chat") == ()
    assert not (tmp_path / "none").exists()


def test_its_repr_has_no_key(tmp_path):
    with Journal.open(tmp_path, known=["sk-very-secret-1"]) as journal:
        assert "secret" not in repr(journal) + repr(vars(journal))


def test_the_plan_of_a_log_is_the_one_that_was_begun(journal, plan, run_id):
    with journal.log(run_id[:9]) as log:
        assert log.id == run_id
        assert isinstance(log.plan, Plan)
        assert log.plan == plan
