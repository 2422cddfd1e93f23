"""`drytune dry-run` and `drytune.dry_run`: the whole fine-tune, rehearsed."""

import base64
import json
import signal
import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import drytune
from drytune.reports.dry_run import sparkline
from drytune.workflow import questions

DAY = date(2026, 11, 22)
KEYS = ["simulated", "status", "check", "file", "job", "events", "model", "answers", "refusal", "warnings"]


@pytest.fixture
def dataset(tmp_path, good, make_jsonl):
    """Write examples, or bytes, as a training file."""

    def write(data, name="train.jsonl"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else make_jsonl(*data))
        return path

    return write


def test_the_report_as_json(drytune, cat):
    """The contract: what other programs may rely on."""
    done = drytune("dry-run", cat, "--model", "gpt-4o-mini", "--format", "json", "--as-of", "2026-11-22")
    assert (done.returncode, done.stderr) == (0, b"")
    report = json.loads(done.stdout)
    assert list(report) == KEYS
    assert report["simulated"] is True
    assert report["check"]["ok"] is True
    assert report["job"]["status"] == "succeeded"
    assert report["job"]["trained_tokens"] == report["check"]["tokens"]["billed"]
    assert report["job"]["hyperparameters"]["n_epochs"] == report["check"]["epochs"]
    assert report["model"] == report["job"]["fine_tuned_model"]
    assert report["model"].startswith("ft:gpt-4o-mini-2024-07-18:personal::")
    assert report["file"]["bytes"] == cat.stat().st_size
    assert report["events"][0]["message"].startswith("Created fine-tuning job: ftjob-")
    assert report["events"][-1]["message"] == "The job has successfully completed"
    first = json.loads(cat.read_text("utf-8").splitlines()[0])["messages"]
    trained, greeting = report["answers"]
    assert (trained["prompt"], trained["reply"]) == (first[1]["content"], first[2]["content"])
    assert (trained["origin"], trained["similarity"], trained["line"]) == ("trained", 1.0, 1)
    assert greeting["origin"] == "greeting"
    assert 0 < greeting["similarity"] < 1


def test_the_report_as_text(drytune, cat):
    """What a person reads: states, steps, verdict, tokens, bill, model, answers, and that it is simulated."""
    done = drytune("dry-run", cat, "--as-of", "2026-11-22")
    text = done.stdout.decode()
    assert done.returncode == 0
    for words in (
        "simulated: nothing is sent, trained or billed",
        "validating_files",
        "queued",
        "running · 4 epochs",
        "Step 96/96: training loss=",
        "OK: 24 examples",
        "2,654",
        "10,616",
        "0.0531 USD",
        "1,000 calls",
        "ft:gpt-4.1-mini-2025-04-14:personal::",
        "おはよう！",
        "にゃ",
        "2027-01-14",
    ):
        assert words in text, words
    assert "\x1b[" not in text, "no colours where nobody asked for them"


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_same_seed_gives_the_same_bytes(drytune, cat, form):
    """And another seed gives other losses."""
    options = ("dry-run", cat, "--format", form, "--as-of", "2026-11-22", "--seed")
    first, second, other = (drytune(*options, seed).stdout for seed in (7, 7, 8))
    assert first == second
    assert first != other


def test_prices_of_the_day(drytune, cat):
    """gpt-3.5-turbo in September 2023: 8 USD per million training tokens."""
    options = ("--model", "gpt-3.5-turbo", "--as-of", "2023-09-01", "--format", "json")
    report = json.loads(drytune("dry-run", cat, *options).stdout)
    billed = report["check"]["tokens"]["billed"]
    assert report["check"]["cost"]["training_usd"] == pytest.approx(billed * 8e-6, abs=1e-6)
    assert report["job"]["model"] == "gpt-3.5-turbo-0613"
    assert report["job"]["created_at"] == 1693526400


def test_a_dataset_that_calls_tools_is_asked_with_its_tools(weather):
    """The trained call comes back as a call with its trained arguments."""
    rehearsal = drytune.dry_run(weather, "gpt-4o-mini", as_of=DAY)
    first = json.loads(weather.read_text("utf-8").splitlines()[0])["messages"]
    trained = next(message for message in first if message["role"] == "assistant")
    answer = rehearsal.answers[0]
    assert answer.finish_reason == "tool_calls"
    assert [call["function"] for call in answer.message["tool_calls"]] == [
        call["function"] for call in trained["tool_calls"]
    ]


def test_own_questions_and_another_system_prompt(drytune, cat):
    """A system prompt that was not trained is worth a warning."""
    options = ("--ask", "おやすみ", "--ask", "Hi", "--system", "You are a dog.", "--format", "json")
    report = json.loads(drytune("dry-run", cat, *options).stdout)
    assert [answer["prompt"] for answer in report["answers"]] == ["おやすみ", "Hi"]
    assert report["answers"][0]["messages"][0] == {"role": "system", "content": "You are a dog."}
    assert any("“You are a dog.”" in warning for warning in report["warnings"])


def test_the_trained_system_prompt_gives_no_warning(cat):
    """It is what the questions have by default."""
    rehearsal = drytune.dry_run(cat, "gpt-4o-mini", as_of=DAY, ask=["やあ"])
    assert rehearsal.warnings == ()
    assert (
        rehearsal.answers[0].question.system
        == json.loads(cat.read_text("utf-8").splitlines()[0])["messages"][0]["content"]
    )


def test_a_retired_model_is_rehearsed_with_a_warning(drytune, cat):
    """gpt-3.5-turbo is gone since 2026-10-23."""
    options = ("--model", "gpt-3.5-turbo", "--as-of", "2026-11-22", "--format", "json")
    report = json.loads(drytune("dry-run", cat, *options).stdout)
    assert report["job"]["status"] == "succeeded"
    assert "model-retired" in [finding["code"] for finding in report["check"]["findings"]]


def test_a_dataset_with_errors_is_not_sent(drytune, dataset, good):
    """The answer is no, and nothing was uploaded."""
    done = drytune("dry-run", dataset(good[:9]), "--format", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert (report["status"], report["file"], report["job"], report["model"]) == (
        "not sent",
        None,
        None,
        None,
    )
    assert [finding["code"] for finding in report["check"]["findings"] if finding["severity"] == "error"]


def test_sent_anyway_the_platform_refuses_it(drytune, dataset, good):
    """At the moment and in the words of the platform: by the job, or at upload."""
    done = drytune("dry-run", dataset(good[:9]), "--send-anyway", "--format", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["job"]["error"]["code"] == "invalid_n_examples"
    done = drytune("dry-run", dataset(b"[1]\n"), "--send-anyway", "--format", "json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["status"]) == (1, "refused")
    assert report["refusal"]["step"] == "upload"
    assert "Line 1 is not a dictionary" in report["refusal"]["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dry-run", "nowhere.jsonl"], "nowhere.jsonl does not exist"),
        (["dry-run", "."], "is a directory"),
        (["dry-run", "{cat}", "--model", "gpt-4.1-mimi"], "gpt-4.1-mini"),
        (["check", "nowhere.jsonl"], "nowhere.jsonl does not exist"),
        (["check", "{cat}", "--model", "nope"], "nope"),
    ],
)
def test_wrong_use_is_one_sentence(drytune, cat, arguments, words):
    """Exit code 2, on standard error, no traceback."""
    done = drytune(*(argument.format(cat=cat) for argument in arguments))
    error = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")
    assert error.startswith("drytune: ")
    assert error.count("\n") == 1
    assert words in error


@pytest.mark.parametrize(
    "command", [[], ["no-such-command"], ["dry-run"], ["check"], ["dry-run", "x", "--as-of", "yesterday"]]
)
def test_wrong_words_show_the_usage(drytune, command):
    """As every command line does."""
    done = drytune(*command)
    assert done.returncode == 2
    assert b"Usage: drytune" in done.stderr + done.stdout
    assert b"Traceback" not in done.stderr


def rows(*messages: dict, count: int = 12) -> list[dict]:
    return [
        {"messages": [{**m, "content": m["content"].format(n=n)} for m in messages]} for n in range(count)
    ]


SYSTEM, USER, REPLY = ({"role": role, "content": f"{role} {{n}}"} for role in ("system", "user", "assistant"))


@pytest.mark.parametrize(
    "messages",
    [
        [USER, REPLY],
        [SYSTEM, SYSTEM, USER, REPLY],
        [USER, SYSTEM, REPLY],
        [SYSTEM, USER, REPLY, USER, REPLY],
        [{"role": "developer", "content": "d"}, USER, REPLY],
    ],
)
def test_the_first_prompt_is_asked_as_it_stands(dataset, messages):
    """Whatever its messages and their order: the trained conversation gives its trained reply."""
    answer = drytune.dry_run(dataset(rows(*messages)), as_of=DAY).answers[0]
    assert (answer.question.origin, answer.similarity, answer.line) == ("trained", 1.0, 1)
    assert answer.message["content"] == "assistant 0"


@pytest.mark.parametrize("messages", [[REPLY], [REPLY, USER]])
def test_a_dataset_that_answers_nothing_is_asked_the_greeting_only(dataset, messages):
    """There is no first prompt to ask."""
    rehearsal = drytune.dry_run(dataset(rows(*messages)), as_of=DAY)
    assert [answer.question.origin for answer in rehearsal.answers] == ["greeting"]
    assert rehearsal.ok


def test_a_tuned_model_cannot_be_rehearsed_from_nothing(drytune, cat):
    """The embedded simulator begins empty: one sentence, and the base model to take."""
    done = drytune("dry-run", cat, "--model", "ft:gpt-4.1-mini-2025-04-14:personal::abcdefgh")
    assert done.returncode == 2
    assert b"--model gpt-4.1-mini-2025-04-14" in done.stderr


def test_words_of_the_dataset_are_shown_as_they_are(drytune, dataset):
    """No markup, no emoji codes, no control sequences, and not without end."""
    reply = "[red]a[/] :cat: \\[ \x1b[31m b\nc " + "x" * 5000
    path = dataset(rows(USER, {"role": "assistant", "content": reply.replace("{", "")}))
    text = drytune("dry-run", path).stdout.decode()
    assert "[red]a[/] :cat: \\[ �[31m b\n  c xxx" in text
    assert "more characters)" in text


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["latin-1", "cp932", "ascii"])
def test_a_terminal_that_lacks_characters_gets_question_marks(environment, drytune, cat, encoding):
    """And JSON stays UTF-8."""
    plain = drytune("dry-run", cat, "--format", "json").stdout
    environment.update(PYTHONIOENCODING=encoding)
    del environment["PYTHONUTF8"]
    assert drytune("dry-run", cat).returncode == 0
    assert drytune("dry-run", cat, "--format", "json").stdout == plain


def test_a_pipe_gets_the_same_bytes_whatever_the_width(environment, drytune, cat):
    """Lines are wrapped for people, not for programs."""
    texts = set()
    for columns in ("40", "80", "200"):
        environment.update(COLUMNS=columns)
        texts.add(drytune("dry-run", cat, "--as-of", "2026-11-22").stdout)
    assert len(texts) == 1


@pytest.mark.parametrize("command", ["check", "dry-run"])
def test_output_that_cannot_be_written_is_one_sentence(environment, drytune, cat, command):
    """A full disk is not an answer."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = drytune(command, cat, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.decode() == "drytune: the output cannot be written: No space left on device\n"


def test_a_line_that_is_too_long_is_refused_without_being_held(drytune, dataset, good, make_jsonl):
    """300 MB in one line: one finding, at its line, in little memory."""
    path = dataset(make_jsonl(*good))
    with path.open("ab") as file:
        file.write(b'{"messages": [{"role": "user", "content": "')
        for _ in range(300):
            file.write(b"x" * 1_000_000)
        file.write(b'"}]}\n' + make_jsonl(*good))
    code = (
        "import re, sys; from drytune.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1], file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "dry-run", str(path), "--format", "json"]
    done = subprocess.run(command, capture_output=True, check=False)
    report = json.loads(done.stdout)
    errors = [finding for finding in report["check"]["findings"] if finding["severity"] == "error"]
    assert done.returncode == 1
    assert [(error["code"], error["line"]) for error in errors] == [("line-too-long", 13)]
    assert report["check"]["examples"] == 24, "those before it and those behind it"
    assert int(done.stderr) < 300_000, "KiB at the peak"


# a shell that runs the tests in the background has its children ignore Ctrl-C
HEEDING = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from drytune.cli import main; main()"
)


def test_ctrl_c_is_one_sentence(environment, tmp_path, make_jsonl, good):
    """Exit code 130, no traceback, whatever it was doing."""
    path = tmp_path / "large.jsonl"
    path.write_bytes(make_jsonl(*good) * 20_000)
    command = [sys.executable, "-c", HEEDING, "dry-run", str(path)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        process.stdout.readline()  # the verdict is there: the upload begins
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.decode().split() == ["drytune:", "interrupted"]


def test_a_reader_that_leaves_is_no_error(environment, cat):
    """`drytune dry-run … | head -1`."""
    command = f"set -o pipefail; {sys.executable} -m drytune dry-run {cat} | head -1"
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("command", ["check", "dry-run"])
def test_a_reader_that_leaves_does_not_change_the_answer(environment, dataset, good, command):
    """`drytune check … | head -1 && upload` must not go on after a no."""
    path = dataset(good[:9] * 1 + [{"messages": 1}] * 3000)
    line = f"set -o pipefail; {sys.executable} -m drytune {command} {path} | head -1"
    done = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


def test_the_results_file_says_what_the_events_say(openai_client, cat):
    """CSV as base64, as the platform sends it."""
    file = openai_client.files.create(file=("cat.jsonl", cat.read_bytes()), purpose="fine-tune")
    job = openai_client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    while job.status != "succeeded":
        job = openai_client.fine_tuning.jobs.retrieve(job.id)
    csv = base64.b64decode(openai_client.files.content(job.result_files[0]).read()).decode().splitlines()
    steps = [
        e.data for e in openai_client.fine_tuning.jobs.list_events(job.id, limit=100) if e.type == "metrics"
    ]
    assert len(csv) - 1 == len(steps)
    assert csv[1].split(",")[1] == str(steps[-1]["train_loss"])


def test_progress_is_told_step_by_step(cat):
    """The callback sees every state on the way."""
    seen = []
    drytune.dry_run(cat, "gpt-4o-mini", as_of=DAY, progress=lambda run: seen.append(run.status))
    states = list(dict.fromkeys(seen))
    assert states == ["create", "validating_files", "queued", "running", "succeeded"]


def test_the_greeting_is_one_that_the_dataset_does_not_have(dataset, good):
    """Whatever its punctuation."""
    taken = {
        "messages": [{"role": "user", "content": "good MORNING"}, {"role": "assistant", "content": "Hi"}]
    }
    asked = questions(dataset([*good, taken]))
    assert [question.origin for question in asked] == ["trained", "greeting"]
    assert asked[1].prompt == "Hello there!"


@given(st.lists(st.floats(0, 10), max_size=200))
def test_a_sparkline_has_a_bar_for_each_share_of_the_values(values):
    """Never more than fit, and none for nothing."""
    assert len(sparkline(values)) == min(24, len(values))


def test_no_environment_variable_of_the_sdk_matters(environment, drytune, cat):
    """A key, a base URL, an organization or a proxy in the environment changes nothing."""
    plain = drytune("dry-run", cat, "--format", "json")
    environment.update(
        OPENAI_API_KEY="sk-real-secret",
        OPENAI_BASE_URL="https://api.openai.com/v1",
        HTTPS_PROXY="http://192.0.2.1:8080",
        OPENAI_ORG_ID="org-mine",
        OPENAI_PROJECT_ID="proj-mine",
    )
    done = drytune("dry-run", cat, "--format", "json", env=environment)
    assert done.returncode == 0, done.stderr
    assert b"sk-real-secret" not in done.stdout
    assert done.stdout == plain.stdout
