"""`/v1/moderations`, as the official SDK asks: what is flagged, and that it says it is simulated."""

from __future__ import annotations

import openai
import pytest

from drytune_simulator.inference.moderations_words import CATEGORIES, OF_IMAGES, PHRASES

CAT = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}


def text(said: str) -> dict[str, str]:
    return {"type": "text", "text": said}


def flagged(result) -> set[str]:
    """The names of the categories that are flagged, as on the wire."""
    return {name for name, yes in result.categories.model_dump(by_alias=True).items() if yes}


def scores(result) -> dict[str, float]:
    return result.category_scores.model_dump(by_alias=True, exclude_unset=True)


def applied(result) -> dict[str, list[str]]:
    return result.category_applied_input_types.model_dump(by_alias=True)


def test_a_harmless_text_passes_and_one_with_a_phrase_does_not(client):
    """Each text has a result of its own; all categories are told."""
    answer = client.moderations.create(input=["I forgot to water my houseplants!", "I want to  HURT you."])
    good, bad = answer.results
    assert (good.flagged, flagged(good)) == (False, set())
    assert (bad.flagged, flagged(bad)) == (True, {"harassment/threatening", "violence"})
    for result in (good, bad):
        assert set(scores(result)) == set(CATEGORIES)
        assert all(0 <= score <= 1 for score in scores(result).values())
        assert applied(result) == {name: ["text"] for name in CATEGORIES}
    assert min(scores(bad)[name] for name in flagged(bad)) > 0.8
    assert max(scores(good).values()) < 0.01
    assert (answer.model, answer.id[:5]) == ("omni-moderation-latest", "modr-")


def test_it_says_that_it_is_simulated_and_costs_nothing(client):
    """No limits are told, as in recorded answers."""
    raw = client.moderations.with_raw_response.create(input="x")
    assert raw.headers["x-drytune"] == "simulated"
    assert not [name for name in raw.headers if name.startswith("x-ratelimit")]


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_test_can_flag_what_it_wants(client, category):
    """In a text or in the address of an image, where the category knows images."""
    (result,) = client.moderations.create(input=f"Hello drytune:flag:{category}, bye").results
    assert flagged(result) == {category}
    image = {"type": "image_url", "image_url": {"url": f"https://example.com/drytune%3Aflag:{category}"}}
    (result,) = client.moderations.create(input=[image]).results
    assert flagged(result) == ({category} if category in OF_IMAGES else set())


@pytest.mark.parametrize(
    ("category", "phrase"), [(name, phrase) for name, phrases in PHRASES.items() for phrase in phrases]
)
def test_every_phrase_flags_its_category(client, category, phrase):
    """Whatever its case and blanks, but not within a longer word."""
    written = phrase.title().replace(" ", "\n ")
    one, inside = client.moderations.create(input=[f"Well: {written}!", f"x{phrase}x"]).results
    assert category in flagged(one)
    assert category not in flagged(inside)


def test_parts_are_looked_at_together(client):
    """One result; what was looked at for a score is told, and is 0 where nothing was."""
    (both,) = client.moderations.create(input=[text("They killed my plants."), text("Sad."), CAT]).results
    assert flagged(both) == {"violence"}
    assert applied(both) == {
        name: ["text", "image"] if name in OF_IMAGES else ["text"] for name in CATEGORIES
    }
    (image,) = client.moderations.create(input=[CAT]).results
    assert applied(image) == {name: ["image"] if name in OF_IMAGES else [] for name in CATEGORIES}
    assert {name for name, score in scores(image).items() if score == 0} == set(CATEGORIES) - OF_IMAGES


@pytest.mark.parametrize("model", ["text-moderation-latest", "text-moderation-stable"])
def test_the_older_models_answer_as_recorded(client, model):
    """With their snapshot's name, nothing of the illicit, and no types of input."""
    answer = client.moderations.create(model=model, input="how to shoplift drytune:flag:violence")
    assert answer.model == "text-moderation-007"
    (result,) = answer.results
    assert flagged(result) == {"violence"}
    assert not any(name.startswith("illicit") for name in scores(result))
    assert result.category_applied_input_types is None


def test_the_same_text_has_the_same_scores(client):
    """Another has others."""
    one, again, other = client.moderations.create(input=["a b", "a  B", "a c"]).results
    assert one == again != other


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "Missing required parameter: 'input'."),
        ({"input": None}, 400, "Missing required parameter: 'input'."),
        ({"input": []}, 400, "Invalid 'input': empty array."),
        ({"input": 1}, 400, "Invalid type for 'input'"),
        ({"input": ["a", 1]}, 400, "Invalid type for 'input[1]'"),
        ({"input": ["a", text("b")]}, 400, "Invalid type for 'input[0]': expected an object"),
        ({"input": "a", "temperature": 1}, 400, "Unknown parameter: 'temperature'."),
        ({"input": [{"text": "a"}]}, 400, "Missing required parameter: 'input[0].type'."),
        ({"input": [{"type": "audio"}]}, 400, "Invalid value: 'audio'."),
        ({"input": [{"type": "text"}]}, 400, "Missing required parameter: 'input[0].text'."),
        ({"input": [{**text("a"), "x": 1}]}, 400, "Unknown parameter: 'input[0].x'."),
        ({"input": [{"type": "image_url", "image_url": {}}]}, 400, "Missing required parameter"),
        (
            {"input": [{"type": "image_url", "image_url": {"url": "cat.png"}}]},
            400,
            "Invalid 'input[0].image_url",
        ),
        ({"input": [CAT, CAT]}, 400, "Number of images (2) exceeds maximum of 1"),
        (
            {"input": [CAT], "model": "text-moderation-latest"},
            400,
            "The model 'text-moderation-latest' does not",
        ),
        ({"input": "a", "model": "gpt-4o-mini"}, 400, ""),
        ({"input": "a", "model": "omni-moderation-2"}, 404, "The model `omni-moderation-2` does not exist"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_fit_is_refused(refused, body, status, said):
    """In the words of the newer routes."""
    refusal = refused("/moderations", body)
    assert refusal.status_code == status
    assert refusal.body["message"].startswith(said)


def test_the_refusal_of_several_images_is_as_recorded(refused):
    """With its param and code."""
    refusal = refused("/moderations", {"input": [CAT, CAT]})
    assert (refusal.param, refusal.code) == ("input", "too_many_images")


def test_a_pipeline_can_moderate_its_data_before_it_pays(client, good):
    """What the guide to fine-tuning recommends."""
    spoiled = [*good, {"messages": [{"role": "user", "content": "How to shoplift?"}]}]
    kept = [
        one
        for one in spoiled
        if not any(
            result.flagged
            for result in client.moderations.create(
                input=[message["content"] for message in one["messages"]]
            ).results
        )
    ]
    assert kept == good


@pytest.mark.parametrize("model", ["omni-moderation-2024-09-26", "text-moderation-latest"])
@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.anyio
async def test_the_sdk_takes_every_answer_strictly(strict, kind, model):
    """In the form of the specification the older models tell all fields too."""
    request = {"model": model, "input": ["a", "b"]}
    if kind == "sync":
        with strict("sync") as client:
            assert client.moderations.create(**request).results
            assert client.moderations.with_raw_response.create(**request).parse().results
            with client.moderations.with_streaming_response.create(**request) as response:
                assert response.parse().results
        return
    async with strict("async") as client:
        assert (await client.moderations.create(**request)).results
        raw = await client.moderations.with_raw_response.create(**request)
        assert raw.parse().results
        async with client.moderations.with_streaming_response.create(**request) as response:
            assert (await response.parse()).results


def test_moderation_models_are_listed(client):
    """Those that the platform lists."""
    listed = {model.id for model in client.models.list()}
    assert {"omni-moderation-latest", "omni-moderation-2024-09-26"} <= listed
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("text-moderation-latest")


def test_the_documentation_has_every_phrase(root):
    """A row for each category, in order."""
    page = (root / "docs" / "moderations.md").read_text("utf-8")
    for name in CATEGORIES:
        images = "yes " if name in OF_IMAGES else ""
        phrases = " · ".join(PHRASES[name])
        assert f"| `{name}` | {images}| {phrases}{' ' if phrases else ''}|\n" in page
