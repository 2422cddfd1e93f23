"""A plan's file is read as it was written, or not at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune.errors import DrytuneError, Refused, UsageError
from drytune.workflow.planning import is_plan, load_plan, save_plan


@pytest.fixture
def saved(planned, tmp_path):
    """A plan in a file."""
    path = tmp_path / "count.plan.json"
    save_plan(planned(max_usd=2, suffix="猫"), path)
    return path


def test_a_plan_comes_back(planned, tmp_path):
    """As it was, in text that people can read."""
    made, path = planned(max_usd=2, suffix="猫"), tmp_path / "count.plan.json"
    save_plan(made, path)
    assert load_plan(path) == made
    text = path.read_text(encoding="utf-8")
    assert text.startswith('{\n  "drytune_plan": 1,\n')
    assert text.endswith("}\n")
    assert "猫" in text
    assert sorted(one.name for one in tmp_path.iterdir()) == ["count.jsonl", "count.plan.json"]


def test_its_form_does_not_matter(saved):
    """Another program may lay the same JSON out otherwise."""
    before = load_plan(saved)
    saved.write_text(json.dumps(json.loads(saved.read_text(encoding="utf-8")), sort_keys=True))
    assert is_plan(saved)
    assert load_plan(saved) == before


def leaves(value, path=()):
    """The places of all values."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path


def test_every_edit_is_seen(saved):
    """Whatever is changed by hand: it is refused, whether it still is a plan or not."""
    original = saved.read_text(encoding="utf-8")
    for place in leaves(json.loads(original)):
        data = json.loads(original)
        inner = data
        for key in place[:-1]:
            inner = inner[key]
        was = inner[place[-1]]
        inner[place[-1]] = (
            was + 1 if type(was) in (int, float) else not was if was is True or was is False else "x"
        )
        saved.write_text(json.dumps(data))
        with pytest.raises(DrytuneError, match="plan again"):
            load_plan(saved)


def test_a_larger_budget_by_hand_is_refused(saved):
    """The sentence says what to do."""
    saved.write_text(saved.read_text(encoding="utf-8").replace('"max_usd": 2.0', '"max_usd": 200.0'))
    with pytest.raises(Refused, match="has been changed since it was written"):
        load_plan(saved)


@pytest.mark.parametrize(
    ("text", "sentence", "is_one"),
    [
        ("", "is not JSON", False),
        ("[1]", "is no plan", False),
        ('{"messages": []}', "is no plan", False),
        ('{"drytune_plan": 1', "is not JSON", True),
        ('{"drytune_plan": 2}', "of version 2, and this drytune knows version 1", True),
        ('{"drytune_plan": 1}', "damaged plan: .*made_at", True),
        ("[" * 200_000, "is not JSON", False),
    ],
)
def test_what_is_no_plan(tmp_path, text, sentence, is_one):
    """A sentence with the file's name; what was meant to be a plan is not taken for a dataset."""
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=rf"x\.json is .*{sentence}|x\.json .*{sentence}"):
        load_plan(path)
    assert is_plan(path) is is_one


def test_what_cannot_be_read_is_none(tmp_path, write):
    """A directory, a missing file, a dataset."""
    assert not is_plan(tmp_path)
    assert not is_plan(tmp_path / "none.json")
    assert not is_plan("nul\0")
    assert not is_plan(write())
    with pytest.raises(UsageError, match="cannot be read"):
        load_plan(tmp_path / "none.json")


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(tmp_path_factory, data):
    """Whatever a file holds, it is a plan or none."""
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(data)
    assert is_plan(path) in (True, False)
    with pytest.raises(DrytuneError):
        load_plan(path)


def test_a_plan_that_cannot_be_written(planned, tmp_path):
    """What was there is as it was."""
    made = planned()
    with pytest.raises(UsageError, match="is a directory"):
        save_plan(made, tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(DrytuneError, match="cannot be written"):
        save_plan(made, tmp_path / "file" / "plan.json")
