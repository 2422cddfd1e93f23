"""How long answers take: until their first token, and from token to token; nobody waits for it here."""

import pytest

from drytune_simulator import Fault, FaultPlan, Profile, Say, Script

DOORS = ["chat", "respond", "complete"]
TEXT = "one two three four five six seven eight nine ten"
TOKENS = 10


def delays(response) -> list[float]:
    """Of a stream, when each of its events is due after the one before it."""
    assert not isinstance(response.body, bytes)
    return [chunk.delay for chunk in response.body]


@pytest.mark.parametrize("door", DOORS)
def test_by_default_all_is_there_at_once(scripted, door):
    """Plain and streamed."""
    world = scripted(Script(TEXT))
    assert world.posted(door).delay == 0
    assert not any(delays(world.posted(door, stream=True)))


@pytest.mark.parametrize("door", DOORS)
def test_a_stream_has_a_first_token_and_a_rate(paced, door):
    """The first event comes after `first_token`, and each token takes its time."""
    world = paced(Script(TEXT), first_token=2.0, tokens_per_second=4.0)
    streamed = delays(world.posted(door, stream=True))
    assert streamed[0] == 2.0
    assert set(streamed[1:]) == {0.0, 0.25}
    # in a stream of completions the first token is the first event
    assert sum(streamed[1:]) == pytest.approx(0.25 * (TOKENS - (door == "complete")))


@pytest.mark.parametrize("door", DOORS)
def test_a_plain_answer_takes_as_long_as_its_stream(paced, door):
    """But for a token or two that the usage counts and no event shows."""
    world = paced(Script(TEXT), first_token=2.0, tokens_per_second=4.0)
    plain = world.posted(door)
    assert isinstance(plain.body, bytes)
    assert plain.delay == pytest.approx(sum(delays(world.posted(door, stream=True))), abs=1.0)
    assert plain.delay >= 2.0 + 0.25 * (TOKENS - 1)


@pytest.mark.parametrize("door", ["chat", "respond"])
def test_refusals_are_paced_as_well(paced, door):
    """Each of their tokens."""
    world = paced(Script(Say(refusal=TEXT)), tokens_per_second=4.0)
    assert sum(delays(world.posted(door, stream=True))) == pytest.approx(0.25 * TOKENS, abs=0.5)


@pytest.mark.parametrize("door", DOORS)
def test_jitter_makes_times_longer_and_shorter(paced, door):
    """Within its part, not all alike, and the same for the same seed and request."""

    def runs() -> list[float]:
        world = paced(Script(TEXT), first_token=2.0, tokens_per_second=4.0, jitter=0.5)
        return delays(world.posted(door, stream=True))

    first, again = runs(), runs()
    assert first == again
    assert 1.0 <= first[0] <= 3.0
    rest = [delay for delay in first[1:] if delay]
    assert len(set(rest)) > 5
    assert all(0.125 <= delay <= 0.375 for delay in rest)


@pytest.mark.parametrize("door", DOORS)
def test_a_script_may_wait_before_its_first_token(paced, door):
    """Beside what every answer waits; without any other speed as well."""
    script = Script([Say(TEXT, delay=1.5), Say(TEXT, delay="1500ms"), TEXT])
    world = paced(script, first_token=2.0)
    assert world.posted(door).delay == 3.5
    assert delays(world.posted(door, stream=True))[0] == 3.5
    assert world.posted(door).delay == 2.0
    alone = paced(Script(Say(TEXT, delay=1.5)))
    assert alone.posted(door).delay == 1.5
    streamed = delays(alone.posted(door, stream=True))
    assert (streamed[0], sum(streamed)) == (1.5, 1.5)


def test_what_runs_in_the_background_is_answered_at_once(paced):
    """The response is only created then."""
    world = paced(Script(TEXT), first_token=2.0)
    assert world.posted("respond", background=True).delay == 0


def test_clients_see_the_times(paced):
    """A client with less patience than an answer takes gives up; in-process nobody waits for it."""
    import openai

    world = paced(Script(TEXT), first_token=30.0)
    assert world.chat().text == TEXT
    with pytest.raises(openai.APITimeoutError):
        world.client.with_options(timeout=20.0).chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello!"}]
        )


@pytest.mark.parametrize("door", DOORS)
def test_a_fault_slows_the_streams_of_all_doors(scripted, door):
    """Time to first token, and events a second, about as many as tokens; the headers tell who spoke."""
    plan = FaultPlan([Fault("*", "slow", first_token=2.0, tokens_per_second=4.0)])
    world = scripted(Script(TEXT), faults=plan)
    response = world.posted(door, stream=True)
    assert response.headers["x-drytune-fault"] == "1"
    assert response.headers["x-drytune-layer"] == "scripted"
    streamed = delays(response)
    assert streamed[0] == 2.0
    assert set(streamed[1:]) == {0.25}
    assert len(streamed) >= TOKENS


@pytest.mark.parametrize(
    "speed", [{"first_token": -1}, {"tokens_per_second": 0}, {"jitter": 1.5}, {"jitter": float("nan")}]
)
def test_a_profile_refuses_what_no_answer_can_take(speed):
    """In a sentence."""
    with pytest.raises(ValueError, match="a stream's"):
        Profile(**speed)
