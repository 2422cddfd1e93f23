"""`[tool.drytune]` in pyproject.toml, and what options make of it."""

import contextlib
import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune.config import KEYS, LEVELS, Config, known_rules, load_config, nearest, policy_of
from drytune.errors import UsageError
from drytune_simulator.dataset.tokens import ENCODINGS

ALL = """
[project]
name = "cats"

[tool.drytune]
model = "gpt-4o-mini"
method = "dpo"
as-of = 2026-01-31
epochs = 3
encoding = "o200k_base"
max-usd = 5
rates = {JPY = 150, EUR = 0.9}
strict = true

[tool.drytune.rules]
email-address = "off"
developer-role = "error"
"""


def write(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder, text):
    """The sentence about a table that cannot be, after the file's name."""
    path = write(folder, text)
    with pytest.raises(UsageError) as caught:
        load_config(folder)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert len(sentence.splitlines()) == 1
    return sentence.removeprefix(f"{path}: ")


def test_all_keys(tmp_path):
    """Each key has its type."""
    path = write(tmp_path, ALL)
    assert load_config(tmp_path) == Config(
        model="gpt-4o-mini",
        method="dpo",
        as_of=date(2026, 1, 31),
        epochs=3,
        encoding="o200k_base",
        max_usd=5.0,
        rates={"JPY": 150.0, "EUR": 0.9},
        strict=True,
        rules={"email-address": "off", "developer-role": "error"},
        file=path,
    )


def test_every_key_is_a_field():
    """The table's keys are the fields, in the spelling of TOML."""
    fields = [field.replace("_", "-") for field in Config.__struct_fields__]
    assert [*KEYS, "file"] == fields


def test_no_file(tmp_path):
    """A file without the table is not ours."""
    path = write(tmp_path, '[project]\nname = "drytune-user"\n')
    assert load_config(tmp_path).file != path


def test_a_folder_above(tmp_path):
    """The first file upwards that has the table counts; one without it is passed over."""
    outer = write(tmp_path, '[tool.drytune]\nmodel = "gpt-4o"\n')
    write(tmp_path / "a", '[tool.other]\nmodel = "x"\n')
    inside = tmp_path / "a" / "b" / "c"
    inside.mkdir(parents=True)
    assert load_config(inside).file == outer
    inner = write(tmp_path / "a" / "b", "[tool.drytune]\nepochs = 2\n")
    assert load_config(inside) == Config(epochs=2, file=inner)


def test_an_empty_table_ends_the_search(tmp_path):
    """A project may say that it wants nothing of what a folder above says."""
    write(tmp_path, '[tool.drytune]\nmodel = "gpt-4o"\n')
    inner = write(tmp_path / "a", "[tool.drytune]\n")
    assert load_config(tmp_path / "a") == Config(file=inner)


def test_the_current_directory(tmp_path, monkeypatch):
    """Nothing named means the current directory."""
    write(tmp_path, "[tool.drytune]\nepochs = 7\n")
    monkeypatch.chdir(tmp_path)
    assert load_config().epochs == 7


def test_a_named_file(tmp_path):
    """A file that is named is the only one that is looked at; it may have any name."""
    write(tmp_path, "[tool.drytune]\nepochs = 7\n")
    named = tmp_path / "strict.toml"
    named.write_text("[tool.drytune]\nstrict = true\n", encoding="utf-8")
    assert load_config(tmp_path, named) == Config(strict=True, file=named)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory."),
        (b"[project]\nname = 'x'\n", "has no table [tool.drytune]; add it, or leave --config out."),
        (b"[tool.drytune\n", "is not valid TOML: Expected ']'"),
        (b"# drytune \xff\n", "is not valid TOML: "),
    ],
)
def test_a_named_file_that_is_none(tmp_path, content, sentence):
    """A named file must be there, be TOML, and have the table."""
    path = tmp_path / "named.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load_config(tmp_path, path)
    assert str(caught.value).startswith(f"{path} {sentence}")


WRONG = [
    ('modle = "gpt-4o"', '[tool.drytune] has no key "modle"; did you mean model?'),
    ("max_usd = 5", '[tool.drytune] has no key "max_usd"; did you mean max-usd?'),
    ("zzz = 5", f'[tool.drytune] has no key "zzz"; known are {", ".join(KEYS)}.'),
    ("model = 5", "[tool.drytune] model is 5; it must be the name of a model."),
    ('model = ""', '[tool.drytune] model is ""; it must be the name of a model.'),
    ('model = "gpt-4.1-mino"', "[tool.drytune] model: Unknown model 'gpt-4.1-mino'; did you mean gpt-4.1-mini"),
    (
        'method = "dpoo"',
        '[tool.drytune] method is "dpoo"; it must be supervised, dpo or reinforcement; did you mean dpo?',
    ),
    ('as-of = "soon"', '[tool.drytune] as-of is "soon"; it must be a day, written 2026-01-31.'),
    ("as-of = 2026-01-31T10:00:00", "[tool.drytune] as-of is 2026-01-31 10:00:00; it must be a day"),
    ("epochs = 0", "[tool.drytune] epochs is 0; it must be a whole number from 1 to 50."),
    ("epochs = 51", "[tool.drytune] epochs is 51; it must be a whole number from 1 to 50."),
    ("epochs = 2.5", "[tool.drytune] epochs is 2.5; it must be a whole number from 1 to 50."),
    ("epochs = true", "[tool.drytune] epochs is true; it must be a whole number from 1 to 50."),
    ('encoding = "o200k"', '[tool.drytune] encoding is "o200k"; it must be o200k_base or cl100k_base'),
    ("max-usd = -1", "[tool.drytune] max-usd is -1; it must be a number of US dollars, 0 or more."),
    ("max-usd = nan", "[tool.drytune] max-usd is nan; it must be a number of US dollars, 0 or more."),
    ("max-usd = inf", "[tool.drytune] max-usd is inf; it must be a number of US dollars, 0 or more."),
    ("rates = 150", "[tool.drytune] rates is 150; it must be a table such as {JPY = 150}."),
    ("rates = {JPY = -1}", "[tool.drytune] rates.JPY is -1; it must be a number above 0"),
    ("rates = {yens = 150}", "[tool.drytune] rates: 'yens' is no currency"),
    ('strict = "yes"', '[tool.drytune] strict is "yes"; it must be true or false.'),
    ('rules = ["crlf"]', '[tool.drytune] rules is a list; it must be a table such as {email-address = "off"}.'),
    ('rules = {missing-asistant = "off"}', 'there is no rule "missing-asistant"; did you mean missing-assistant?'),
    ('rules = {blank_line = "off"}', 'there is no rule "blank_line"; did you mean blank-line?'),
    ('rules = {crlf = "of"}', 'rules.crlf is "of"; it must be off, error, warning or info; did you mean off?'),
    ("rules = {crlf = false}", "[tool.drytune] rules.crlf is false; it must be off, error, warning or info."),
    (f'model = "{"x" * 500}"', "[tool.drytune] model: "),
    ('method = "\\u001b[31m"', "[tool.drytune] method is \"'\\x1b[31m'\"; it must be"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "sentence"), WRONG)
def test_what_cannot_be(tmp_path, line, sentence):
    """A wrong key, code or value is a sentence with the file, the key, and the nearest that is known."""
    assert sentence in refusal(tmp_path, f"[tool.drytune]\n{line}\n")


def test_a_budget_of_nothing(tmp_path):
    """As with the option, 0 means that nothing may be spent."""
    write(tmp_path, "[tool.drytune]\nmax-usd = 0\n")
    assert load_config(tmp_path).max_usd == 0


@pytest.mark.parametrize("data", [b"name = 'caf\xe9'\n", ALL.encode("utf-16"), ALL.encode("utf-16-le")])
def test_the_nearest_file_is_text(tmp_path, data):
    """A file that is not UTF-8 may have the table, so it is not passed over, unless another is nearer."""
    path = tmp_path / "pyproject.toml"
    path.write_bytes(data)
    sentence = f"{path} is not valid TOML: it is not in UTF-8; save it in UTF-8."
    for folder in (tmp_path, tmp_path / "data"):
        folder.mkdir(exist_ok=True)
        with pytest.raises(UsageError) as caught:
            load_config(folder)
        assert str(caught.value) == sentence
    inner = write(tmp_path / "data", "[tool.drytune]\n")
    assert load_config(tmp_path / "data").file == inner


def test_a_directory_of_that_name(tmp_path):
    """A directory called pyproject.toml is told, unless a file is nearer."""
    path = tmp_path / "pyproject.toml"
    path.mkdir()
    with pytest.raises(UsageError) as caught:
        load_config(tmp_path)
    assert str(caught.value) == f"{path} is a directory; rename it, or name a file with --config."
    write(tmp_path / "data", '[project]\nname = "x"\n')
    assert load_config(tmp_path / "data").model is None


def test_the_table_must_be_one(tmp_path):
    """`tool.drytune` is a table."""
    assert refusal(tmp_path, '[tool]\ndrytune = "x"\n') == 'tool.drytune is "x"; it must be a table.'


def test_another_vendors_model(tmp_path):
    """With an encoding beside it, any model's name will do, as on the command line."""
    write(tmp_path, '[tool.drytune]\nmodel = "llama-4"\nencoding = "o200k_base"\n')
    assert load_config(tmp_path).model == "llama-4"


def test_all_encodings_can_be_named(tmp_path):
    """Those that tokens can be counted with."""
    for encoding in ENCODINGS:
        write(tmp_path, f'[tool.drytune]\nencoding = "{encoding}"\n')
        assert load_config(tmp_path).encoding == encoding


def test_every_rule_and_level_can_be_named(tmp_path):
    """The calendar's too."""
    for level in LEVELS:
        rules = "\n".join(f'{code} = "{level}"' for code in known_rules())
        write(tmp_path, f"[tool.drytune.rules]\n{rules}\n")
        assert load_config(tmp_path).rules == dict.fromkeys(known_rules(), level)


def test_a_day_in_quotes(tmp_path):
    """A day may be a date of TOML or a text."""
    write(tmp_path, '[tool.drytune]\nas-of = "2026-01-31"\n')
    assert load_config(tmp_path).as_of == date(2026, 1, 31)


def test_options_win():
    """What an option says of a rule counts, whatever the file says of it; other rules keep the file's level."""
    config = Config(rules={"crlf": "error", "blank-line": "info"})
    assert policy_of(config) == {"crlf": "error", "blank-line": "info"}
    assert policy_of(config, off=["crlf"]) == {"crlf": "off", "blank-line": "info"}
    assert policy_of(config, errors=["blank-line"], warnings=["crlf"]) == {
        "crlf": "warning",
        "blank-line": "error",
    }


def test_strict():
    """Every rule that warns of a file raises errors, save those that are named; the calendar and infos stay."""
    rules = known_rules()
    policy = policy_of(Config(rules={"blank-line": "warning"}), off=["crlf"], strict=True)
    assert policy.pop("crlf") == "off"
    assert policy.pop("blank-line") == "warning"
    assert set(policy.values()) == {"error"}
    warning = {
        code for code, rule in rules.items() if rule.severity == "warning" and rule.scope != "calendar"
    }
    assert set(policy) == warning - {"crlf", "blank-line"}
    assert policy_of(Config(strict=True)) == policy_of(Config(), strict=True)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"off": ["missing-asistant"]}, '--off missing-asistant: there is no rule "missing-asistant"; did'),
        ({"errors": ["x"]}, '--error x: there is no rule "x"; `drytune rules` lists them.'),
        ({"warnings": ["Crlf"]}, '--warning Crlf: there is no rule "Crlf"; did you mean crlf?'),
        ({"off": ["crlf"], "errors": ["crlf"]}, "crlf is named by --off and by --error; choose one of them."),
    ],
)  # fmt: skip
def test_wrong_options(options, sentence):
    """A code that is none, or two levels for one rule, is wrong use."""
    with pytest.raises(UsageError) as caught:
        policy_of(Config(), **options)
    assert str(caught.value).startswith(sentence)
    assert caught.value.exit_code == 2


def test_an_option_may_be_repeated():
    """Saying the same twice is no contradiction."""
    assert policy_of(Config(), off=["crlf", "crlf"]) == {"crlf": "off"}


@given(st.dictionaries(st.sampled_from(sorted(known_rules())), st.sampled_from(LEVELS)), st.booleans())
def test_policy_is_the_files_where_nothing_is_asked(rules, strict):
    """Law: without options, every rule that the file names has the file's level."""
    policy = policy_of(Config(rules=rules, strict=strict))
    assert {code: policy[code] for code in rules} == rules


@given(data=st.binary(max_size=200))
def test_any_bytes(tmp_path_factory, data):
    """Law: whatever a named file holds, there is a configuration, or an error of ours."""
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(b"[tool.drytune]\n" + data)
    with contextlib.suppress(UsageError):
        assert load_config(file=path).file == path


def test_nearest():
    """The nearest name ends a sentence; there may be none."""
    assert nearest("missing_asistant", known_rules()) == "; did you mean missing-assistant?"
    assert nearest("qqqqqq", known_rules()) == ""


def test_light_to_import(tmp_path):
    """A project without a table costs no TOML parser, no rules and no tokenizer."""
    write(tmp_path, '[project]\nname = "x"\n')
    heavy = [
        "tomllib",
        "difflib",
        "rich",
        "tiktoken",
        "quicktok",
        "drytune_simulator.dataset",
        "drytune.estimate",
    ]
    script = (
        "import sys, pathlib, drytune.config as c;"
        "c.load_config(pathlib.Path(sys.argv[1]));"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
