"""Files that are no cassettes any more: a sentence that says where, and never a traceback."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune.cassettes.checksum import checksum
from drytune.cassettes.errors import CassetteError
from drytune.cassettes.files import dumps, load, loads, save, seal_again
from drytune.cassettes.model import FORMAT, Cassette
from drytune.errors import UsageError


def told(data: bytes | str) -> str:
    with pytest.raises(CassetteError) as caught:
        loads(data.encode() if isinstance(data, str) else data, "broken.yaml")
    message = str(caught.value)
    assert message.startswith("broken.yaml")
    assert "\n" not in message
    return message


NO_CASSETTES = {
    "": "empty",
    "  \n\n": "empty",
    "# nothing\n": "holds no interactions",
    "just words": "holds no interactions",
    "a: 1\n": "has no interactions",
    "{}": "has no interactions",
    "[1, 2]": "a list",
    "- request: {}\n": "vcr.migration",
    "interactions: 3\n": "are 3 and no list",
    "interactions: {a: 1}\n": "are a mapping and no list",
    "interactions:\n- 3\n": "exchange 1: it is 3 and no mapping",
    "interactions:\n- {}\n": "exchange 1: request is missing",
    "interactions:\n- {request: {method: GET, uri: /}}\n": "exchange 1: response is missing",
    "interactions: [\n": "line 2",
    "interactions:\n- a: b: c\n": "line 2",
    "interactions: \t- a\n": "line 1",
    "interactions: *nowhere\n": r"line 1: \*nowhere refers to nothing",
    "interactions: &a [*a]\n": r"line 1: \*a refers to nothing",
    "interactions: []\ninteractions: []\n": "line 2: the name 'interactions' stands here for the second time",
    "interactions: []\n---\ninteractions: []\n": "line 2: a second document",
    "interactions: [!!binary '?']\n": "line 1: this is no base64",
    "? [a]\n: 1\n": "line 1: a list or a mapping stands where a name should be",
    "interactions: !!python/object/apply:os.system [ls]\n": "line 1: a cassette holds no values of the type",
    "interactions: !!set {a}\n": "line 1: a cassette holds no values of the type !!set",
    "interactions:\n- request: !!python/object:vcr.request.Request {}\n": "line 2: .*vcr.migration",
    "interactions: []\nversion: 2\n": "version 2, and drytune reads version 1: upgrade",
    '{"interactions": [': "line [12].*as JSON",
    "interactions: [" + "[" * 300 + "]" * 300 + "]": "more than 200 deep",
    "[" * 100_000: "deep|depth",
}


@pytest.mark.parametrize("text", NO_CASSETTES, ids=lambda text: repr(text[:40]))
def test_what_is_no_cassette(text):
    assert re.search(NO_CASSETTES[text], told(text))


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\xfa",
        b"interactions:\n- \xff\n",
        b"interactions:\n- '\0'\n",
        b"\x89PNG\r\n\x1a\n\0",
        b'{"a": "\xff"}',
    ],
)
def test_what_is_no_text(data):
    assert told(data)


def test_a_bomb_of_references_goes_off_nowhere():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    assert "references stand for more than" in told(bomb + "interactions: []\n")


# ---- one exchange of a good file, changed

CHANGES = [
    ("method: POST", "method: [POST]", "exchange 1: request.method is a list"),
    ("method: POST", "method: 'P O'", "request.method is a text and no HTTP method"),
    ("    uri: https", "    url: https", "exchange 1: request.uri is missing"),
    ("code: 200", "code: fine", "exchange 1: response.status.code is a text and no HTTP status"),
    ("code: 200", "code: 2000", "is 2000 and no HTTP status"),
    ("code: 200", "code: true", "is True and no HTTP status"),
    ("content-type: [application/json]", "content-type: [{a: b}]", "request.headers.content-type is a mapping"),
    ("headers:\n      content-type: [app", "headers: 7\n    x:\n      y: [app", "headers is 7 and no mapping"),
    ("status: {code: 200, message: OK}", "status: OK", "response.status is a text and no mapping"),
    ("at: 0.0", "at: soon", "exchange 1: drytune.at: Expected float.*got str"),
    ("at: 0.0", "at: .nan", "seconds are neither negative nor infinite"),
    ("wait: 0.25", "wait: -1.0", "seconds are neither negative nor infinite"),
    ("wait: 0.25", "weight: 0.25", "unknown field weight"),
    ("[22, 1.0e-05]", "[23, 1.0e-05]", "exchange 2: drytune.chunks add up to 45 bytes and .* has 44"),
    ("[22, 1.0e-05]", "[22]", "exchange 2: drytune.chunks"),
    ("[[22, 1.0e-05], [22, 0.125]]", "[[-22, 1.0e-05], [66, 0.125]]", "fewer than 0 bytes"),
    ("size: 3", "size: -3", "exchange 3: .*fewer than 0 bytes"),
    ("size: 3", "size: many", r"exchange 3: drytune.parts\[0\].size: Expected int"),
    ("iVBORw0KGgoA/w==", "iVBORw0KGgoA/w=", "line 62: this is no base64"),
]  # fmt: skip


@pytest.mark.parametrize(("was", "becomes", "message"), CHANGES, ids=[change[2][:60] for change in CHANGES])
def test_damage_by_hand_is_named(cassette, was, becomes, message):
    good = dumps(cassette).decode()
    assert was in good
    assert re.search(message, told(good.replace(was, becomes, 1)))


def test_a_damaged_header(cassette):
    good = dumps(cassette).decode()
    for was, becomes, message in (
        (
            "provenance: recorded",
            "provenance: invented",
            "its header is damaged: Invalid enum value 'invented'",
        ),
        ("  format: 1\n", "  format: one\n", "drytune.format should be 1"),
        ("  format: 1\n", "", "drytune.format should be 1"),
        ("  checksum: '", "  checksum: [a]\n  title: '", "drytune.checksum is no text"),
        ("drytune:\n", "drytune: 3\nmore:\n", "no mapping"),
    ):
        assert message in told(good.replace(was, becomes, 1))


@pytest.mark.parametrize(
    "change",
    [("  format: 1\n", f"  format: {FORMAT + 1}\n"), ("  format: 1\n", "  format: 1\n  mood: good\n")],
)
def test_a_cassette_of_a_newer_version(cassette, change):
    newer = dumps(cassette).decode().replace(*change, 1).replace("drytune: '0.1.0'", "drytune: '7.5'")
    assert "written by drytune 7.5; upgrade drytune" in told(newer)


def test_wherever_a_file_is_cut_it_is_told(cassette):
    whole = dumps(cassette)
    for end in range(0, len(whole) - 1, 7):
        assert told(whole[:end])


@settings(max_examples=200)
@given(st.data())
def test_whatever_happens_to_a_file_it_is_told_in_a_sentence(data):
    whole = _WHOLE
    at = data.draw(st.integers(0, len(whole)))
    upto = data.draw(st.integers(at, min(len(whole), at + 20)))
    changed = (
        whole[:at]
        + data.draw(st.binary(max_size=8) | st.sampled_from([b"\n", b": ", b"- ", b"*a", b"&a ", b"!!int "]))
        + whole[upto:]
    )
    try:
        read = loads(changed, "x")
    except CassetteError:
        return
    assert read == Cassette(name="x")


_WHOLE = dumps(Cassette())


# ---- changed, and meant


def test_a_changed_cassette_is_told_and_sealing_accepts_it(tmp_path, cassette):
    file = tmp_path / "scenario.yaml"
    save(file, cassette)
    file.write_bytes(file.read_bytes().replace(b"It''s Hi", b"Hello"))
    with pytest.raises(CassetteError, match=r"was changed since it was recorded: .*`drytune cassette seal"):
        load(file)
    assert b"Hello" in load(file, strict=False).exchanges[0].response.body
    assert seal_again(file) == load(file)


def test_a_cassette_of_drytune_without_its_checksum_was_changed(tmp_path, cassette):
    """Without that line a change would not be seen; what another tool made has none."""
    file = tmp_path / "scenario.yaml"
    save(file, cassette)
    text = file.read_text("utf-8")
    file.write_text("".join(line for line in text.splitlines(True) if "checksum:" not in line), "utf-8")
    with pytest.raises(CassetteError, match=r"was changed .*checksum is missing.*`drytune cassette seal"):
        load(file)
    assert seal_again(file) == load(file)
    assert file.read_text("utf-8") == text
    assert loads(b"version: 1\ninteractions: []\n").exchanges == ()


def test_another_layout_of_the_same_is_no_change(cassette):
    written = dumps(cassette)
    for style in ({"default_flow_style": True}, {"sort_keys": True, "width": 20}, {"canonical": True}):
        read = loads(yaml.safe_dump(yaml.safe_load(written), **style).encode())
        assert checksum(read) == checksum(cassette)


def test_every_change_of_meaning_is_one(cassette):
    written = dumps(cassette).decode()
    for was, becomes in (
        ("provenance: recorded", "provenance: documented"),
        ("method: POST", "method: PUT"),
        ("accept: [application/json]", "accept: [text/plain]"),
        ("at: 1.5", "at: 1.25"),
        ("wait: 0.5", "wait: 0.25"),
        ("    interrupted: true\n", ""),
        ("0.125", "0.25"),
        ("filename: a", "filename: b"),
        ("iVBORw0KGgoA/w==", "iVBORw0KGgoA/g=="),
    ):
        assert "was changed" in told(written.replace(was, becomes, 1))


def test_a_foreign_file_is_sealed_into_another_one(tmp_path, cassette):
    foreign = tmp_path / "browser.har"
    foreign.write_text('{"log": {"version": "1.2", "entries": []}}')
    with pytest.raises(UsageError, match="into which file"):
        seal_again(foreign)
    assert seal_again(foreign, tmp_path / "mine.yaml") == load(tmp_path / "mine.yaml")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="There is no cassette"):
        load(tmp_path / "nowhere.yaml")
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path)
