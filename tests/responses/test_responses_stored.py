"""What is kept of a response: retrieved, listed, continued, deleted, cancelled; nobody sees another's."""

from __future__ import annotations

import openai
import pytest

from drytune.clients import simulated
from drytune_simulator import Simulator
from drytune_simulator.clock import ManualClock

BASE = "gpt-4o-mini"


def test_a_response_is_there_again(client, tuned):
    """Unchanged; streamed or not."""
    plain = client.responses.create(model=tuned, input="Count to 3.")
    assert client.responses.retrieve(plain.id) == plain
    with client.responses.stream(model=tuned, input="Count to 3.") as stream:
        final = stream.get_final_response()
    assert client.responses.retrieve(final.id).output_text == "1 2 3"
    raw = client.responses.with_raw_response.retrieve(plain.id)
    assert raw.parse() == plain


def test_a_deleted_response_is_gone(client, tuned):
    """404 in the recorded words; what goes on from it keeps the conversation."""
    first = client.responses.create(model=tuned, input="Count to 3.")
    second = client.responses.create(model=tuned, input="Count to 4.", previous_response_id=first.id)
    client.responses.delete(first.id)
    for call in (client.responses.retrieve, client.responses.delete, client.responses.input_items.list):
        with pytest.raises(openai.NotFoundError, match=f"Response with id '{first.id}' not found."):
            call(first.id)
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(model=tuned, input="?", previous_response_id=first.id)
    assert refused.value.code == "previous_response_not_found"
    assert len(list(client.responses.input_items.list(second.id))) == 3
    assert client.responses.create(model=tuned, input="Count to 5.", previous_response_id=second.id)


def test_deletion_says_what_was_recorded(post, simulator, client):
    """The specification has another word for the object."""
    made = client.responses.create(model=BASE, input="Hi")
    raw = client.responses.with_raw_response.delete(made.id)
    assert raw.http_response.json() == {"id": made.id, "object": "response.deleted", "deleted": True}


def test_what_is_not_stored_is_not_there(client, tuned):
    """`store` false: answered, and forgotten."""
    made = client.responses.create(model=tuned, input="Count to 3.", store=False)
    assert made.store is False
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)
    with pytest.raises(openai.BadRequestError, match="Previous response with id"):
        client.responses.create(model=tuned, input="?", previous_response_id=made.id)


def test_nobody_sees_another_s(client, stranger, tuned):
    """Neither the response nor what refers to it."""
    made = client.responses.create(model=BASE, input="Hi")
    for call in (stranger.responses.retrieve, stranger.responses.delete, stranger.responses.cancel):
        with pytest.raises(openai.NotFoundError):
            call(made.id)
    with pytest.raises(openai.BadRequestError):
        stranger.responses.create(model=BASE, input="?", previous_response_id=made.id)
    with pytest.raises(openai.NotFoundError, match="Item with id"):
        stranger.responses.create(model=BASE, input=[{"type": "item_reference", "id": made.output[0].id}])


def test_input_items_are_listed_newest_first(client, tuned, weather_tool):
    """With those before, as recorded; or in their order."""
    first = client.responses.create(model=tuned, input="Weather in Porto?", tools=[weather_tool])
    result = {"type": "function_call_output", "call_id": first.output[0].call_id, "output": "22 and windy"}
    second = client.responses.create(model=tuned, input=[result], previous_response_id=first.id)
    listed = list(client.responses.input_items.list(second.id))
    assert [item.type for item in listed] == ["function_call_output", "function_call", "message"]
    assert listed[1].id == first.output[0].id
    assert [item.id[:3] for item in listed] == ["fc_", "fc_", "msg"]
    assert listed[2].content[0].to_dict() == {"type": "input_text", "text": "Weather in Porto?"}
    assert list(client.responses.input_items.list(second.id, order="asc")) == listed[::-1]
    # the next question lists the answer too
    third = client.responses.create(model=tuned, input="Thanks!", previous_response_id=second.id)
    assert len(list(client.responses.input_items.list(third.id))) == 5


def test_input_items_come_in_pages(client):
    """By `after` and `limit`, to the end."""
    asked = [{"role": "user", "content": str(number)} for number in range(7)]
    made = client.responses.create(model=BASE, input=asked)
    page = client.responses.input_items.list(made.id, limit=3)
    assert (len(page.data), page.has_more) == (3, True)
    said = [item.content[0].text for item in page]
    assert said == [str(number) for number in reversed(range(7))]
    (last,) = client.responses.input_items.list(made.id, order="asc", after=page.data[1].id)
    assert last.content[0].text == "6"
    with pytest.raises(openai.BadRequestError, match="no object with the id"):
        client.responses.input_items.list(made.id, after="msg_no")


def test_items_may_be_referred_to(client, tuned, weather_tool):
    """By the id of what was asked or answered before."""
    first = client.responses.create(model=tuned, input="Weather in Porto?", tools=[weather_tool])
    (asked,) = client.responses.input_items.list(first.id)
    call = first.output[0]
    items = [
        {"type": "item_reference", "id": asked.id},
        {"id": call.id},
        {"type": "function_call_output", "call_id": call.call_id, "output": "22 and windy"},
    ]
    response = client.responses.create(model=tuned, input=items, tools=[weather_tool])
    assert response.output_text == "Windy, 22 degrees."


def test_instructions_are_not_carried_over(client, tuned):
    """As documented: each response has its own."""
    first = client.responses.create(model=tuned, instructions="You purr.", input="Hello!")
    second = client.responses.create(model=tuned, input="Count to 3.", previous_response_id=first.id)
    assert second.instructions is None
    both = [
        {"role": "user", "content": "Hello!"},
        *first.output,
        {"role": "user", "content": "Count to 3."},
    ]
    assert client.responses.create(model=tuned, input=both).usage.input_tokens == second.usage.input_tokens


def test_what_runs_in_the_background_takes_its_time(client, tuned):
    """Queued, in progress, completed: each look moves it on, as with a job."""
    made = client.responses.create(model=tuned, input="Count to 3.", background=True)
    assert (made.status, made.output, made.usage) == ("queued", [], None)
    assert client.responses.retrieve(made.id).status == "in_progress"
    done = client.responses.retrieve(made.id)
    assert (done.status, done.output_text) == ("completed", "1 2 3")
    assert done.completed_at == made.created_at + 2
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a completed response"):
        client.responses.cancel(made.id)


def test_what_runs_in_the_background_can_be_cancelled(client, tuned):
    """Also twice; it stays so."""
    made = client.responses.create(model=tuned, input="Count to 3.", background=True)
    cancelled = client.responses.cancel(made.id)
    assert (cancelled.status, cancelled.output) == ("cancelled", [])
    assert client.responses.cancel(made.id) == cancelled == client.responses.retrieve(made.id)


def test_what_was_cancelled_has_said_nothing(client, tuned):
    """Whoever goes on from it hears only the question."""
    made = client.responses.create(model=tuned, input="Count to 3.", background=True)
    client.responses.cancel(made.id)
    after = client.responses.create(model=tuned, input="Count to 4.", previous_response_id=made.id)
    assert len(list(client.responses.input_items.list(after.id))) == 2


def test_other_responses_cannot_be_cancelled(client):
    """They are over before anybody could."""
    made = client.responses.create(model=BASE, input="Hi")
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(made.id)


def test_a_stream_from_the_background_can_be_taken_up(client, tuned):
    """From the event behind the last one that was seen."""
    asked = {"model": tuned, "input": "Count to 8.", "background": True}
    events = list(client.responses.create(**asked, stream=True))
    kinds = [event.type for event in events]
    assert kinds[:3] == ["response.created", "response.queued", "response.in_progress"]
    made = events[0].response
    assert made.status == "queued"
    assert list(client.responses.retrieve(made.id, stream=True)) == events
    rest = list(client.responses.retrieve(made.id, stream=True, starting_after=6))
    assert rest == events[7:]
    with client.responses.stream(response_id=made.id, starting_after=6) as stream:
        assert stream.get_final_response().output_text == "1 2 3 4 5 6 7 8"


@pytest.mark.parametrize(
    ("options", "needed"),
    [({}, "background"), ({"stream": True}, "background"), ({"background": True}, "stream")],
)
def test_other_responses_cannot_be_streamed_again(post, client, options, needed):
    """Their events are not kept."""
    _, body, _ = post({"model": BASE, "input": "Hi", **options})
    identity = body[0]["response"]["id"] if isinstance(body, list) else body["id"]
    with pytest.raises(openai.BadRequestError, match=f"not created with {needed}=true"):
        client.responses.retrieve(identity, stream=True)


def test_after_thirty_days_it_is_gone():
    """As documented; what is not to be stored and runs in the background, after ten minutes."""
    clock = ManualClock()
    simulator = Simulator(clock=clock)
    with simulated(simulator, max_retries=0) as client:
        made = client.responses.create(model=BASE, input="Hi")
        passing = client.responses.create(model=BASE, input="Hi", background=True, store=False)
        assert client.responses.retrieve(passing.id).status == "queued"
        clock.advance(600)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(passing.id)
        clock.advance(30 * 86_400 - 601)
        assert client.responses.retrieve(made.id) == made
        clock.advance(1)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(made.id)
    simulator.close()


def test_a_store_that_outlives_the_process_keeps_them(tmp_path):
    """And no id comes twice."""
    from drytune_simulator.store import Store

    made = []
    for _ in range(2):
        simulator = Simulator(store=Store(tmp_path))
        with simulated(simulator, max_retries=0) as client:
            made.append(client.responses.create(model=BASE, input="Hi"))
            assert client.responses.retrieve(made[0].id) == made[0]
        simulator.close()
    assert made[0].id != made[1].id
