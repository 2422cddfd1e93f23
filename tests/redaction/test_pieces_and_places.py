"""Secrets that come in pieces, a user's own ones, and how places are named."""

import json

import msgspec
import pytest

from drytune.cassettes.model import Asked, Exchange, Told
from drytune.cassettes.redaction import Redactor, places
from drytune.errors import UsageError

A = "abcDEF1234567890abcDEF12"
KEY, OTHER = "sk-" + "proj-" + A, "sk-" + "proj-" + A[::-1]


def exchange(uri="https://api.example/v1/x", asked=(), told=(), body=b"", answer=b"", chunks=()) -> Exchange:
    return Exchange(
        request=Asked(method="POST", uri=uri, headers=tuple(asked), body=body),
        response=Told(status=200, headers=tuple(told), body=answer, chunks=chunks),
    )


def event(**fields) -> str:
    return f"data: {json.dumps(fields)}\n\n"


def test_known_secrets():
    """Of any form, wherever they stand; learnt ones as well, but none that is only a word."""
    ours = Redactor(known=["open sesame"])
    assert ours.text("say open sesame or open+sesame") == "say REDACTED-1 or REDACTED-1"
    assert ours.text("my-local-key") == "my-local-key"
    ours.learn("my-local-key")
    ours.learn("EMPTY")
    ours.learn("sk-REDACTED-9")
    assert ours.text("my-local-key EMPTY sk-REDACTED-9") == "REDACTED-2 EMPTY sk-REDACTED-9"
    with pytest.raises(UsageError, match="A known secret has 3 characters; with fewer than 4"):
        Redactor(known=["abc"])


def test_patterns():
    """Regular expressions, in any letters; a placeholder is matched by none of them."""
    ours = Redactor(patterns=[r"(?i)cust-\d+", r"[\p{Han}]{2,}さん", "REDACTED", r"[A-Z]{8}"])
    assert ours.text("Cust-12 猫田さん CUST-12") == "REDACTED-custom-1 REDACTED-custom-2 REDACTED-custom-3"
    told = json.dumps({"a": "猫田さん", "b": json.dumps("\ncust-12")})
    clean = ours.data(told.encode(), "application/json")
    assert json.loads(clean)["a"] == "REDACTED-custom-2"
    assert b"cust-" not in clean
    assert ours.data(clean) == clean


def arguments(*pieces: str) -> bytes:
    return "".join(
        event(
            choices=[{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}}]
        )
        for piece in pieces
    ).encode()


def test_a_name_in_one_event_and_its_secret_in_the_next():
    """Arguments of a call as they come; what is joined is what the program will read."""
    ours = Redactor()
    body = arguments('{"pass', 'word": "', "hunter2", '", "n": 1}')
    assert places_of(body) == [
        (
            "exchange 1 has the value of a secret field (hun…) in the body of the answer, spread over event 3 at "
            "/choices/0/delta/tool_calls/0/function/arguments"
        )
    ]
    assert ours.data(body, "text/event-stream") == arguments('{"pass', 'word": "', "REDACTED-1", '", "n": 1}')


def places_of(answer: bytes) -> list[str]:
    return [
        str(place) for place in places(exchange(answer=answer, told=[("content-type", "text/event-stream")]))
    ]


def test_texts_that_come_side_by_side():
    """Pieces are joined by choice and by item, not in the order in which they come."""
    left, right = (
        [KEY[at : at + 6] for at in range(0, len(KEY), 6)],
        ["Nothing ", "to see ", "here", " at", " all"],
    )
    pieces = [pair for pairs in zip(left, right, strict=False) for pair in zip((0, 1), pairs, strict=True)]
    body = "".join(
        event(choices=[{"index": index, "delta": {"content": piece}}]) for index, piece in pieces
    ).encode()
    clean = Redactor().data(body, "text/event-stream")
    texts = {0: "", 1: ""}
    for line in clean.decode().split("\n\n")[:-1]:
        (choice,) = json.loads(line.removeprefix("data: "))["choices"]
        texts[choice["index"]] += choice["delta"]["content"]
    assert texts == {0: "sk-REDACTED-1", 1: "Nothing to see here at all"}


@pytest.mark.parametrize(
    "say",
    [
        lambda piece: {
            "type": "response.output_text.delta",
            "item_id": "msg_1",
            "output_index": 0,
            "delta": piece,
        },
        lambda piece: {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": piece},
        lambda piece: {"object": "text_completion", "choices": [{"index": 0, "text": piece}]},
        lambda piece: {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": piece},
        },
        lambda piece: {"choices": [{"index": 0, "delta": {"refusal": piece}}]},
        lambda piece: {"choices": [{"index": 0, "delta": {"reasoning_content": piece}}]},
    ],
)
def test_every_kind_of_delta(say):
    """Whatever API speaks, and whatever is said: text, a refusal, thoughts, arguments."""
    body = "".join(event(**say(piece)) for piece in (KEY[:7], "", KEY[7:15], KEY[15:], " bye")).encode()
    clean = Redactor().data(body, "text/event-stream")
    assert clean.decode() == "".join(event(**say(piece)) for piece in ("sk-REDACTED-1", "", "", "", " bye"))


def test_lines_of_json():
    """A stream of lines, as other servers send it."""
    lines = [
        {"message": {"role": "assistant", "content": piece}, "done": False} for piece in (KEY[:9], KEY[9:])
    ]
    body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    assert A[4:12].encode() not in Redactor().data(body, "application/x-ndjson")


def test_tokens_of_a_stream():
    """Log probabilities repeat what is said, token by token, with their bytes, and with what was as likely."""

    def said(piece: str, token: str, alternatives: bool = True) -> str:
        of_bytes = list(token.encode())
        top = [{"token": token, "bytes": of_bytes}, {"token": "x", "bytes": [120]}] if alternatives else []
        logprobs = {"content": [{"token": token, "logprob": -0.5, "bytes": of_bytes, "top_logprobs": top}]}
        chunk = {"choices": [{"index": 0, "delta": {"content": piece}, "logprobs": logprobs}]}
        return f"data: {json.dumps(chunk, separators=(',', ':'))}\n\n"

    pieces = ["My ", KEY[:8], KEY[8:20], KEY[20:], " it"]
    clean = Redactor().data("".join(said(piece, piece) for piece in pieces).encode(), "text/event-stream")
    now = ["My ", "sk-REDACTED-1", "", "", " it"]
    wanted = "".join(said(piece, piece, alternatives=piece in pieces) for piece in now)
    assert clean.decode() == wanted


def test_chunks_that_are_emptied_hand_their_wait_on():
    """A chunk of no bytes would end a body; the time it took does not get lost."""
    answer = f'{{"a": "{KEY}"}}'.encode()
    sizes = [(7, 1.0), (10, 2.0), (len(answer) - 19, 4.0), (2, 8.0)]
    told = Redactor().exchange(exchange(answer=answer, chunks=tuple(sizes))).response
    assert told.body == b'{"a": "sk-REDACTED-1"}'
    assert told.chunks == ((7, 1.0), (13, 2.0), (2, 12.0))


def test_places_in_words():
    """A pointer into JSON, a line of a stream, a byte of anything else."""
    body = json.dumps({"messages": [{"content": "hi"}, {"content": [{"text": f"the/~ {KEY}"}]}]}).encode()
    one = exchange(
        uri=f"https://h/?q={KEY}", told=[("x-a", KEY)], body=body, answer=b"\xc3\xa9 " + KEY.encode()
    )
    assert [place.where for place in places(one)] == [
        "the address",
        "the body of the request at /messages/1/content/0/text",
        "the answer's header `x-a`",
        "the body of the answer at byte 3",
    ]
    lines = (event(a="x") + event(b={"c/d": KEY})).encode()
    assert places_of(lines)[0].endswith("in the body of the answer at /b/c~1d in line 3")


@pytest.mark.parametrize(
    "body",
    [
        b'{ "b" :1,\r\n\t"a": "\\u00e9\\/\\ud83d\\ude00 \xf0\x9f\x98\x80", "c": 1.00, "c": 2e5 }',
        b"\xff\xfe\x00\x01 no text",
        b'{"cut": "off',
        b"%zz %41 \\u12 \\",
        b"",
    ],
)
def test_what_has_no_secret_stays_to_the_byte(body):
    """White space, escapes, order and mistakes."""
    one = exchange(body=body, answer=body, uri="https://api.example/v1/files?after=file-1&x=%41")
    assert Redactor().exchange(one) == one
