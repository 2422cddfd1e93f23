"""The organization's name, as it stands in the names of its models (FACTS.md §4.7)."""

import pytest

from drytune_simulator import Simulator
from drytune_simulator.catalog import TunedName
from drytune_simulator.clock import AdvancingClock
from drytune_simulator.profile import Profile


@pytest.mark.parametrize(
    ("name", "slug"),
    [("acme", "acme"), ("Acme_Corp.", "acme-corp"), ("a:b c", "a-b-c"), ("-A-", "a"), ("x" * 64, "x" * 64)],
)
def test_a_name_becomes_a_slug(simulator, connect, finished, name, slug):
    """Lower case, with dashes; the name of each model can be taken apart again."""
    client = connect(simulator(clock=AdvancingClock(), profile=Profile(name)))
    tuned = finished(client).fine_tuned_model
    assert TunedName.parse(tuned).organization == slug
    assert client.models.retrieve(tuned).owned_by == slug


@pytest.mark.parametrize("name", ["", "-", "::", "猫", "x" * 65])
def test_a_name_of_which_too_little_or_too_much_is_left_is_refused(name):
    """One sentence, with what may be."""
    for make in (Profile, lambda organization: Simulator(organization=organization)):
        with pytest.raises(ValueError, match=r"must have 1 to 64 letters a to z, digits and dashes"):
            make(name)
