"""How often a recorded answer is given: questions as often as anybody asks, changes as often as recorded."""

import pytest

from drytune.handlers.replay import Replay

CHAT = "/v1/chat/completions"
HELLO = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def answers(ask):
    def given(replay, times, path=CHAT, value=HELLO):
        return [ask(replay, "POST", path, value)[1].get("id") for _ in range(times)]

    return given


def test_a_question_gets_its_recorded_answers_in_order_and_then_round_and_round(
    make_cassette, make_exchange, answers
):
    replay = Replay(make_cassette(*(make_exchange("POST", CHAT, HELLO, {"id": n}) for n in range(3))))
    assert answers(replay, 8) == [0, 1, 2, 0, 1, 2, 0, 1]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/responses",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/moderations",
        "/v1/responses/input_tokens",
        "/openai/deployments/mine/chat/completions",
    ],
)
def test_these_are_questions(make_cassette, make_exchange, answers, path):
    replay = Replay(make_cassette(make_exchange("POST", path, HELLO, {"id": 1})))
    assert answers(replay, 3, path) == [1, 1, 1]


def test_accidents_do_not_come_round(make_cassette, make_exchange, ask):
    statuses = [429, 200, 500, 200]
    replay = Replay(make_cassette(*(make_exchange("POST", CHAT, HELLO, {}, status=one) for one in statuses)))
    assert [ask(replay, "POST", CHAT, HELLO)[0] for _ in range(7)] == [*statuses, 200, 200, 200]


def test_a_refusal_that_was_all_there_was_is_the_answer(make_cassette, make_exchange, ask):
    refusals = [make_exchange("POST", CHAT, HELLO, {"error": {}}, status=one) for one in (429, 400)]
    replay = Replay(make_cassette(*refusals))
    assert [ask(replay, "POST", CHAT, HELLO)[0] for _ in range(4)] == [429, 400, 400, 400]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/files"),
        ("POST", "/v1/fine_tuning/jobs"),
        ("POST", "/v1/fine_tuning/jobs/ftjob-1/cancel"),
        ("DELETE", "/v1/models/ft:m:o::1"),
        ("POST", "/v1/responses/resp_1/cancel"),
    ],
)
def test_a_change_happens_as_often_as_it_was_recorded(
    make_cassette, make_exchange, ask, refused, method, path
):
    cassette = make_cassette(*(make_exchange(method, path, HELLO, {"id": n}) for n in range(2)))
    replay = Replay(cassette)
    assert [ask(replay, method, path, HELLO)[1]["id"] for _ in range(2)] == [0, 1]
    said = refused(replay, method, path, HELLO)
    assert said == (
        f"nothing recorded answers {method} {path}: exchanges 1, 2 do, but it was recorded 2 times and all have "
        "been given; `repeats` gives them again"
    )
    again = Replay(cassette, repeats=True)
    assert [ask(again, method, path, HELLO)[1]["id"] for _ in range(5)] == [0, 1, 0, 1, 0]


def test_parallel_calls_may_come_in_any_order(make_cassette, make_exchange, ask):
    def line(n):
        return {"model": "m", "messages": [{"role": "user", "content": str(n)}]}

    replay = Replay(make_cassette(*(make_exchange("POST", CHAT, line(n), {"id": n}) for n in range(50))))
    for n in sorted(range(50), key=lambda n: n * 37 % 50):
        assert ask(replay, "POST", CHAT, line(n)) == (200, {"id": n})
    assert replay.unused() == []


def test_threads_share_a_replay(make_cassette, make_exchange, ask):
    from concurrent.futures import ThreadPoolExecutor

    replay = Replay(
        make_cassette(*(make_exchange("POST", "/v1/files", HELLO, {"id": n}) for n in range(200)))
    )
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: ask(replay, "POST", "/v1/files", HELLO)[1]["id"], range(200)))
    assert sorted(got) == list(range(200))
    assert replay.played == 200
