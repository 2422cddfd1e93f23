"""Rate-limit headers, of chats only (FACTS.md §6)."""

from datetime import date

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.profile import Profile
from drytune_simulator.rates import Rates, span

DAY = date(2026, 3, 1)
HELLO = [{"role": "user", "content": "Hello"}]
PREFIX = "x-ratelimit-"


@pytest.fixture
def asked():
    """The rate-limit headers of a chat."""

    def run(client, model="gpt-4o-mini", **options):
        raw = client.chat.completions.with_raw_response.create(model=model, messages=HELLO, **options)
        return {
            name.removeprefix(PREFIX): value for name, value in raw.headers.items() if name.startswith(PREFIX)
        }

    return run


def test_a_chat_tells_its_limits(simulator, connect, asked):
    """For requests and tokens, and for the tokens of the project."""
    one = simulator(DAY)
    client = connect(one)
    told = asked(client)
    tokens = int(told["remaining-tokens"])
    assert told == {
        "limit-requests": "10000",
        "limit-tokens": "2000000",
        "limit-project-tokens": "2000000",
        "remaining-requests": "9999",
        "remaining-tokens": str(tokens),
        "remaining-project-tokens": str(tokens),
        "reset-requests": "1m0s",
        "reset-tokens": "1m0s",
        "reset-project-tokens": "1m0s",
    }
    one.clock.advance(45.5)
    told = asked(client)
    assert (told["remaining-requests"], told["reset-requests"]) == ("9998", "14.5s")
    assert int(told["remaining-tokens"]) == 2_000_000 - 2 * (2_000_000 - tokens)
    one.clock.advance(14.5)
    assert asked(client)["remaining-requests"] == "9999"


def test_a_long_answer_may_be_asked_for(simulator, connect, asked):
    """What may be answered counts where that is more than the question."""
    told = asked(connect(simulator(DAY)), max_completion_tokens=1000)
    assert told["remaining-tokens"] == "1999000"


def test_each_model_and_each_key_has_its_own(simulator, connect, asked):
    """A snapshot and its floating name are one model."""
    one = simulator(DAY)
    client = connect(one)
    asked(client)
    assert asked(client, "gpt-4o-mini-2024-07-18")["remaining-requests"] == "9998"
    assert asked(client, "gpt-4.1")["remaining-requests"] == "9999"
    assert asked(connect(one, key="sk-other"))["remaining-requests"] == "9999"


def test_a_stream_tells_them_too(simulator, connect):
    """Before its first chunk."""
    client = connect(simulator(DAY))
    with client.chat.completions.with_streaming_response.create(
        model="gpt-4o-mini", messages=HELLO, stream=True
    ) as response:
        assert response.headers["x-ratelimit-remaining-requests"] == "9999"


def test_files_jobs_and_models_tell_none(simulator, connect, uploaded):
    """FACTS.md §6."""
    client = connect(simulator(DAY))
    raws = [
        client.files.with_raw_response.list(),
        client.models.with_raw_response.list(),
        client.fine_tuning.jobs.with_raw_response.create(model="gpt-4o-mini", training_file=uploaded(client)),
    ]
    assert not [name for raw in raws for name in raw.headers if name.startswith(PREFIX)]


def test_too_many_requests_are_let_through_unless_limits_are_enforced(simulator, connect, asked):
    """Nothing remains, but the answer comes."""
    client = connect(simulator(DAY, profile=Profile(requests_per_minute=1)))
    assert [asked(client)["remaining-requests"] for _ in range(3)] == ["0", "0", "0"]


def test_enforced_requests(simulator, connect, asked, refused):
    """In the platform's words; the client is told when, and not to wait by itself."""
    one = simulator(DAY, profile=Profile(requests_per_minute=2, enforce_rates=True))
    client = connect(one, organization="org-lab")
    for _ in range(2):
        asked(client)
    one.clock.advance(39.5)
    told, headers = refused(client.chat.completions.create, model="gpt-4o-mini", messages=HELLO)
    message = (
        "Rate limit reached for gpt-4o-mini-2024-07-18 in organization org-lab on requests per min "
        "(RPM): Limit 2, "
        "Used 2, Requested 1. Please try again in 20.5s. Visit "
        "https://platform.openai.com/account/rate-limits to "
        "learn more."
    )
    assert told == (429, "requests", "rate_limit_exceeded", None, message)
    assert (headers["retry-after"], headers["x-should-retry"]) == ("21", "false")
    assert headers["x-ratelimit-remaining-requests"] == "0"
    one.clock.advance(20.5)
    assert asked(client)["remaining-requests"] == "1"


def test_enforced_tokens(simulator, connect, refused):
    """One request may be too much."""
    client = connect(simulator(DAY, profile=Profile(tokens_per_minute=100, enforce_rates=True)))
    with pytest.raises(openai.RateLimitError, match=r"Limit 100, Used 0, Requested 101\."):
        client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, max_tokens=101)
    assert client.chat.completions.create(model="gpt-4o-mini", messages=HELLO, max_tokens=100).choices


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (360, "6m0s"), (1, "1s"), (60, "1m0s"), (59.9994, "1m0s"), (8.64, "8.64s"), (0.12, "120ms"),
        (0.00001, "1ms"), (0, "0ms"), (90.5, "1m30.5s"),
    ],
)  # fmt: skip
def test_a_time_is_written_as_recorded(seconds, text):
    """Rounded up to a millisecond."""
    assert span(seconds) == text


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 200), st.integers(1, 50)), max_size=40))
def test_what_was_let_in_never_exceeds_the_limit(asked):
    """In no minute, of nobody; and what was not let in was too much."""
    rates, used = Rates(), {}
    now = 0.0
    for key, pause, tokens in asked:
        now += pause
        minute = used.setdefault((key, now // 60), [])
        window = rates.use(key, now, tokens, (5, 100))
        if window.full is None:
            minute.append(tokens)
        else:
            assert len(minute) == 5 or sum(minute) + tokens > 100
        assert (window.requests, window.tokens) == (len(minute), sum(minute))
        assert len(minute) <= 5
        assert sum(minute) <= 100
        assert 0 < window.reset <= 60
