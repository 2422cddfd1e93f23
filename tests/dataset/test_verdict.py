"""The verdict on a file: merged from its blocks, the same for check, upload and job."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune_simulator.catalog import find, models
from drytune_simulator.dataset import Facts, Lens, blocks, facts_of, inspect_upload, judge, merge
from drytune_simulator.dataset.facts import MAX_FINDINGS

MODEL = find("gpt-4.1-mini")
USER = {"role": "user", "content": "Hello"}
REPLY = {"role": "assistant", "content": "Meow"}


def example(*messages, **more):
    return json.dumps({"messages": list(messages), **more}, ensure_ascii=False).encode()


GOOD = example(USER, REPLY)

_lines = st.one_of(
    st.just(GOOD),
    st.builds(lambda system: example({"role": "system", "content": system}, USER, REPLY), st.text(max_size=3)),
    st.sampled_from([b"", b" \t", b"[]", b"{", b"\xff", b"{}", b"null", example(USER), b"\xef\xbb\xbf" + GOOD,
                     example(USER, {"role": "bot"}), example({**USER, "content": "cat " * 40}, REPLY),
                     example({**USER, "content": [{"type": "image_url", "image_url": {"url": "x"}}]}, REPLY)]),
    st.binary(max_size=8),
)  # fmt: skip
_files = st.lists(_lines, max_size=14).map(b"\n".join)


def facts(data, **sizes):
    return [facts_of(block, Lens("o200k_base", 30)) for block in blocks(data, **sizes)]


@given(_files, st.integers(1, 60))
@settings(deadline=None)
def test_cutting_a_file_anywhere_changes_nothing(data, block_bytes):
    """However a file is cut into blocks, the merged facts are those of the whole."""
    assert merge(facts(data, block_bytes=block_bytes)) == merge(facts(data))


@given(_files, _files, _files)
@settings(deadline=None)
def test_facts_add_up(one, two, three):
    """Addition is associative, and no facts at all are its identity."""
    a, b, c = (merge(facts(data)) for data in (one, two, three))
    assert (a + b) + c == a + (b + c) == merge([a, b, c])
    assert a + Facts() == a == Facts() + a


@given(st.one_of(st.binary(), _files))
@settings(deadline=None, max_examples=200)
def test_any_bytes_have_a_verdict(data):
    """No bytes raise; accepted means that the upload passes and the job succeeds; every error has a place."""
    verdict = judge(io.BytesIO(data), model=MODEL)
    refusal = inspect_upload(data, "training.jsonl")
    assert verdict.ok == (verdict.job_failure is None)
    assert verdict.ok <= (refusal is None)
    refused = {finding.code for finding in verdict.findings if finding.effect == "refused-at-upload"}
    assert (refusal is not None) == bool(refused)
    assert refusal is None or refusal.code in refused
    lines = data.count(b"\n") + 1
    assert all(finding.line is None or 1 <= finding.line <= lines for finding in verdict.findings)
    json.dumps([finding.to_dict() for finding in verdict.findings], ensure_ascii=False).encode()


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2) | st.text(max_size=3) | st.sampled_from(["user", "assistant"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["role", "content", "weight", "name", "tool_calls", "id", "type", "function",
                                       "arguments", "function_call", "refusal", "text", "tool_call_id"]), inner),
    max_leaves=20,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(["messages", "tools", "functions", "x"]), st.lists(_values, max_size=4) | _values
    )
)
@settings(deadline=None, max_examples=200)
def test_any_shape_has_a_verdict(value):
    """JSON of any shape is judged; the job fails exactly if there is an error."""
    verdict = judge(b"\n".join([GOOD] * 9 + [json.dumps(value).encode()]), model=MODEL)
    errors = {finding.code for finding in verdict.findings if finding.severity == "error"}
    assert (verdict.job_failure is not None) == bool(errors)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([GOOD] * 9, "Training file has 9 example(s), but must have at least 10 examples"),
        ([GOOD] * 7 + [b""], "Training file has 7 example(s), but must have at least 10 examples"),
    ],
)
def test_too_few(lines, message):
    """Ten examples are needed; blank lines are none."""
    verdict = judge(b"\n".join(lines), model=MODEL)
    assert (verdict.job_failure.code, verdict.job_failure.message) == ("invalid_n_examples", message)
    assert "too-few-examples" in {finding.code for finding in verdict.findings}


def test_format_comes_before_the_number_of_examples():
    """With both wrong the job names the format."""
    verdict = judge(example(USER), model=MODEL)
    assert verdict.job_failure.code == "invalid_file_format"
    assert {finding.code for finding in verdict.findings} == {"missing-assistant", "too-few-examples"}


@pytest.mark.parametrize(
    ("data", "filename", "code", "message"),
    [
        (GOOD, "cat.txt", "wrong-extension", "Invalid file format for Fine-Tuning API. Must be .jsonl"),
        (GOOD, "jsonl", "wrong-extension", "Invalid file format for Fine-Tuning API. Must be .jsonl"),
        (GOOD, "d.jsonl/cat", "wrong-extension", "Invalid file format for Fine-Tuning API. Must be .jsonl"),
        (
            b'{"prompt": "a",\n"completion": "b"}',
            "cat.jsonl",
            "invalid-json",
            (
                "Expected file to have JSONL format, "
                "where every line is a JSON dictionary. Line 1 is not a dictionary "
                '(HINT: line starts with: "{"p...").'
            ),
        ),
        (
            b"\n".join([GOOD] * 6 + [b"[]", GOOD]),
            "cat.jsonl",
            "top-level-array",
            (
                "Expected file to have JSONL format, "
                "where every line is a JSON dictionary. Line 7 is not a dictionary "
                '(HINT: line starts with: "[]...").'
            ),
        ),
        (b"", "cat.jsonl", "empty-file", None),
        (b" \n\n", "cat.jsonl", "empty-file", None),
    ],
)
def test_upload_refuses(data, filename, code, message):
    """The upload endpoint refuses another extension, an empty file, and lines that are no JSON objects."""
    refusal = inspect_upload(data, filename)
    assert (refusal.status, refusal.code) == (400, code)
    assert message is None or refusal.message == message
    assert refusal.reason
    assert code in {finding.code for finding in judge(data, model=MODEL, filename=filename).findings}


@pytest.mark.parametrize(
    ("data", "filename", "purpose"),
    [
        (b"{}", "cat.jsonl", "fine-tune"),
        (b"\xef\xbb\xbf{}\r\n\n{}", "dir/CAT.JSONL", "fine-tune"),
        (b"\xff", "cat.png", "vision"),
        (b"", "cat.txt", "user_data"),
    ],
)
def test_upload_accepts(data, filename, purpose):
    """What the objects hold is looked at later, and files for other purposes are not looked at here."""
    assert inspect_upload(io.BytesIO(data), filename, purpose) is None


def cats(count):
    """A text of so many tokens."""
    return " cat" * count


def test_a_file_as_long_as_the_cookbooks():
    """Five examples of 26 to 8,032 tokens: 4,306 billable, 20 epochs, 86,120 in all (FACTS.md §5.2)."""
    model = find("gpt-3.5-turbo-0613")
    totals = [45, 111, 28, 26, 8032]
    data = b"\n".join(
        example({"role": "user", "content": cats(total - 15)}, {"role": "assistant", "content": cats(4)})
        for total in totals
    )
    verdict = judge(data, model=model)
    assert verdict.tokens.total == sum(totals)
    assert verdict.tokens.assistant == 20
    assert verdict.facts.billable == 4306
    assert (verdict.epochs, verdict.tokens.billed) == (20, 86_120)
    assert (verdict.facts.longest.tokens, verdict.facts.longest.line) == (8032, 5)
    assert [finding.line for finding in verdict.findings if finding.code == "example-truncated"] == [5]


def test_epochs_as_asked():
    """The job's epochs win over those of `auto`."""
    data = b"\n".join([GOOD] * 10)
    assert judge(data, model=MODEL).epochs == 10
    assert judge(data, model=MODEL, n_epochs=3).tokens.billed == 3 * judge(data, model=MODEL).tokens.total


PAIR = {"input": {"messages": [USER]}, "preferred_output": [REPLY],
        "non_preferred_output": [{"role": "assistant", "content": "Woof"}]}  # fmt: skip
FORMS = {
    "chat": {"messages": [USER, REPLY]},
    "preference": PAIR,
    "reinforcement": {"messages": [USER], "reference": "Meow"},
    "completion": {"prompt": "Hello", "completion": " Meow"},
}


def ten(form):
    """Ten lines of a form."""
    return b"\n".join([json.dumps(FORMS[form]).encode()] * 10)


@pytest.mark.parametrize(
    ("form", "model", "method"),
    [
        ("chat", "gpt-4.1-mini", "supervised"),
        ("preference", "gpt-4.1-mini", "dpo"),
        ("reinforcement", "o4-mini", "reinforcement"),
        ("completion", "babbage-002", "supervised"),
    ],
)
def test_the_form_tells_the_method(form, model, method):
    """Each form is accepted where the model is tuned so, without being named."""
    verdict = judge(ten(form), model=find(model))
    assert (verdict.method, verdict.form, verdict.job_failure) == (method, form, None)
    assert verdict.ok


@pytest.mark.parametrize("model", [m for m in models() if m.methods], ids=lambda model: model.id)
@pytest.mark.parametrize("method", ["supervised", "dpo", "reinforcement"])
@pytest.mark.parametrize("form", FORMS)
def test_a_method_takes_one_form(form, method, model):
    """Any other form, and a method by which the model is not tuned, is told once for the file."""
    verdict = judge(ten(form), model=model, method=method)
    expected = {"dpo": "preference", "reinforcement": "reinforcement"}.get(method)
    expected = expected or ("chat" if model.data_format == "chat" else "completion")
    codes = {finding.code for finding in verdict.findings}
    same = form == expected or (form, expected) == ("chat", "reinforcement")
    assert ("wrong-format" in codes) == (not same)
    assert ("method-not-supported" in codes) == (method not in model.methods)
    assert verdict.ok == verdict.accepted == (method in model.methods and form == expected)


def test_the_recorded_words_for_a_chat_file_in_a_job_by_preference():
    """FACTS.md §4.5."""
    failure = judge(ten("chat"), model=MODEL, method="dpo", file_id="file-X").job_failure
    assert (failure.code, failure.message) == (
        "invalid_training_file",
        (
            "The job failed due to an invalid training file. Invalid file format. Input file file-X is in the "
            "fine-tune-chat format, but the specified fine-tuning job is not using 'supervised' as the training"
            " method (provided method=dpo). "
        ),
    )


def test_prompts():
    """System prompts are counted, and the first question is known."""
    data = b"\n".join(
        [
            example({"role": "system", "content": "A"}, {"role": "user", "content": "first"}, REPLY),
            example({"role": "system", "content": "B"}, USER, REPLY),
            example({"role": "system", "content": "A"}, USER, REPLY),
            example(USER, REPLY),
        ]
    )
    prompts = judge(data, model=MODEL).facts.prompts
    assert (prompts.system, prompts.first_system, prompts.first_user) == ({"A": 2, "B": 1}, "A", "first")


def test_findings_are_bounded():
    """A file with nothing but errors keeps so many, counts all, and still names the first."""
    data = b"[]\n" * (MAX_FINDINGS + 5)
    verdict = judge(data, model=MODEL)
    assert verdict.facts.error_count == MAX_FINDINGS + 5
    assert (len(verdict.findings), verdict.omitted) == (MAX_FINDINGS, 5)
    assert verdict.job_failure.message.endswith("Example 1 is not a dictionary")


def test_blank_lines_are_bounded():
    """A file with nothing but line feeds keeps so many findings, and counts all lines."""
    data = b"\n" * (MAX_FINDINGS + 5) + GOOD
    facts = judge(data, model=MODEL).facts
    assert (facts.lines, facts.rows, facts.note_count) == (MAX_FINDINGS + 6, 1, MAX_FINDINGS + 5)
    assert [finding.line for finding in facts.notes] == list(range(1, MAX_FINDINGS + 1))


def test_the_first_failure_is_found_behind_many_warnings():
    """However many there are."""
    odd = example(USER, {"role": "assistant", "content": " "})
    data = b"\n".join([odd] * (MAX_FINDINGS + 1) + [example(USER)])
    failure = judge(data, model=MODEL).job_failure
    assert f"Example {MAX_FINDINGS + 2}, key" in failure.message


@pytest.mark.parametrize("level", ["off", "warning", "info"])
def test_a_policy_changes_what_is_told_and_not_what_happens(level):
    """A rule that is turned off, or lowered, still makes the job fail: the platform does not read it."""
    data = b"\n".join([GOOD] * 10 + [example(USER)])
    verdict = judge(data, model=MODEL, policy={"missing-assistant": level, "duplicate-example": "off"})
    assert verdict.ok
    assert not verdict.accepted
    assert [finding.severity for finding in verdict.findings] == ([] if level == "off" else [level])


def test_a_warning_may_be_raised_to_an_error():
    """Then the verdict is no, and the job succeeds all the same."""
    verdict = judge(b"\n".join([GOOD] * 10), model=MODEL, policy={"duplicate-example": "error"})
    assert ([finding.code for finding in verdict.errors], verdict.accepted) == (["duplicate-example"], True)


@pytest.mark.parametrize("policy", [{}, {"top-level-array": "off"}, {"top-level-array": "info"}])
def test_counts_do_not_depend_on_the_cut(policy):
    """However many lines are refused, each is counted under its rule, as the policy wants it."""
    lens = Lens("o200k_base", policy=policy)
    data = b"[]\n" * (MAX_FINDINGS + 500)
    (whole,) = [facts_of(block, lens) for block in blocks(data)]
    parts = merge(facts_of(block, lens) for block in blocks(data, block_bytes=999))
    expected = {} if policy.get("top-level-array") == "off" else {"top-level-array": MAX_FINDINGS + 500}
    assert whole.codes == parts.codes == expected
    assert (whole.error_count, whole.note_count) == (parts.error_count, parts.note_count)


def test_the_first_findings_by_lines_are_kept():
    """A truncated example is found after all else; its line comes first all the same."""
    rows = [example({**USER, "content": "cat " * 50}, REPLY)] + [example(USER, {**REPLY, "content": " "})] * (
        MAX_FINDINGS + 5
    )
    facts_of_all = merge(facts(b"\n".join(rows), block_bytes=1 << 24))
    assert facts_of_all.notes[0].code == "example-truncated"
    assert facts_of_all == merge(facts(b"\n".join(rows)))


def test_sizes_are_exact():
    """With and without a line feed at the end."""
    for data in (b"", b"{}", b"{}\n", b"{}\n\n", b"\n", b"x" * 99):
        assert merge(facts(data)).size == len(data)
        assert merge(facts(data, block_bytes=2)).size == len(data)


def test_a_partial_verdict_says_nothing_of_the_whole():
    """A file that was only begun is not called empty or short."""
    from drytune_simulator.dataset.question import question
    from drytune_simulator.dataset.verdict import conclude

    asked = question(None, model=MODEL)
    assert conclude(Facts(), asked, filename="x.jsonl", partial=True).findings == ()
    assert not conclude(Facts(), asked, filename="x.jsonl").ok


def test_tasks_are_known_by_their_looks():
    """A model that is not tuned by reinforcement gets one error that names what to do."""
    rows = [{"messages": [{"role": "user", "content": f"{n}?"}], "answer": str(n)} for n in range(10)]
    data = "\n".join(map(json.dumps, rows)).encode()
    assert judge(data, model=find("o4-mini")).ok
    (error,) = judge(data, model=MODEL).errors
    assert (error.code, "o4-mini" in error.hint) == ("wrong-format", True)


def test_a_graders_faults_are_of_reinforcement_only():
    """No other job has one."""
    data = b"\n".join([GOOD] * 10)
    assert judge(data, model=MODEL, grader={"type": "x"}).accepted
    assert not judge(ten("reinforcement"), model=find("o4-mini"), grader={"type": "x"}).accepted
    response = {"type": "nonsense"}
    assert not judge(ten("reinforcement"), model=find("o4-mini"), response_format=response).accepted


def test_a_validation_file_is_called_so():
    """In the words of its failure, too."""
    data = b"\n".join([GOOD] * 9 + [example(USER)])
    failure = judge(data, model=MODEL, is_validation=True).job_failure
    assert failure.param == "validation_file"
    assert failure.message.startswith("The job failed due to a file format error in the validation file.")


def test_a_text_on_which_tiktoken_gives_up_is_counted():
    """A letter that only tiktoken may count, and a million spaces, on which its pattern overflows."""
    odd = example(USER, {**REPLY, "content": "\u0c5c" + " " * 1_000_000 + "x"})
    assert judge(b"\n".join([odd, *[GOOD] * 10]), model=MODEL).tokens.total > 1000


def test_what_is_said_of_a_whole_file_is_counted_too():
    """Of 1,500 groups of copies 1,000 are listed, and the others are told as omitted."""
    rows = [example({**USER, "content": f"Number {number}"}, REPLY) for number in range(1_500)]
    verdict = judge(b"\n".join(rows + rows), model=MODEL)
    assert verdict.facts.codes == {"duplicate-example": 1_500}
    assert (len(verdict.findings), verdict.omitted) == (1_000, 500)
