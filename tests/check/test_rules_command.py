"""`drytune rules`: the list, the pages, and docs/rules; and that what the pages show is true."""

import json
import re
import typing

import pytest
from rich.console import Console

from drytune.checking import check
from drytune.config import known_rules
from drytune.reports.rules import GRADES, SCOPES, page_lines, page_of, pages, rules_lines
from drytune.reports.rules_markdown import markdown_files, write_markdown
from drytune.rule_examples import EXAMPLES
from drytune_simulator.catalog import find
from drytune_simulator.dataset import judge
from drytune_simulator.dataset.finding import Effect
from drytune_simulator.dataset.rules.registry import Scope

RULES = known_rules()


def found(case, folder):
    """The findings about a case, as `drytune check` tells them."""
    if case.as_of is not None or case.max_usd is not None:
        path = folder / case.filename
        path.write_bytes(case.content())
        return check(path, case.model, method=case.method, as_of=case.as_of, max_usd=case.max_usd).findings
    return judge(
        case.content(),
        model=find(case.model),
        method=case.method,
        filename=case.filename,
        validation=case.validation,
        grader=case.grader,
        response_format=case.response_format,
        limits=case.limits,
    ).findings


def test_every_rule_has_an_example():
    """A rule that comes later must bring its own."""
    assert set(EXAMPLES) == set(RULES)


@pytest.mark.parametrize("code", RULES)
def test_bad_examples_are_bad(code, tmp_path):
    """In the bad example the rule finds something."""
    assert code in {finding.code for finding in found(EXAMPLES[code].bad, tmp_path)}


@pytest.mark.parametrize("code", RULES)
def test_good_examples_are_good(code, tmp_path):
    """In the good example it finds nothing, and nothing else is an error."""
    findings = found(EXAMPLES[code].good, tmp_path)
    assert [one for one in findings if one.code == code or one.severity == "error"] == []


def test_everything_is_in_words():
    """Each scope, effect and grade that rules have is told in words."""
    assert set(SCOPES) == set(typing.get_args(Scope))
    listed = pages()
    assert {page.effect for page in listed} == set(typing.get_args(Effect))
    for page in listed:
        assert page.summary.endswith(".")
        assert page.does.startswith("The platform ")
        assert page.mend.endswith((".", ")"))
        letters = set(re.findall(r"\(([A-Z])\)", page.source))
        assert letters == set(page.grades) <= set(GRADES)
        assert not re.search(r"\{[a-z]+\}", "".join(words.text for words in page.says))


@pytest.mark.parametrize("code", RULES)
def test_pages_are_safe_to_print(code):
    """Control characters of examples are spelled out; no line is endless."""
    for line in page_lines(page_of(code)):
        assert line.isprintable()
        assert len(line) < 1000


def test_a_page():
    """All that is known about a rule, in the order in which one asks."""
    text = "\n".join(page_lines(page_of("misplaced-weight")))
    parts = [
        "misplaced-weight: Only messages of the assistant have a weight.",
        "severity: error",
        "looks at: a message",
        "effect:   The platform takes the file, and a job with it fails.",
        "source:   in the style of FACTS.md §4.5 (I)",
        "I: inferred; nobody is known to have seen it",
        'Example N, message M contains an extra "weight".',
        "Bad:",
        '{"role": "user", "content": "Hello", "weight": 0}',
        "Good:",
        "To mend it: Remove it",
        "--fix OUT:  The weight is removed",
        "drytune check --off misplaced-weight FILE",
        "[tool.drytune.rules]",
        'misplaced-weight = "off"',
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_words_at_upload_come_first():
    """A line that is no JSON has two wordings: the upload's, and that of a job whose file got past it."""
    first, second = page_of("trailing-comma").says
    assert first.text.startswith("Expected file to have JSONL format")
    assert second.text == "Example N cannot be parsed. Error: line contains invalid json: …"
    assert {first.grade, second.grade} == {"R"}


def test_what_fix_does():
    """A page says whether `--fix` mends what the rule finds."""
    assert "--fix OUT:  The line is removed." in page_lines(page_of("blank-line"))
    assert "--fix OUT:  leaves it, since no repair is surely right." in page_lines(
        page_of("missing-assistant")
    )


def test_the_list_in_a_pipe(drytune):
    """One line a rule: code, severity, effect, what it demands."""
    done = drytune("rules")
    lines = done.stdout.decode().splitlines()
    assert (done.returncode, done.stderr) == (0, b"")
    assert [line.split()[0] for line in lines] == [page.code for page in pages()]
    by_code = {line.split()[0]: line for line in lines}
    assert re.fullmatch(
        r"missing-assistant +error +the job fails +At least one message is .*", by_code["missing-assistant"]
    )


def test_the_list_on_a_terminal():
    """People see what the rules look at as headings."""
    lines = list(rules_lines(pages(), headings=True))
    assert lines[0] == "A line"
    assert "\nA message" in lines
    assert sum(line.startswith("  ") for line in lines) == len(RULES)


def test_a_page_of_the_command(drytune):
    """The page of one rule, without colours in a pipe."""
    done = drytune("rules", "missing-assistant")
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == list(page_lines(page_of("missing-assistant")))


def test_eighty_columns():
    """Nothing in a page is taken for markup, and it wraps between words."""
    console = Console(width=80, record=True, file=open("/dev/null", "w"), color_system=None)  # noqa: PTH123, SIM115
    with console.file:
        from rich.text import Text

        for line in page_lines(page_of("crlf")):
            console.print(Text(line))
        text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "[tool.drytune.rules]" in text


def test_json(drytune):
    """For other programs: a list of pages, or one."""
    listed = json.loads(drytune("rules", "--format", "json").stdout)
    assert [page["code"] for page in listed] == [page.code for page in pages()]
    page = json.loads(drytune("rules", "crlf", "--format", "json").stdout)
    assert page in listed
    assert list(page) == [
        "code", "summary", "why", "scope", "severity", "effect", "does", "source", "grades", "says", "bad", "good",
        "mend", "fix",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing-asistant"], 'drytune: there is no rule "missing-asistant"; did you mean missing-assistant?\n'),
        (["BLANK_LINE"], 'drytune: there is no rule "BLANK_LINE"; did you mean blank-line?\n'),
        (["qqqqq"], 'drytune: there is no rule "qqqqq"; `drytune rules` lists them.\n'),
        (["crlf", "--markdown", "x"], "drytune: --markdown writes the pages of all rules; leave the code out.\n"),
    ],
)  # fmt: skip
def test_wrong_use(drytune, arguments, sentence):
    """An unknown code is told with the nearest, and exits with 2."""
    done = drytune("rules", *arguments)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", sentence)


def test_markdown(drytune, tmp_path):
    """All pages as files, and an index that leads to each."""
    done = drytune("rules", "--markdown", tmp_path / "a" / "rules")
    assert done.returncode == 0
    files = {path.name: path.read_bytes().decode() for path in (tmp_path / "a" / "rules").iterdir()}
    assert files == markdown_files()
    links = set(re.findall(r"\]\(([a-z0-9-]+\.md)\)", files["README.md"]))
    assert links == set(files) - {"README.md"} == {f"{code}.md" for code in RULES}


def test_markdown_leaves_other_files(tmp_path):
    """A folder may hold more."""
    (tmp_path / "mine.md").write_text("mine")
    written = write_markdown(tmp_path)
    assert len(written) == len(RULES) + 1
    assert (tmp_path / "mine.md").read_text() == "mine"


def test_docs_are_up_to_date(root):
    """docs/rules is what `drytune rules --markdown docs/rules` makes of the code."""
    there = {path.name: path.read_bytes().decode() for path in (root / "docs" / "rules").glob("*.md")}
    expected = markdown_files()
    stale = sorted(name for name in there | expected if there.get(name) != expected.get(name))
    assert stale == [], (
        "run `drytune rules --markdown docs/rules`, and remove the pages of rules that are gone"
    )
