"""A budget is never passed: the worst case of each call is set aside before it."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune import UsageError
from drytune.keeping.archive import answered
from drytune.keeping.budget import Budget, limits_of, price_of, usage_of
from drytune_simulator import Headers, Request

DAY = date(2026, 11, 25)
MODEL = "ft:gpt-4o-mini-2024-07-18:acme::AbCdEfGh"


def test_a_budget_stops_before_it_could_be_passed(keeping):
    keeping.write(*[f"After {n}?" for n in range(9)])
    archive = keeping(max_usd=0.0004, max_tokens=300)
    assert 0 < archive.asked < 9
    assert archive.spent_usd <= 0.0004
    assert "The budget of 0.0004 USD is used up" in archive.stopped
    assert "the same command with a larger budget goes on" in archive.stopped
    assert archive.manifest["complete"] is False
    assert archive.manifest["spent_usd"] == archive.spent_usd


def test_and_a_larger_one_goes_on_from_there(keeping):
    keeping.write(*[f"After {n}?" for n in range(9)])
    first = keeping(max_usd=0.0004, max_tokens=300)
    again = keeping(max_usd=0.0004, max_tokens=300)
    assert again.asked == 0
    rest = keeping(max_usd=1.0, max_tokens=300)
    assert first.asked + rest.asked == 9
    assert len(list(answered(rest.cassette.exchanges))) == 9


def test_a_budget_that_pays_for_nothing_asks_nothing(keeping):
    archive = keeping(max_usd=1e-9)
    assert (archive.asked, keeping.handler.bodies) == (0, [])
    assert archive.stopped


def test_prices_are_those_of_tuned_models():
    assert price_of(MODEL, DAY).input == 0.3
    assert price_of("gpt-4o-mini", DAY).input == 0.15
    assert price_of("llama-3-8b-ours", DAY) is None
    assert price_of(MODEL, DAY).of(1_000_000, 1_000_000, 500_000) == pytest.approx(0.15 + 0.15 / 2 + 1.2)


def test_without_a_price_there_can_be_no_budget():
    with pytest.raises(UsageError, match="Nobody has published"):
        Budget("llama-3-8b-ours", DAY, 1.0)
    free = Budget("llama-3-8b-ours", DAY, None)
    assert free.worst("chat", {"messages": []}) == 0.0
    assert free.has_room(0.0)


def test_a_model_without_a_price_is_kept_without_a_budget(keeping):
    inner = keeping.handler

    def any_name(request):
        body = msgspec.json.decode(request.body) if request.body else {}
        if body:
            body["model"] = "gpt-4o-mini"
        return inner(Request(request.method, request.target, request.headers, msgspec.json.encode(body)))

    archive = keeping("llama-3-8b-ours", handler=any_name)
    assert archive.complete
    assert (archive.spent_usd, archive.manifest["catalog"], archive.manifest["base_model"]) == (
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"messages": [], "service_tier": "priority"}, "service_tier"),
        ({"input": "Hi", "tools": [{"type": "web_search"}]}, "web_search"),
        (
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]},
            "a file",
        ),
    ],
)
def test_what_cannot_be_priced_before_is_refused(body, words):
    with pytest.raises(UsageError, match=words):
        Budget(MODEL, DAY, 1.0).worst("chat", body)


def test_the_line_of_such_a_prompt_is_named(keeping):
    keeping.write("Hi", {"messages": [{"role": "user", "content": "Hi"}], "service_tier": "priority"})
    with pytest.raises(UsageError, match=r"prompts\.jsonl, line 2: .*service_tier"):
        keeping(max_usd=1.0)
    assert keeping.handler.asked == []


def test_limits_are_only_lowered():
    assert limits_of("chat", {}, None) == {}
    assert limits_of("chat", {}, 5) == {"max_completion_tokens": 5}
    assert limits_of("chat", {"max_tokens": 9}, 5) == {"max_tokens": 5}
    assert limits_of("chat", {"max_tokens": 3}, 5) == {}
    assert limits_of("responses", {}, 5) == {"max_output_tokens": 5}
    assert limits_of("completions", {}, None) == {"max_tokens": 256}


def test_usage_of_every_door():
    chat = {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 3}}
    response = {"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 3}}
    assert usage_of({"usage": chat}) == usage_of({"usage": response}) == (9, 4, 3)
    assert usage_of({"usage": {"prompt_tokens": 9}}) == (9, 0, 0)
    assert usage_of({}) is None


_TEXT = st.text(max_size=60)
_MESSAGES = st.lists(st.builds(lambda text: {"role": "user", "content": text}, _TEXT), min_size=1, max_size=4)


@settings(max_examples=25)
@given(messages=_MESSAGES, most=st.integers(1, 40))
def test_no_answer_costs_more_than_was_set_aside(platform, messages, most):
    """Nor does any other door's."""
    budget = Budget(platform.model, DAY, 1.0)
    for door, path, body in (
        ("chat", "/v1/chat/completions", {"messages": messages, "max_tokens": most}),
        ("responses", "/v1/responses", {"input": messages, "max_output_tokens": max(16, most)}),
    ):
        data = msgspec.json.encode({"model": platform.model, **body})
        answer = platform.simulator(
            Request("POST", path, Headers({"authorization": "Bearer sk-simulated"}), data)
        )
        assert answer.status == 200
        assert budget.price.of(*usage_of(msgspec.json.decode(answer.body))) <= budget.worst(door, body)
