"""Nothing matches: the sentence names the nearest recording and the field that differs."""

import json
import logging

import openai
import pytest

from drytune.cassettes.redaction import Redactor
from drytune.clients import simulated
from drytune.handlers.replay import Replay

CHAT = "/v1/chat/completions"


def chat(*texts: str, **more: object) -> dict:
    return {"model": "m", "messages": [{"role": "user", "content": text} for text in texts], **more}


def test_it_names_the_exchange_the_place_and_both_values(make_cassette, make_exchange, refused):
    replay = Replay(
        make_cassette(*(make_exchange("POST", CHAT, chat(text)) for text in ("Bye", "Hi", "What?")))
    )
    said = refused(replay, "POST", CHAT, chat("Hi!"))
    assert said == (
        "nothing recorded answers POST /v1/chat/completions: nearest is exchange 2, which differs at "
        "/messages/0/content: recorded 'Hi', asked 'Hi!'"
    )
    assert replay.unmatched == [said]


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        (chat("Hi", n=2), "at /n: recorded nothing, asked 2"),
        (chat("Hi", "there"), 'at /messages/1: recorded nothing, asked {"role":"user","content":"there"}'),
        (chat(), 'at /messages/0: recorded {"role":"user","content":"Hi"}, asked nothing'),
        ({**chat("Hi"), "model": ["a"]}, "at /model: recorded 'm', asked [\"a\"]"),
        (
            {"messages": chat("Hi")["messages"], "a/b": 1},
            "at /model: recorded 'm', asked nothing (and in 1 more place)",
        ),
        (b"Hi", "in its body: recorded {"),
    ],
)
def test_places(make_cassette, make_exchange, refused, asked, where):
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat("Hi"))))
    assert f"nearest is exchange 1, which differs {where}" in refused(replay, "POST", CHAT, asked)


def test_a_long_text_is_shown_around_the_place_where_it_differs(make_cassette, make_exchange, refused):
    begin, end = "Once upon a time, " * 400, " and so on" * 400
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat(f"{begin}one cat{end}"))))
    said = refused(replay, "POST", CHAT, chat(f"{begin}two cats{end}"))
    assert "recorded …', Once upon a time, one cat and so on" in said
    assert "asked …', Once upon a time, two cats and so on" in said
    assert len(said) < 400


def test_the_query_counts(make_cassette, make_exchange, refused):
    replay = Replay(make_cassette(make_exchange("GET", "/v1/files?limit=2")))
    assert "differs at ?limit: recorded '2', asked '3'" in refused(replay, "GET", "/v1/files?limit=3")
    assert "differs at ?limit: recorded '2', asked nothing" in refused(replay, "GET", "/v1/files")


def test_another_path_or_method(make_cassette, make_exchange, refused):
    replay = Replay(
        make_cassette(
            make_exchange("GET", "/v1/models"),
            make_exchange("GET", "/v1/files/file-1"),
            make_exchange("DELETE", "/v1/files/file-12"),
        )
    )
    said = refused(replay, "DELETE", "/v1/files/file-13")
    assert said.endswith("nearest is exchange 3 (DELETE /v1/files/file-12), which has another path")
    assert refused(replay, "HEAD", "/v1/models").endswith("nearest is exchange 1, which is asked with GET")
    assert "exchange 2 (GET /v1/files/file-1)" in refused(replay, "GET", "/v1/files/file-9")


def test_an_empty_cassette(make_cassette, refused):
    assert refused(Replay(make_cassette()), "GET", "/v1/models").endswith("the cassette is empty")


def test_no_secret_is_told(make_cassette, make_exchange, refused):
    secret = "sk-" + "proj-" + "Zx9" * 16
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat("the key is known"))))
    for text in (f"the key is {secret}", "the key is " + "x" * 1990 + secret):
        said = refused(replay, "POST", CHAT, chat(text))
        assert secret[8:20] not in said
    assert "REDACTED" in refused(replay, "POST", CHAT, chat(f"the key is {secret}"))
    mine = Replay(make_cassette(make_exchange("POST", CHAT, chat("Hi"))), redactor=Redactor(["M[0-9]+"]))
    said = refused(mine, "POST", CHAT, chat("agent M77007"))
    assert "M77007" not in said


def test_it_is_logged(make_cassette, refused, caplog):
    with caplog.at_level(logging.WARNING, "drytune"):
        said = refused(Replay(make_cassette()), "GET", "/v1/models")
    assert caplog.messages == [said]


def test_what_is_nested_far_too_deep_is_refused_all_the_same(make_cassette, make_exchange, refused):
    deep = b'{"a":' * 400 + b"1" + b"}" * 400
    replay = Replay(
        make_cassette(make_exchange("POST", CHAT, deep), make_exchange("POST", CHAT, b"[" * 9000))
    )
    assert "nearest is exchange 1" in refused(replay, "POST", CHAT, deep.replace(b"1", b"2"))


def test_the_sdk_raises_it_at_once(make_cassette, make_exchange):
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat("Hi"))))
    with pytest.raises(openai.InternalServerError, match="differs at /messages/0/content") as caught:
        simulated(replay).chat.completions.create(**chat("Hello"))
    assert (caught.value.code, caught.value.type, caught.value.param) == (
        "no_recording",
        "drytune_error",
        "/messages/0/content",
    )
    assert len(replay.unmatched) == 1  # it was not tried again


def test_many_unmatched_do_not_fill_the_memory(make_cassette, ask):
    replay = Replay(make_cassette())
    for number in range(1100):
        ask(replay, "GET", f"/v1/models/{number}")
    assert len(replay.unmatched) == 1000
    assert json.dumps(replay.unmatched[0])
