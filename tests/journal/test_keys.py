"""A key in use gets into no journal, in any case and however it is written."""

import base64
import json
from urllib.parse import quote

import pytest

from drytune.errors import Refused
from drytune.workflow.journal import Journal
from drytune.workflow.journal_forms import Keys

KEY = "sk-proj-Very/Secret+Key=0123456789"
OTHERS = "sk-proj-abcdefghijklmnop0123456789"


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SPELLINGS = {
    "as it is": KEY,
    "in capitals": KEY.upper(),
    "in small letters": KEY.lower(),
    "in a sentence": f"Incorrect API key provided: {KEY}.",
    "in percent": quote(KEY, safe=""),
    "all in percent": "".join(f"%{ord(letter):02x}" for letter in KEY),
    "with escapes": "".join(f"\\u{ord(letter):04x}" for letter in KEY),
    "in base64": base64_of(KEY),
    "in base64 behind one letter": base64_of("x" + KEY),
    "in base64 behind two letters": base64_of("xy" + KEY + "z"),
    "in base64 in capitals": base64_of(KEY.upper()),
    "in base64 for addresses": base64.urlsafe_b64encode(f"Bearer {KEY}".encode()).decode().rstrip("="),
    "in base64 of JSON": base64_of(json.dumps({"key": KEY})),
    "in base64 twice": base64_of(base64_of("user:" + KEY)),
    "in JSON in a string": json.dumps(json.dumps({"key": KEY})),
}


def is_in(text: str) -> bool:
    """Looks for the key in other ways than the code does."""
    for _ in range(3):
        if KEY.lower() in text.lower():
            return True
        for word in text.replace('"', " ").replace("\\", " ").split():
            for start in range(4):
                piece = word[start:].replace("-", "+").replace("_", "/")
                piece = piece[: len(piece) // 4 * 4]
                try:
                    decoded = base64.b64decode(piece).decode("latin-1")
                except ValueError:
                    continue
                if KEY.lower() in decoded.lower():
                    return True
        text = base64_again(text)
    return False


def base64_again(text: str) -> str:
    pieces = []
    for word in text.replace('"', " ").split():
        try:
            pieces.append(base64.b64decode(word + "=" * (-len(word) % 4)).decode("ascii"))
        except ValueError:
            continue
    return " ".join(pieces)


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_key_is_hidden_however_it_is_written(spelling):
    keys = Keys([KEY])
    hidden = keys.hidden({"message": f"before {spelling} after", "others": [1, None, spelling]})
    assert not is_in(json.dumps(hidden))
    assert KEY.lower() not in json.dumps(hidden).lower()
    assert hidden["message"].startswith("before ")
    assert hidden["message"].endswith(" after")
    assert keys.hidden(hidden) is hidden


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_no_byte_of_the_files_has_it(tmp_path, plan, having, spelling):
    """The log beside the file has earlier versions of its pages, so it counts, too."""
    with Journal.open(tmp_path, known=[KEY]) as journal, journal.log(journal.begin(plan)) as log:
        number = log.begin("create", said=spelling, **{"a " + spelling: 1})
        log.end(number, "lost", having(log.run, stopped=spelling, notes=(f"a {spelling} b",)), why=spelling)
        log.keep(
            having(
                log.run, events=({"message": spelling},), remote={"id": "x", "error": {"message": spelling}}
            )
        )
        assert not is_in(repr(log.run) + repr(log.attempts()))
        data = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    wanted = spelling.lower().encode()
    assert wanted not in data.lower()
    assert json.dumps(spelling).lower().encode() not in data.lower()
    assert not is_in(data.decode("latin-1"))


def test_what_only_looks_like_a_key_stays():
    """Prompts are sent again after a resume, and must be the same."""
    told = {"prompt": f"Is {OTHERS} a key? Bearer {OTHERS}", "password": "hunter2-hunter2-3"}
    keys = Keys([KEY])
    assert keys.hidden(told) is told


def test_short_words_are_no_keys():
    told = {"text": "none of it is EMPTY"}
    assert Keys(["none", "EMPTY", "", "   "]).hidden(told) is told


def test_numbers_are_no_keys():
    """A key of digits alone must not spoil a time that has the same digits."""
    told = {"created_at": 1712345678, "text": "1712345678"}
    hidden = Keys(["12345678"]).hidden(told)
    assert hidden == {"created_at": 1712345678, "text": "17REDACTED-1"}


@pytest.mark.parametrize("key", ["REDACTED-1", "redacted", "ACTED-1RED"])
def test_a_key_that_looks_like_the_placeholder_ends_the_looking(key):
    assert Keys([key]).hidden(f"x {key} y") != f"x {key} y"


def test_a_key_that_is_learned_later_is_hidden_from_then_on(journal, run_id, having):
    journal.hide(KEY)
    with journal.log(run_id) as log:
        log.keep(having(log.run, stopped=KEY))
        assert log.run.stopped == "REDACTED-1"


def test_a_plan_with_the_key_in_it_is_not_begun(tmp_path, make_plan):
    """It could not be done from what is kept of it."""
    with Journal.open(tmp_path, known=[KEY]) as journal:
        with pytest.raises(Refused, match="key") as refused:
            journal.begin(make_plan(warnings=(f"see {KEY}",)))
        assert not is_in(str(refused.value))
        assert journal.runs() == ()
