"""Placeholders that stay the same, secrets that are learnt, and what users add."""

import base64
import threading
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import drytune
from drytune.cassettes.model import Asked, Exchange, Told
from drytune.cassettes.redaction import Redactor, places_in_text


@settings(max_examples=30)
@given(st.data())
def test_placeholders_are_stable(secrets, data):
    """The same secret is the same placeholder wherever it stands, and two have never the same."""
    redactor = Redactor()
    some = [secret.text for secret in secrets if secret.kind != "password"]
    drawn = data.draw(st.lists(st.sampled_from(some), min_size=1, max_size=12))
    names = {}
    for text in drawn:
        write = data.draw(
            st.sampled_from([str, lambda text: f"'{text}' is it", lambda text: quote(text, safe="")])
        )
        name = redactor.text(write(text)).strip("'").removesuffix("' is it")
        assert names.setdefault(text, name) == name
        assert redactor.text(name) == name
    assert len(set(names.values())) == len(names)


def test_each_kind_has_its_own(secrets):
    """So that a reader knows what was there."""
    shown = {secret.kind: Redactor().text(secret.text) for secret in secrets}
    assert (shown["openai"], shown["anthropic"]) == ("REDACTED-session-1", "sk-ant-REDACTED-1")
    assert (shown["org"], shown["user"], shown["github"]) == (
        "proj_REDACTED-1",
        "user-REDACTED-1",
        "REDACTED-github-1",
    )
    assert shown["password"].startswith("https://anna:REDACTED-password-1@")


def test_going_on_with_a_recording(openai_key):
    """New secrets get numbers behind those that stand there already."""
    old = Exchange(
        request=Asked(method="GET", uri="/", body=b"sk-REDACTED-7"),
        response=Told(status=200, body=b"org-REDACTED-2"),
    )
    redactor = Redactor()
    redactor.after([old])
    assert redactor.text(openai_key) == "sk-REDACTED-8"


def test_a_key_that_was_learnt():
    """Whatever it looks like, in every form, from then on."""
    key = "my local/key+1"
    redactor = Redactor()
    assert redactor.text(f"use {key}") == f"use {key}"
    redactor.learn(f" {key} ")
    assert redactor.text(f"use {key}") == "use REDACTED-1"
    for form in (quote(key, safe=""), quote(key), base64.b64encode(b"k: " + key.encode()).decode()):
        assert redactor.text(form) != form
        assert not list(places_in_text(redactor.text(form).encode(), redactor.also))


def test_words_that_are_no_keys():
    """``EMPTY``, and a placeholder that a replay sends as a key."""
    redactor = Redactor()
    for word in ("EMPTY", "none", "", "sk-REDACTED-1"):
        redactor.learn(word)
    assert redactor.text("EMPTY none sk-REDACTED-1") == "EMPTY none sk-REDACTED-1"
    with pytest.raises(drytune.UsageError, match="3 characters"):
        Redactor(known=["abc"])


def test_the_longest_of_two_known_ones():
    """One that begins as another does is replaced whole."""
    redactor = Redactor(known=["open", "open sesame"])
    assert redactor.text("open sesame, open") == "REDACTED-1, REDACTED-2"


def test_many_threads(secrets):
    """Share one redactor; each secret has one name all the same."""
    redactor = Redactor()
    told: list[tuple[str, ...]] = []

    def work() -> None:
        told.append(tuple(redactor.text(secret.text) for secret in secrets))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 6
    assert len(set(told)) == 1


def test_a_pattern():
    """Wherever it matches, in texts and in base64; the rest stays."""
    redactor = Redactor(patterns=[r"CUST-[0-9]{4}", r"(?i)project \w+"])
    assert (
        redactor.text("CUST-4711, CUST-12: Project Tiger") == "REDACTED-custom-1, CUST-12: REDACTED-custom-2"
    )
    inside = redactor.text(base64.b64encode(b"number CUST-4711 and more text").decode())
    assert base64.b64decode(inside) == b"number REDACTED-custom-1 and more text"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "no regular expression"),
        ("[a-", "no regular expression"),
        ("a{3", "cannot be used|characters"),
        (r"(?<=x)secret", "look-around"),
        (r"(a)\1", "backward references"),
        ("a*", "nothing at all"),
        ("", "nothing at all"),
        ("x" * 1001, "1001 characters"),
        ("(((a{1,999}){1,999}){1,999})", "repetitions"),
    ],
)
def test_a_pattern_that_cannot_be_used(pattern, why):
    """Is refused at once, before anything is asked, with the reason."""
    with pytest.raises(drytune.UsageError, match=why):
        Redactor(patterns=[pattern])


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|a)*b", r"(.*a){12}z", r"(x+x+)+y"])
def test_a_catastrophic_pattern_ends_quickly(pattern):
    """Where another engine would take longer than the world is old; were it not so, this test would not end."""
    text = "a" * 5_000 + "x" * 5_000 + "!"
    try:
        redactor = Redactor(patterns=[pattern])
    except drytune.UsageError:
        return
    assert redactor.text(text).endswith("!")
