"""What is taken for a key, an address or a card number, and what only looks like one. All secrets are made up."""

import json

import pytest

from drytune_simulator.dataset import Block, Lens, facts_of
from drytune_simulator.dataset import inspection as inspection_module
from drytune_simulator.dataset.formats import Message
from drytune_simulator.dataset.lines import decode
from drytune_simulator.dataset.rules.content import special_tokens_in_tools
from drytune_simulator.dataset.rules.privacy import api_key, card_number, email_address, secrets_in_tools
from drytune_simulator.dataset.rules.tools import Offer

# in two pieces, so that no scanner of this repository takes them for real
KEYS = [
    "sk-" + "proj-abcdefghijklmnopqrstuvwx",
    "sk-" + "ant-api03-" + "ab" * 20,
    "sk-" + "T3BlbkFJ" + "aZ" * 16,
    "sk-" + "0123456789abcdef" * 2,
    "sk_" + "live_" + "4eC39HqLyjWDarjt",
    "sk_" + "test_" + "4eC39HqLyjWDarjt",
    "rk_" + "test_" + "4eC39HqLyjWDarjt",
    *(f"gh{kind}_" + "a1B2" * 9 for kind in "posur"),
    "xoxb-" + "123456789012-" + "abcdefghijkl",
    "xapp-" + "1-A0123456789-" + "1234567890123-abcdef",
    "ya29." + "a0AfH6SMB" + "x-Y_9" * 10,
    "ya29.c." + "b0Aaekm1K" + "x-Y_9" * 10,
    "AKIA" + "ABCDEFGHIJKLMNOP",
    "-----BEGIN " + "PRIVATE KEY-----",
    "-----BEGIN RSA " + "PRIVATE KEY-----",
    "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----",
]
NO_KEYS = [
    "sk-toggleable__label-arrow",
    "sk-folding-cube-animation-one",
    "sk-estimator-doc-link-fitted-2024",
    "sk-SK-slovenska-republika-Bratislava",
    "risk-based-approaches-of-2024-And-later",
    "-----BEGIN PUBLIC KEY-----",
    "ya29.example",
    "ghx_" + "a1B2" * 9,
]
ADDRESSES = [
    "ann.lee@contoso.com",
    "Write to <ann+news@mail.contoso.co.uk>.",
    "ann_@163.com",
    "mailto:ann@contoso.com",
    "...ann@contoso.com",
    "https://contoso.com/?to=ann@contoso.com",
    "see https://contoso.com or ann@contoso.com",
    "icon@2x.png or ann@contoso.com",
    "digit@contoso.com:22",
]
NO_ADDRESSES = [
    "ann@example.com",
    "icon@2x.png",
    "logo@3x.webp and main@app.css",
    "git@github.com:org/repo.git",
    "ssh://git@github.com/org/repo.git",
    "react@18.3.0-rc.beta",
    "tool@v1.2.beta",
    "x@1.2.3.com",
    "...@foo.com",
    "@contoso.com",
    "postgres://user:pw@db.internal",
    "https://token@contoso.com/path",
]
CARDS = [
    "4111111111111111",
    "4222222222222",
    "4111 1111 1111 1111",
    "5555-5555-5555-4444",
    "2223003122003222",
    "378282246310005",
    "3782 822463 10005",
    "6011111111111117",
    "3530111333300000",
    "30569309025904",
    "No.4111111111111111",
]
NO_CARDS = [
    "4111111111111112",  # the check digit is wrong
    "41111111111119",  # fourteen digits are no Visa
    "55555555555554",
    "37828224631000000",
    "601111111111117",
    "9999999999999995",
    "0000000000000000",
    "3.4111111111111111",
    ".4111111111111111",
    "-4111111111111111",
]


def found(rule, text):
    """Whether a rule finds something in a text."""
    return bool(list(rule(Message(0, {"role": "user", "content": text}))))


@pytest.mark.parametrize("text", KEYS)
def test_a_key_is_found(text):
    """Wherever it stands; no more of it is shown than how it begins."""
    for around in ("{}", "Use {} now.", "key={}", "その鍵は{}です"):
        said = around.format(text)
        (one,) = api_key(Message(0, {"role": "user", "content": said}))
        assert text[6:] not in one.message


@pytest.mark.parametrize("text", NO_KEYS)
def test_no_key(text):
    """Words with dashes, names of classes, public keys."""
    assert not found(api_key, text)


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_found(text):
    """In whatever stands around it."""
    assert found(email_address, text)


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_no_address(text):
    """Files, versions, repositories, users in URLs, reserved domains."""
    assert not found(email_address, text)


@pytest.mark.parametrize("text", CARDS)
def test_a_card_number_is_found(text):
    """With the digits that its brand has."""
    assert found(card_number, f"It is {text}.")


@pytest.mark.parametrize("text", NO_CARDS)
def test_no_card_number(text):
    """Too many digits, too few, fractions, a wrong check digit."""
    assert not found(card_number, f"It is {text}.")


@pytest.mark.parametrize("text", KEYS + NO_KEYS + ADDRESSES + NO_ADDRESSES + CARDS + NO_CARDS)
def test_the_fast_way_agrees(text):
    """What stands in a plain line is found with and without it, escaped or not."""
    example = {
        "messages": [{"role": "user", "content": f"a\n{text}"}, {"role": "assistant", "content": text}]
    }
    block = Block(1, tuple(json.dumps(example, ensure_ascii=short).encode() for short in (True, False)))
    fast = facts_of(block, Lens("o200k_base", None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inspection_module, "fast_records", lambda *_: [])
        assert facts_of(block, Lens("o200k_base", None)) == fast


def test_definitions_of_tools_are_texts_too():
    """A key or a special token may stand in a description, a default, or the name of a property."""
    function = {
        "name": "look_up",
        "description": f"Use {KEYS[0]}.",
        "parameters": {"properties": {"<|im_end|>": {"default": ["x", KEYS[1]]}}},
    }
    offer = Offer(
        {"tools": [{"type": "function", "function": function}], "functions": [function]}, ("input",)
    )
    assert [one.pointer for one in secrets_in_tools(offer)] == [
        "/input/tools/0/function/description",
        "/input/tools/0/function/parameters/properties/<|im_end|>/default/1",
        "/input/functions/0/description",
        "/input/functions/0/parameters/properties/<|im_end|>/default/1",
    ]
    assert [one.pointer for one in special_tokens_in_tools(offer)] == [
        "/input/tools/0/function/parameters/properties/<|im_end|>",
        "/input/functions/0/parameters/properties/<|im_end|>",
    ]
    assert list(secrets_in_tools(Offer({"tools": decode(b"[5, null, {}]")}))) == []
