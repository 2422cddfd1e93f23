"""What a client makes up anew in each run stands for what it made up when it was recorded."""

import json

import pytest

from drytune.cassettes.model import Exchange
from drytune.handlers.matching.made import looks_made
from drytune.handlers.replay import Replay

CHAT, FILES = "/v1/chat/completions", "/v1/files"
ONE, TWO, THREE = (f"{n}f1d2c3b-4a59-4687-9a0b-1c2d3e4f5a6{n}" for n in (1, 2, 3))
MINE, YOURS, THEIRS = (f"{n}0a0b0c0-d0e0-4f00-8a1b-2c3d4e5f6a7{n}" for n in (7, 8, 9))


def chat(run: object, text: str = "Hi", **more: object) -> dict:
    return {"model": "m", "messages": [{"role": "user", "content": text}], "metadata": {"run": run}, **more}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE, MINE),
        (ONE.upper(), MINE.upper()),
        (f"run-{ONE}", f"run-{MINE}"),
        (f"data/{ONE}.jsonl", f"data/{MINE}.jsonl"),
        ("0123456789abcdef", "fedcba9876543210"),
        ("run-0123456789abcdef0123", "run-fedcba98765432100000"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01BX5ZZKBKACTAV9WEVGEMMVRZ"),
        ("tmpx8_a1b2c", "tmpzzzzzzzz"),
        ("2026-11-25", "2027-01-01"),
        ("2026-11-25T10:00:00Z", "2026-12-01T11:30:59.123456Z"),
        ("2026-11-25 10:00:00+00:00", "2026-12-01 11:30:59+02:00"),
        (1764064800, 1800000000),
        (1764064800, 1800000000.25),
        (1764064800123, 1800000000456),
        ("1764064800", "1800000000"),
    ],
)
def test_values_of_the_same_make_stand_for_each_other(make_cassette, make_exchange, ask, one, other):
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat(one), {"id": "chatcmpl-1"})))
    assert ask(replay, "POST", CHAT, chat(other)) == (200, {"id": "chatcmpl-1"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE, "0123456789abcdef"),  # of another make
        (f"run-{ONE}", f"job-{ONE.replace('1', '2')}"),
        ("0123456789abcdef", "0123456789abcdef0"),
        ("file-0123456789abcdef", "file-fedcba9876543210"),  # the platform's
        ("ftjob-0123456789abcdef", "ftjob-fedcba9876543210"),
        (f"resp_{ONE.replace('-', '')}", f"resp_{MINE.replace('-', '')}"),
        ("ft:gpt-4o:me::0123456789abcdef", "ft:gpt-4o:me::fedcba9876543210"),
        ("1234567890123456", "6543210987654321"),  # numbers mean something
        ("deadbeefdeadbeef", "feedfacefeedface"),  # words
        (12, 13),
        (4000000000, 1764064800),
        ("2026-11-25", "2026-11-25T10:00:00Z"),
        (1764064800, "1764064800"),
        ("yes", "no"),
        (True, 1764064800),
    ],
)
def test_others_do_not(make_cassette, make_exchange, refused, one, other):
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat(one), {"id": "chatcmpl-1"})))
    assert "differs at /metadata/run: recorded" in refused(replay, "POST", CHAT, chat(other))


def test_everything_else_has_to_be_equal(make_cassette, make_exchange, refused):
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat(ONE))))
    said = refused(replay, "POST", CHAT, chat(MINE, "Hello"))
    assert said.endswith(
        "nearest is exchange 1, which differs at /messages/0/content: recorded 'Hi', asked 'Hello'"
    )


def test_an_answer_that_echoes_it_has_the_clients(make_cassette, make_exchange, ask):
    echo = {"id": "x", "metadata": {"run": ONE}, "text": f"so be it, {ONE}!", "b": f"run-{ONE}.jsonl"}
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat(ONE), echo)))
    assert ask(replay, "POST", CHAT, chat(MINE))[1] == json.loads(json.dumps(echo).replace(ONE, MINE))


def test_a_time_is_told_back_where_it_was_one(make_cassette, make_exchange, ask):
    echo = {"created": 1764064800, "metadata": {"run": "1764064800"}, "n": 17640648000}
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat("1764064800"), echo)))
    told = ask(replay, "POST", CHAT, chat("1800000000"))[1]
    assert told == {**echo, "metadata": {"run": "1800000000"}}


def test_it_means_the_same_for_the_rest_of_the_session(make_cassette, make_exchange, ask, refused):
    replay = Replay(
        make_cassette(
            make_exchange("POST", FILES, {"run": ONE}, {"id": "file-1"}),
            make_exchange("POST", FILES, {"run": TWO}, {"id": "file-2"}),
            make_exchange("POST", CHAT, chat(ONE), {"id": 1, "run": ONE}),
            make_exchange("POST", CHAT, chat(TWO), {"id": 2, "run": TWO}),
            make_exchange("GET", f"/v1/things/{TWO}?of={ONE}", None, {"a": ONE, "b": TWO}),
        )
    )
    assert ask(replay, "POST", FILES, {"run": MINE})[1]["id"] == "file-1"
    assert ask(replay, "POST", FILES, {"run": YOURS})[1]["id"] == "file-2"
    assert ask(replay, "POST", CHAT, chat(YOURS))[1] == {"id": 2, "run": YOURS}
    assert ask(replay, "POST", CHAT, chat(MINE))[1] == {"id": 1, "run": MINE}
    assert ask(replay, "GET", f"/v1/things/{YOURS}?of={MINE}")[1] == {"a": MINE, "b": YOURS}
    assert "/v1/things" in refused(replay, "GET", f"/v1/things/{MINE}?of={YOURS}")


def test_two_of_the_clients_cannot_be_one_of_the_recording(make_cassette, make_exchange, refused, ask):
    twice, other = {"a": ONE, "b": ONE}, {"a": ONE, "b": TWO}
    replay = Replay(make_cassette(make_exchange("POST", FILES, twice)))
    assert "differs" in refused(replay, "POST", FILES, {"a": MINE, "b": YOURS})
    replay = Replay(make_cassette(make_exchange("POST", FILES, other)))
    assert "differs" in refused(replay, "POST", FILES, {"a": MINE, "b": MINE})
    assert ask(replay, "POST", FILES, {"a": MINE, "b": YOURS})[0] == 200


def test_a_question_with_a_new_id_each_time_may_be_asked_for_ever(make_cassette, make_exchange, ask):
    replay = Replay(
        make_cassette(*(make_exchange("POST", CHAT, chat(run), {"run": run}) for run in (ONE, TWO)))
    )
    for number in range(5):
        theirs = f"{number}{MINE[1:]}"
        assert ask(replay, "POST", CHAT, chat(theirs)) == (200, {"run": theirs})
    assert replay.unused() == []


def test_a_change_with_a_new_id_happens_as_often_as_it_was_recorded(
    make_cassette, make_exchange, ask, refused
):
    recorded = [make_exchange("POST", FILES, {"run": run}, {"id": run}) for run in (ONE, TWO)]
    replay = Replay(make_cassette(*recorded))
    assert ask(replay, "POST", FILES, {"run": MINE})[1] == {"id": MINE}
    assert ask(replay, "POST", FILES, {"run": YOURS})[1] == {"id": YOURS}
    assert "all have been given" in refused(replay, "POST", FILES, {"run": THEIRS})
    assert ask(Replay(make_cassette(*recorded), repeats=True), "POST", FILES, {"run": MINE})[0] == 200


def test_what_the_platform_gave_is_not_the_clients(make_cassette, make_exchange, refused, ask):
    """A cursor of an answer is asked for: another one is another page."""
    replay = Replay(
        make_cassette(
            make_exchange("GET", "/v1/things", None, {"next": ONE}),
            make_exchange("GET", f"/v1/things?after={ONE}", None, {"next": None}),
        )
    )
    assert "differs at ?after" in refused(replay, "GET", f"/v1/things?after={MINE}")
    assert ask(replay, "GET", f"/v1/things?after={ONE}")[0] == 200


def test_times_in_a_query_that_is_polled(make_cassette, make_exchange, ask):
    def look(second: int, state: str) -> Exchange:
        return make_exchange("GET", f"/v1/costs?now={second}", None, {"status": state})

    replay = Replay(make_cassette(look(1764064800, "running"), look(1764064805, "completed")))
    states = [ask(replay, "GET", f"/v1/costs?now={1800000000 + n}")[1]["status"] for n in range(4)]
    assert states == ["running", "completed", "completed", "completed"]


def test_what_a_model_is_asked_about_has_to_be_equal(make_cassette, make_exchange, refused, ask):
    """A date in a prompt asks for something else; an id that a tool has made up does not."""
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat("x", "2026-11-25"))))
    assert "/messages/0/content" in refused(replay, "POST", CHAT, chat("x", "2026-11-26"))
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat("x", ONE))))
    assert ask(replay, "POST", CHAT, chat("x", MINE))[0] == 200
    replay = Replay(make_cassette(make_exchange("POST", "/v1/embeddings", {"input": [ONE]})))
    assert "differs at /input/0" in refused(replay, "POST", "/v1/embeddings", {"input": [MINE]})


def test_names_of_temporary_files(make_cassette, make_exchange, ask):
    def upload(name: str) -> bytes:
        head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}.jsonl"\r\n\r\n'
        return head.encode() + b"{}\r\n--b--\r\n"

    kind = "multipart/form-data; boundary=b"
    told = {"id": "file-1", "filename": "tmpabcd1234.jsonl"}
    replay = Replay(make_cassette(make_exchange("POST", FILES, upload("tmpabcd1234"), told, kind=kind)))
    answer = ask(replay, "POST", FILES, upload("tmp9_9_9_9_"), kind=kind)
    assert answer == (200, {"id": "file-1", "filename": "tmp9_9_9_9_.jsonl"})


def test_a_stream_that_echoes_it_comes_in_as_many_pieces(make_cassette, make_exchange, asking_stream):
    body = f"data: {ONE}\n\ndata: run-{ONE}\n\n".encode()
    sizes = (10, 20, len(body) - 30)
    recorded = make_exchange("POST", CHAT, chat(ONE), body, chunks=tuple((size, 0.0) for size in sizes))
    pieces = asking_stream(Replay(make_cassette(recorded)), CHAT, chat(MINE))
    assert b"".join(pieces) == body.replace(ONE.encode(), MINE.encode())
    assert [len(piece) for piece in pieces] == list(sizes)


@pytest.mark.parametrize("size", [16, 40])
def test_pieces_move_where_the_clients_is_not_as_long(make_cassette, make_exchange, asking_stream, size):
    """A hidden secret has another length than its placeholder."""
    body = b"data: REDACTED-1\n\ndata: and REDACTED-1\n\n"
    recorded = make_exchange(
        "POST", CHAT, chat("REDACTED-1"), body, chunks=((12, 0.0), (10, 0.0), (len(body) - 22, 0.0))
    )
    theirs = "s" * size
    pieces = asking_stream(Replay(make_cassette(recorded)), CHAT, chat(theirs))
    assert len(pieces) == 3
    assert b"".join(pieces) == body.replace(b"REDACTED-1", theirs.encode())


def test_a_placeholder_stands_for_any_text(make_cassette, make_exchange, ask, refused):
    told = {"org": "org-REDACTED-1", "key": "REDACTED-2"}
    asked = chat("the key REDACTED-2 of org-REDACTED-1.")
    replay = Replay(make_cassette(make_exchange("POST", CHAT, asked, told)))
    assert "/metadata/run" in refused(replay, "POST", CHAT, chat("no such text"))
    assert ask(replay, "POST", CHAT, chat("the key k\u00e9y of org-Acme1."))[1] == {
        **told,
        "org": "org-Acme1",
    }
    assert ask(replay, "POST", CHAT, chat("the key abc of org-Acme1."))[1] == {
        "org": "org-Acme1",
        "key": "abc",
    }


def test_placeholders_in_the_path_and_the_query(make_cassette, make_exchange, ask):
    path = "/v1/organization/projects/proj_REDACTED-1/keys?owner=user-REDACTED-2"
    replay = Replay(make_cassette(make_exchange("GET", path, None, {"id": "proj_REDACTED-1"})))
    asked = "/v1/organization/projects/proj_abcdefgh/keys?owner=user-77"
    assert ask(replay, "GET", asked) == (200, {"id": "proj_abcdefgh"})


def test_what_looks_made_up():
    assert looks_made(f"a-{ONE}.b").core == ONE
    assert looks_made("x" * 300) is None
    assert looks_made(None) is None
    assert not looks_made(1764064800).lasts


def test_a_secret_inside_of_base64_is_hidden_there(make_cassette, make_exchange, ask, refused):
    from base64 import b64encode

    for lead in ("", "a", "ab", "a longer text, "):

        def encoded(secret: str, lead: str = lead) -> str:
            return "data:text/plain;base64," + b64encode(f"{lead}{secret} and more".encode()).decode()

        replay = Replay(make_cassette(make_exchange("POST", CHAT, chat(encoded("REDACTED-key-1")))))
        assert ask(replay, "POST", CHAT, chat(encoded("a key of any length at all")))[0] == 200
        assert "/metadata/run" in refused(replay, "POST", CHAT, chat("data:text/plain;base64,!"))


def test_many_placeholders_take_no_longer_than_the_text(make_cassette, make_exchange, ask, refused):
    recorded = "a".join(f"REDACTED-{n}" for n in range(1, 60))
    replay = Replay(make_cassette(make_exchange("POST", CHAT, chat(recorded + "!"))))
    assert "/metadata/run" in refused(replay, "POST", CHAT, chat("a" * 100_000))
    assert ask(replay, "POST", CHAT, chat("ab" * 50_000 + "!"))[0] == 200


def test_a_text_that_is_no_json(make_cassette, make_exchange, ask, refused):
    recorded = make_exchange("POST", "/v1/things", b"key: REDACTED-1", {"id": 1}, kind="text/plain")
    replay = Replay(make_cassette(recorded), repeats=True)
    assert ask(replay, "POST", "/v1/things", b"key: abc", kind="text/plain") == (200, {"id": 1})
    said = refused(replay, "POST", "/v1/things", b"kez: abc", kind="text/plain")
    assert "differs in its body: recorded 'key: REDACTED-1', asked 'kez: abc'" in said
