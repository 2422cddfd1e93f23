"""The catalog: models as data, found by every name they go by."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator import catalog
from drytune_simulator.catalog import (
    Price,
    TunedName,
    UnknownModelError,
    UntunableModelError,
    aliases_of,
    find,
    models,
    timeline,
)

LAUNCH = date(2023, 9, 1)


@pytest.mark.parametrize(
    ("name", "day", "snapshot"),
    [
        ("gpt-4.1-mini-2025-04-14", None, "gpt-4.1-mini-2025-04-14"),
        ("gpt-4.1-mini", None, "gpt-4.1-mini-2025-04-14"),
        ("gpt-4o", None, "gpt-4o-2024-08-06"),
        ("gpt-4o", date(2020, 1, 1), "gpt-4o-2024-08-06"),
        ("gpt-3.5-turbo", None, "gpt-3.5-turbo-0125"),
        ("gpt-3.5-turbo", date(2023, 1, 1), "gpt-3.5-turbo-0613"),
        ("gpt-3.5-turbo", LAUNCH, "gpt-3.5-turbo-0613"),
        ("gpt-3.5-turbo", date(2023, 12, 1), "gpt-3.5-turbo-1106"),
        ("gpt-3.5-turbo", date(2026, 1, 1), "gpt-3.5-turbo-0125"),
        ("ft:gpt-4.1-mini-2025-04-14:acme::abcDEF12", None, "gpt-4.1-mini-2025-04-14"),
        ("ft:gpt-3.5-turbo-0613:personal:cat:abcDEF12:ckpt-step-9", None, "gpt-3.5-turbo-0613"),
    ],
)
def test_names(name, day, snapshot):
    """Snapshots, floating names on a day, and tuned models all lead to a base model."""
    assert find(name, day).id == snapshot


@pytest.mark.parametrize("name", ["ft:gpt-4.1-nano:o:s:abcDEF12", "ft:o4-mini-2025-04-16:o::abcDEF12"])
def test_tuned_models_have_the_encoding_of_their_base(name):
    """Names that tiktoken 0.14 maps wrongly or not at all (FACTS.md §1.4)."""
    assert find(name).encoding == "o200k_base"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("gpt4o-mini", "gpt-4o-mini"),
        ("gpt-4.1-mino", "gpt-4.1-mini"),
        ("gpt-3.5-turbo-0126", "gpt-3.5-turbo-0125"),
        ("gpt-4.1-mini-2025-04-15", "gpt-4.1-mini-2025-04-14"),
        ("gpt-4o-mini-2024", "gpt-4o-mini-2024-07-18"),
        ("gpt-4.1-mini-latest", "gpt-4.1-mini"),
        ("GPT-4o-mini", "gpt-4o-mini"),
        ("gpt 4.1 mini", "gpt-4.1-mini"),
        ("gpt_4o", "gpt-4o"),
        ("gpt-4o ", "gpt-4o"),
        ("gpt-3.5", "gpt-3.5-turbo"),
        ("gpt-35-turbo", "gpt-3.5-turbo"),
        ("o4mini", "o4-mini"),
        ("davinci", "davinci-002"),
        ("ft:gpt4o-mini:acme::abcDEF12", "gpt-4o-mini"),
    ],
)
def test_unknown_names_the_nearest(name, nearest):
    """An unknown name is an error of one sentence that names what looks like it."""
    with pytest.raises(UnknownModelError) as caught:
        find(name)
    assert (caught.value.name, caught.value.nearest[0]) == (name, nearest)
    assert str(caught.value) == f"Unknown model {name!r}; did you mean {' or '.join(caught.value.nearest)}?"


@pytest.mark.parametrize(
    "name",
    [
        "llama-3-8b",
        "mistral-7b",
        "claude-3-haiku",
        "gemini-1.5-flash",
        "my-vendor-model",
        "",
        "ft:",
        "x" * 500,
    ],
)
def test_other_vendors_names_are_like_nothing(name):
    """A name that is no typing mistake is not mended; some models that can be tuned are told."""
    with pytest.raises(UnknownModelError) as caught:
        find(name)
    assert caught.value.nearest == ()
    assert str(caught.value).endswith("; some that can be tuned are gpt-4.1-mini and gpt-4o-mini.")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "name",
    ["gpt-5", "gpt-5-mini", "GPT-5-mini", "gpt-5.4-nano", "gpt-4-turbo", "gpt-4.5-preview", "o1", "o3-mini",
     "gpt-4o-mini-tts", "gpt-4o-realtime-preview", "chatgpt-4o-latest", "gpt-3.5-turbo-instruct", "gpt-oss-20b",
     "text-embedding-3-small", "ft:gpt-5-mini:acme::abcDEF12"],
)  # fmt: skip
def test_models_that_cannot_be_tuned_say_so(name):
    """A model of OpenAI's that was never offered for tuning is no unknown one; what can be tuned is told."""
    with pytest.raises(UntunableModelError) as caught:
        find(name)
    one, other = caught.value.nearest
    assert str(caught.value) == f"{name!r} cannot be fine-tuned; of OpenAI's models {one} and {other} can."
    assert find(one).methods
    assert find(other).methods


def test_no_model_is_called_untunable_by_mistake():
    """Each name and each floating name of the catalog is found, whatever the patterns of other models say."""
    for model in models():
        for name in (model.id, *model.aliases, f"ft:{model.id}:acme::abcDEF12"):
            assert find(name) is model


@pytest.mark.parametrize(
    ("name", "day", "aliases"),
    [
        ("gpt-4.1-mini-2025-04-14", None, ("gpt-4.1-mini",)),
        ("gpt-3.5-turbo-0125", None, ("gpt-3.5-turbo",)),
        ("gpt-3.5-turbo-0613", None, ()),
        ("gpt-3.5-turbo-0613", LAUNCH, ("gpt-3.5-turbo",)),
        ("gpt-3.5-turbo-0125", LAUNCH, ()),
    ],
)
def test_floating_names_of_a_model(name, day, aliases):
    """A floating name belongs to the model that it means on the day."""
    assert aliases_of(find(name), day) == aliases


@given(st.text())
def test_no_name_breaks_it(name):
    """Any text is either found or unknown, and the error has one line."""
    try:
        sentence = f"found {find(name).id}"
    except UnknownModelError as error:
        sentence = str(error)
    assert len(sentence.splitlines()) == 1


def test_price_of_2023():
    """The launch price holds on its days; later, and without a day, the last published one does."""
    model = find("gpt-3.5-turbo", LAUNCH)
    then = model.price_on(LAUNCH)
    assert (then.training, then.input, then.output) == (8.0, 12.0, 16.0)
    assert (model.price.training, model.price.input, model.price.output) == (8.0, 3.0, 6.0)
    assert model.price_on(None) == model.price_on(date(2023, 11, 6)) == model.price
    assert type(then) is Price
    assert then.valid == "2023-08-22 to 2023-11-05"


@pytest.mark.parametrize(
    ("name", "training", "tuned", "base"),
    [
        ("gpt-4.1-2025-04-14", 25, (3, 12), (2, 8)),
        ("gpt-4.1-mini-2025-04-14", 5, (0.8, 3.2), (0.4, 1.6)),
        ("gpt-4.1-nano-2025-04-14", 1.5, (0.2, 0.8), (0.1, 0.4)),
        ("gpt-4o-2024-08-06", 25, (3.75, 15), (2.5, 10)),
        ("gpt-4o-mini-2024-07-18", 3, (0.3, 1.2), (0.15, 0.6)),
        ("gpt-3.5-turbo-0125", 8, (3, 6), (0.5, 1.5)),
        ("davinci-002", 6, (12, 12), (2, 2)),
        ("babbage-002", 0.4, (1.6, 1.6), (0.4, 0.4)),
    ],
)
def test_prices(name, training, tuned, base):
    """USD per million tokens, as FACTS.md §1.1 and §1.2 have them."""
    model = find(name)
    assert model.price.training == training
    assert (model.price.input, model.price.output) == tuned
    assert (model.base_price.input, model.base_price.output) == base


def test_every_model_is_whole():
    """Whatever can be tuned has a price, a source that is explained, and an owner and a date to be listed with."""
    for model in models():
        assert find(model.id) is model
        assert model.encoding in {"o200k_base", "cl100k_base"}
        assert model.created > 1_600_000_000
        assert model.owned_by in {"openai", "system"}
        for price in (model.price, *model.price_history, model.base_price):
            assert price.source is None or catalog.source(price.source) != price.source
        if model.methods and model.access == "open":
            assert model.price.training or model.price.training_per_hour


def test_recorded_list_entries():
    """`created` and `owned_by` are as recorded where they were (FACTS.md §1.5)."""
    model = find("gpt-4")
    assert (model.id, model.created, model.owned_by) == ("gpt-4-0613", 1686588896, "openai")


def test_timeline():
    """The platform closes step by step (FACTS.md §2)."""
    dates = timeline()
    assert dates.no_new_customers == date(2026, 5, 7)
    assert dates.no_inactive_customers == date(2026, 7, 2)
    assert dates.no_jobs_at_all == date(2027, 1, 6)


_slug = st.from_regex(r"[a-z0-9][a-z0-9-]{0,12}", fullmatch=True)


@given(
    st.builds(
        TunedName,
        base=st.sampled_from([model.id for model in models()]),
        organization=_slug,
        suffix=st.just("") | _slug,
        id=st.from_regex(r"[A-Za-z0-9]{8}", fullmatch=True),
        step=st.none() | st.integers(0, 10**6),
    )
)
def test_tuned_names_round_trip(name):
    """A tuned model's name is its parts, and leads to its base."""
    assert TunedName.parse(str(name)) == name
    assert find(str(name)).id == name.base


def test_recorded_checkpoint_name():
    """A name recorded in August 2024 (FACTS.md §4.6)."""
    name = TunedName.parse("ft:gpt-4o-mini-2024-07-18:personal:pinolo-mutate-llm:9uJPavaa:ckpt-step-100")
    assert name == TunedName("gpt-4o-mini-2024-07-18", "personal", "pinolo-mutate-llm", "9uJPavaa", 100)


@pytest.mark.parametrize(
    "name",
    ["", "gpt-4o", "ft:", "ft:a:b:c", "ft:a:b:c:short", "ft:a::c:abcDEF12", "ft:a:b:c:abcDEF12:ckpt-step-",
     "ft:a:b:c:abcDEF12:step-1", "ft:a:b:c:abcDEF12\n", "ft:a:b:c:abcDEF12:ckpt-step-٣"],
)  # fmt: skip
def test_other_names_are_not_of_tuned_models(name):
    """What has not the form is not parsed."""
    assert TunedName.parse(name) is None
