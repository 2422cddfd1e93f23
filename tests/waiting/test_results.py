"""What a job has left behind: events, checkpoints, the results file."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune.workflow.effects import Reply
from drytune.workflow.results import fetch_checkpoints, fetch_events, fetch_results, results_text, rows

OPENAI = (
    "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,2.5,0.4,,\n2,1.5,0.6,1.75,0.5\n"
)
AZURE = (
    "step,train_loss,train_mean_token_accuracy,valid_loss,validation_mean_token_accuracy,full_valid_loss,"
    "full_valid_mean_token_accuracy\n1,2.5,0.4,-1.0,-1.0,,\n2,1.5,0.6,1.75,0.5,1.7,0.55\n"
)
EVENTS, CHECKPOINTS = "/fine_tuning/jobs/ftjob-1/events", "/fine_tuning/jobs/ftjob-1/checkpoints"


def folded(data):
    """Base64 with line breaks, as some tools write it."""
    return base64.encodebytes(data.encode())


@pytest.mark.parametrize("text", [OPENAI, AZURE])
def test_base64_and_plain_are_the_same_text(text):
    """A results file may come plain, in base64 of one line or many, unpadded, with marks, or in UTF-16."""
    raw = text.encode()
    packed = base64.b64encode(raw)
    marked = b"\xef\xbb\xbf"
    forms = [raw, packed, folded(text), packed.rstrip(b"="), packed + b"\n", marked + raw, marked + packed]
    forms += [base64.b64encode(marked + raw), text.encode("utf-16")]
    assert {results_text(form) for form in forms} == {text}


def test_columns_of_both_platforms_have_the_names_of_events():
    """OpenAI's and Azure's columns are read by the same names; what no loss can be is none."""
    openai, azure = rows(OPENAI), rows(AZURE)
    assert openai[0] == {
        "step": 1.0, "train_loss": 2.5, "train_mean_token_accuracy": 0.4, "valid_loss": None,
        "valid_mean_token_accuracy": None,
    }  # fmt: skip
    assert {name: azure[1][name] for name in openai[1]} == openai[1]
    assert azure[0]["valid_loss"] is None
    assert azure[0]["full_valid_loss"] is None


def test_a_reward_may_be_below_nothing():
    """Of rewards, any finite number is one."""
    text = "Step, train_mean_reward ,full_valid_mean_reward\r\n1,-0.5,nan\r\n2,inf,x\r\n\r\n"
    assert rows(text) == [
        {"step": 1.0, "train_mean_reward": -0.5, "full_valid_mean_reward": None},
        {"step": 2.0, "train_mean_reward": None, "full_valid_mean_reward": None},
    ]


@pytest.mark.parametrize(
    "text", ["", "step,train_loss\n", "<html>no</html>", "a,b\n" + "x" * 200_000 + ",1\n", '"']
)
def test_what_holds_no_figures(text):
    """What is no results file has no rows, and is no error."""
    assert [row for row in rows(text) if row.get("step") is not None] == []


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_have_a_text(data):
    """Any file can be read; nothing in it is an exception."""
    rows(results_text(data))


def test_lines_that_are_short_or_long():
    """Missing cells are no figures; more cells than columns are passed over."""
    assert rows("step,train_loss\n1\n2,0.5,9\n") == [
        {"step": 1.0, "train_loss": None},
        {"step": 2.0, "train_loss": 0.5},
    ]


def test_the_results_are_kept_as_text(make_run, api):
    """The first results file that has figures is kept, whatever stands before it."""
    files = ["file-1", {"id": "file/2"}, None]
    platform = api(
        {"/files/file-1/content": 404, "/files/file%2F2/content": base64.b64encode(OPENAI.encode())}
    )
    run = platform.do(fetch_results(make_run("succeeded", job={"result_files": files}), platform.asked))
    assert run.results == OPENAI
    assert [call.raw for call in platform.calls] == [True, True]


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (404, "the results file file-1 could not be fetched: 404 no such thing"),
        (b"<html>", "the results file file-1 holds no figures"),
        (Reply(200, None), "the results file file-1 could not be fetched: 200"),
    ],
)
def test_results_that_cannot_be_had_are_a_note(make_run, api, answer, note):
    """A file that cannot be had does not spoil the run; it is said once."""
    platform = api({"/files/file-1/content": answer})
    run = make_run("succeeded", job={"result_files": ["file-1"]})
    for _ in range(2):
        run = platform.do(fetch_results(run, platform.asked))
    assert run.notes == (note,)


@pytest.mark.parametrize("files", [[], None, "file-1"])
def test_without_results_nothing_is_asked(make_run, api, files):
    """A job without results files needs no request."""
    platform = api({})
    run = make_run("failed", job={"result_files": files})
    assert platform.do(fetch_results(run, platform.asked)) == run


def listed(entries, size=20):
    """A list as the platform pages it, newest first."""

    def answer(call):
        after = call.query.get("after")
        names = [entry["id"] for entry in entries]
        begin = 0 if after is None else names.index(after) + 1
        end = begin + min(size, int(call.query["limit"]))
        return {"object": "list", "data": entries[begin:end], "has_more": end < len(entries)}

    return answer


def test_all_events_come_once_and_in_order(make_run, api):
    """All pages are fetched at first; later only as far as there is something new."""
    events = [{"id": f"e{number}", "message": str(number)} for number in range(250)]
    platform = api({EVENTS: listed(events[:130][::-1])})
    run = platform.do(fetch_events(make_run(), platform.asked))
    assert list(run.events) == events[:130]
    assert len(platform.calls) == 7
    platform = api({EVENTS: listed(events[::-1])})
    run = platform.do(fetch_events(run, platform.asked))
    assert list(run.events) == events
    assert len(platform.calls) == 7
    platform = api({EVENTS: listed(events[::-1])})
    assert platform.do(fetch_events(run, platform.asked)) is run
    assert len(platform.calls) == 1


def test_a_server_that_knows_no_pages_is_asked_twice_at_most(make_run, api):
    """A server that always gives the same page, and says that there is more, does not hold a run up."""
    page = {"data": [{"id": "e2"}, {"id": "e1"}, "no event"], "has_more": True}
    platform = api({EVENTS: page})
    run = platform.do(fetch_events(make_run(), platform.asked))
    assert [event["id"] for event in run.events] == ["e1", "e2"]
    assert len(platform.calls) == 2
    nameless = api({EVENTS: {"data": [{"message": "b"}, {"message": "a"}], "has_more": True}})
    run = nameless.do(fetch_events(make_run(), nameless.asked))
    assert nameless.do(fetch_events(run, nameless.asked)).events == ({"message": "a"}, {"message": "b"})


@pytest.mark.parametrize("answer", [404, {"data": None}, [], None, "no"])
def test_a_platform_without_events(make_run, api, answer):
    """Some servers have jobs and no events: a note, once."""
    platform = api({EVENTS: lambda _: answer})
    run = make_run()
    for _ in range(2):
        run = platform.do(fetch_events(run, platform.asked))
    assert run.events == ()
    assert len(run.notes) == 1


def test_checkpoints_by_their_steps(make_run, api):
    """All pages, the first step first; a platform without any is a note, and has none."""
    found = [{"id": f"c{step}", "step_number": step} for step in (300, 100, 200)]
    platform = api({CHECKPOINTS: listed(found, size=2)})
    run = platform.do(fetch_checkpoints(make_run("succeeded"), platform.asked))
    assert [one["step_number"] for one in run.checkpoints] == [100, 200, 300]
    platform = api({CHECKPOINTS: 404})
    run = platform.do(fetch_checkpoints(make_run("succeeded"), platform.asked))
    assert run.checkpoints == ()
    assert run.notes == ("the job's checkpoints could not be fetched: 404 no such thing",)


def test_without_a_job_nothing_is_asked(make_run, api):
    """There is nothing to fetch before there is a job."""
    import msgspec

    platform, run = api({}), msgspec.structs.replace(make_run(), remote=None)
    for fetch in (fetch_events, fetch_results, fetch_checkpoints):
        assert platform.do(fetch(run, platform.asked)) == run


def test_an_api_that_fails_to_tell_is_a_note(make_run):
    """What a job tells besides its state does not end the run; one note, however the words differ."""
    from drytune.workflow.context import Stopped

    words = iter("abcdef")

    def away(call):
        raise Stopped(f"the API gave no answer to {call.path} ({next(words)})", answered=True)
        yield

    def do(script):
        with pytest.raises(StopIteration) as end:
            next(script)
        return end.value.value

    run = make_run("succeeded", job={"result_files": ["file-1"]})
    for fetch in (fetch_events, fetch_events, fetch_results, fetch_checkpoints):
        run = do(fetch(run, away))
    assert [note.partition(":")[0] for note in run.notes] == [
        "the job's events could not be fetched",
        "the results file file-1 could not be fetched",
        "the job's checkpoints could not be fetched",
    ]


def test_an_api_that_is_not_there_ends_the_run_for_now(make_run):
    """So that a resume fetches all of it."""
    from drytune.workflow.context import Stopped

    def away(call):
        raise Stopped("the API gave no answer")
        yield

    run = make_run("succeeded", job={"result_files": ["file-1"]})
    for fetch in (fetch_events, fetch_results, fetch_checkpoints):
        with pytest.raises(Stopped):
            next(fetch(run, away))
