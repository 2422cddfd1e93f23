"""Reading a body or a query: a typed request, or a refusal in the platform's words; never anything else."""

from __future__ import annotations

import json
import typing

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune_simulator import Request
from drytune_simulator.http import LARGEST_IN_MEMORY, ApiError
from drytune_simulator.reading import DEEPEST, json_object, read, read_query, whole_number
from drytune_simulator.routes import ROUTES
from drytune_simulator.wire import requests

TYPES = sorted(
    {kind for route in ROUTES for kind in (route.body, route.query) if kind is not None},
    key=lambda kind: kind.__name__,
)
NAMES = sorted(
    {
        field.encode_name
        for kind in vars(requests).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        for field in msgspec.structs.fields(kind)
    }
)

numbers = (
    st.integers() | st.floats() | st.sampled_from([0, 1, 50, 51, 256, 10**400, -1, 0.0, 1e308, True, False])
)
words = st.sampled_from(["auto", "supervised", "dpo", "wandb", "created_at", "asc", "desc", "fine-tune", ""])
scalars = st.none() | numbers | words | st.text()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=5)
    ),
    max_leaves=20,
)


def body(text: bytes | str) -> Request:
    return Request("POST", "/", body=text if isinstance(text, bytes) else text.encode())


def refused(fields: dict, kind=requests.CreateJob) -> ApiError:
    with pytest.raises(ApiError) as raised:
        read(fields, kind)
    return raised.value


def outcome(reading):
    """What is read, or the refusal."""
    try:
        return reading()
    except ApiError as refusal:
        return refusal


def job(**fields: object) -> dict:
    return {"model": "gpt-4o-mini", "training_file": "file-1", **fields}


def of_type(value: object, kind: object) -> None:
    """`value`, written and read by msgspec, is a `kind`."""
    assert msgspec.convert(msgspec.to_builtins(value), kind, strict=True) == value


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
@settings(max_examples=50)
@given(fields=st.data())
def test_any_object_is_read_or_refused_with_400(kind, fields):
    """What is read has the types and the limits that its class states."""
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    given_ = fields.draw(st.dictionaries(st.sampled_from([*names, "x"]), values))
    found = outcome(lambda: read(given_, kind))
    if isinstance(found, ApiError):
        assert found.status == 400
        assert json.loads(found.response().body)["error"]["type"] == "invalid_request_error"
    else:
        of_type(found, kind)


@given(st.binary() | values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_an_object_or_refused_with_400(data):
    """NaN, lone surrogates, numbers that no float holds: whatever JSON is not, or not here."""
    found = outcome(lambda: json_object(body(data)))
    if isinstance(found, ApiError):
        assert found.status == 400
        assert found.message.startswith("We could not parse the JSON body of your request.")
    else:
        assert isinstance(found, dict)
        msgspec.json.encode(found)


@given(st.lists(st.tuples(st.sampled_from(["after", "limit", "order", "purpose", "x"]), st.text())))
def test_any_query_is_read_or_refused_with_400(query):
    """All that a query has is text."""
    found = outcome(lambda: read_query(query, requests.ListFiles))
    if isinstance(found, ApiError):
        assert found.status == 400
    else:
        of_type(found, requests.ListFiles)
        assert 1 <= found.limit <= 10_000


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"a": NaN}',
        b'{"a": 1e400}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\\ud800"}',
        b'{"\xed\xa0\x80": 1}',
        b"[" * 100_000,
        b'{"a": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_json_object_is_refused(data):
    """In the recorded words (FACTS.md §6)."""
    with pytest.raises(ApiError, match=r"We could not parse the JSON body of your request\.") as raised:
        json_object(body(data))
    assert (raised.value.status, raised.value.param, raised.value.code) == (400, None, None)
    assert raised.value.reason


def test_brackets_in_texts_are_no_levels():
    """Only arrays and objects nest."""
    text = "[{" * DEEPEST + '\\"[{'
    assert json_object(body(json.dumps({"a": text, "b": [[]] * DEEPEST}))) == {"a": text, "b": [[]] * DEEPEST}
    deep = b'{"a":' + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1) + b"}"
    assert json_object(body(deep))


def test_a_large_body_is_no_json(tmp_path):
    """What a door gives as a stream is too large: 413."""
    with (tmp_path / "body").open("w+b") as stream, pytest.raises(ApiError) as raised:
        json_object(Request("POST", "/", stream=stream))
    assert raised.value.status == 413
    assert str(LARGEST_IN_MEMORY) in raised.value.message


@pytest.mark.parametrize("field", ["method", "hyperparameters", "suffix", "seed", "metadata", "integrations"])
def test_null_counts_as_left_out(field):
    """As at the platform; what must be there is then missing."""
    assert read(job(**{field: None}), requests.CreateJob) == read(job(), requests.CreateJob)
    refusal = refused(job(model=None))
    assert (refusal.message, refusal.code) == (
        "Missing required parameter: 'model'.",
        "missing_required_parameter",
    )


TYPE = "Invalid type for '{}': expected {}, but got {} instead."
BOUND = "Invalid '{}': {} {} value. Expected a value {}, but got {} instead."
LENGTH = "Invalid '{}': {} too long. Expected {} with maximum length {}, but got {} with length {} instead."
EMPTY = (
    "Invalid '{}': empty string. Expected a string with minimum length 1, but got an empty string instead."
)
MANY = (
    "Invalid '{}': too many properties. Expected an object with at most {} properties, but got an object with {} "
    "properties instead."
)
RATE = "hyperparameters.learning_rate_multiplier"


@pytest.mark.parametrize(
    ("fields", "param", "code", "message"),
    [
        ({"x": 1}, "x", "unknown_parameter", "Unknown parameter: 'x'."),
        (
            {"method": {"type": "dpo", "dpo": {"hyperparameters": {"gamma": 1}}}},
            "method.dpo.hyperparameters.gamma",
            "unknown_parameter",
            "Unknown parameter: 'method.dpo.hyperparameters.gamma'.",
        ),
        (
            {"metadata": {"modified": True}},
            "metadata.modified",
            "invalid_type",
            TYPE.format("metadata.modified", "a string", "a boolean"),
        ),
        (
            {"metadata": {"a": None}},
            "metadata.a",
            "invalid_type",
            TYPE.format("metadata.a", "a string", "null"),
        ),
        (
            {"integrations": [None]},
            "integrations[0]",
            "invalid_type",
            TYPE.format("integrations[0]", "an object", "null"),
        ),
        ({"seed": 1.0}, "seed", "invalid_type", TYPE.format("seed", "an integer", "a decimal")),
        (
            {"hyperparameters": {"n_epochs": "many"}},
            "hyperparameters.n_epochs",
            "invalid_type",
            TYPE.format("hyperparameters.n_epochs", "an integer", "a string"),
        ),
        (
            {"method": {"type": "ppo"}},
            "method.type",
            "invalid_value",
            "Invalid value: 'ppo'. Supported values are: 'supervised', 'dpo', and 'reinforcement'.",
        ),
        (
            {"hyperparameters": {"n_epochs": 51}},
            "hyperparameters.n_epochs",
            "integer_above_max_value",
            BOUND.format("hyperparameters.n_epochs", "integer", "above maximum", "<= 50", 51),
        ),
        (
            {"hyperparameters": {"learning_rate_multiplier": 0}},
            RATE,
            "decimal_below_min_value",
            BOUND.format(RATE, "decimal", "below minimum", "> 0", "0.0"),
        ),
        (
            {"seed": 2**31},
            "seed",
            "integer_above_max_value",
            BOUND.format("seed", "integer", "above maximum", "<= 2147483647", 2**31),
        ),
        (
            {"suffix": ""},
            "suffix",
            "empty_string",
            EMPTY.format("suffix"),
        ),
        (
            {"metadata": {str(n): "" for n in range(17)}},
            "metadata",
            "object_above_max_properties",
            MANY.format("metadata", 16, 17),
        ),
        (
            {"metadata": {"k": "v" * 513}},
            "metadata.k",
            "string_above_max_length",
            LENGTH.format("metadata.k", "string", "a string", 512, "a string", 513),
        ),
        (
            {"integrations": [{"type": "wandb", "wandb": {"project": "p", "tags": ["t"] * 51}}]},
            "integrations[0].wandb.tags",
            "array_above_max_length",
            LENGTH.format("integrations[0].wandb.tags", "array", "an array", 50, "an array", 51),
        ),
    ],
)
def test_a_refusal_says_what_is_wrong_and_where(fields, message, param, code):
    """FACTS.md §6 and §9."""
    refusal = refused(job(**fields))
    assert (refusal.status, refusal.message, refusal.param, refusal.code) == (400, message, param, code)


def test_a_metadata_key_has_its_length_too():
    """Of the key only as much is repeated as it may have."""
    refusal = refused(job(metadata={"k" * 65: "v"}))
    assert (refusal.param, refusal.code) == ("metadata", "property_name_above_max_length")
    assert "k" * 65 not in refusal.message


@pytest.mark.parametrize("number", [10**400, -(10**400)])
def test_a_number_that_no_float_holds_is_out_of_range(number):
    """Later arithmetic could not work with it."""
    refusal = refused(job(hyperparameters={"learning_rate_multiplier": number}))
    assert refusal.status == 400
    assert str(refusal.code).startswith("decimal_")


@pytest.mark.parametrize(
    ("given_", "expected"), [("7", 7), ("-7", -7), ("٧", "٧"), ("1_0", "1_0"), ("", ""), (None, None)]
)
def test_whole_numbers_in_queries(given_, expected):
    """Only what Python and everybody else reads as a whole number is one."""
    assert whole_number(given_) == expected
    assert whole_number("9" * 100) == int("9" * 100)
    assert whole_number("9" * 101) == "9" * 101


def test_types_say_what_they_take():
    """Every class of requests can be described, and has no field that reading does not know how to read."""
    for kind in TYPES:
        assert typing.get_type_hints(kind)
        msgspec.json.schema(kind)
