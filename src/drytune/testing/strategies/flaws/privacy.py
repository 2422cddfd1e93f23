"""Texts that hold what nobody wants a model to learn. Everything here is made up."""

from __future__ import annotations

import string

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from drytune.testing.strategies.flaws.registry import Line, row_flaw
from drytune.testing.strategies.rows import encoded
from drytune.testing.strategies.text import Row


def _saying(draw: DrawFn, row: Row, secret: str) -> tuple[Line, str]:
    """`row` with `secret` somewhere in a message, between words, and the pointer of that text."""
    roles = [place for place, message in enumerate(row["messages"]) if message["role"] != "system"]
    place = draw(st.sampled_from(roles))
    said = draw(
        st.sampled_from(["{}", "Use {} today.", "その答えは{}です。", "a ({}), b", "first\n{}\nlast"])
    )
    row["messages"][place]["content"] += " " + said.format(secret)
    return encoded(row, ascii_only=draw(st.booleans())), f"/messages/{place}/content"


def _random(alphabet: str, size: int) -> SearchStrategy[str]:
    """Text as keys have it: it never shrinks to one letter, which nobody would take for a key."""
    return st.permutations(sorted(set(alphabet))).map(lambda letters: ("".join(letters) * size)[:size])


@row_flaw("api-key", turns=2)
def api_key(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A key of OpenAI, AWS or GitHub, in the form that they have."""
    letters = string.ascii_letters + string.digits
    keys = [
        _random(letters, 48).map("sk-T3Blbk".__add__),
        _random(letters, 48).map("sk-proj-".__add__),
        _random(string.ascii_uppercase + string.digits, 16).map("AKIA".__add__),
        _random(letters, 36).map("ghp_".__add__),
    ]
    return _saying(draw, row, draw(st.one_of(keys)))


@row_flaw("email-address", turns=2)
def email_address(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Somebody's address."""
    who = draw(st.sampled_from(["ann", "ann.lee", "a-b_c", "ann+news", "x9"]))
    where = draw(st.sampled_from(["mail.drytune.dev", "post.example.co.jp", "my-company.drytune.org"]))
    return _saying(draw, row, f"{who}@{where}")


@row_flaw("card-number", turns=2)
def card_number(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """The number of a payment card: sixteen digits, whose check digit is right, alone or in groups of four."""
    digits = [4, *draw(st.lists(st.integers(0, 9), min_size=14, max_size=14))]
    number = "".join(map(str, [*digits, _check_digit(digits)]))
    gap = draw(st.sampled_from(["", " ", "-"]))
    return _saying(draw, row, gap.join(number[at : at + 4] for at in range(0, 16, 4)))


def _check_digit(digits: list[int]) -> int:
    """The last digit that Luhn's formula asks for: every other digit is doubled, from the right."""
    doubled = [digit * 2 if place % 2 == 0 else digit for place, digit in enumerate(reversed(digits))]
    return -sum(sum(divmod(digit, 10)) for digit in doubled) % 10
