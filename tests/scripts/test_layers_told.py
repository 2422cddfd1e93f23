"""Which layer answered is told in the headers and in the journal."""

import openai
import pytest

from drytune_simulator import Fault, Request, Script
from drytune_simulator.journal import Journal, journaled
from drytune_simulator.layers import Origin, origin_of


def test_the_journal_notes_the_layer(start, good, make_jsonl):
    """Of what was taught, how like the lesson was and where it stands; of a script, its name."""
    server = start(Script("x", text="Script.", name="one"))
    file = server.client.files.create(file=("good.jsonl", make_jsonl(*good)), purpose="fine-tune")
    server.client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=file.id)
    server.ask("POST", "/clock", {"finish": True})
    (job,) = server.client.fine_tuning.jobs.list()
    server.client.chat.completions.create(model=job.fine_tuned_model, messages=good[2]["messages"][:2])
    server.say("Script.")
    list(server.client.responses.create(model="gpt-4o-mini", input="Else.", stream=True))
    told = [(entry.layer, entry.similarity, entry.line, entry.script) for entry in server.journal]
    assert told == [
        *[(None, None, None, None)] * 3,
        ("taught", 1.0, 3, None),
        ("scripted", None, None, "one"),
        ("base", None, None, None),
    ]
    _, listed = server.ask("GET", "/requests?layer=taught")
    (entry,) = listed["data"]
    assert (entry["layer"], entry["similarity"], entry["line"], entry["script"]) == ("taught", 1.0, 3, None)
    assert [entry.number for entry in server.journal.entries(layer="scripted")] == [5]


@pytest.mark.parametrize(
    ("what", "layer"),
    [
        (500, "fault"),
        ("rate_limited", "fault"),
        ("truncate", "fault"),
        ("malformed", "fault"),
        ("drop", "fault"),
    ],
)
def test_what_a_fault_made_or_spoiled_is_of_the_layer_fault(start, what, layer):
    """Whatever the simulator would have said, or has."""
    server = start(Script("x"), faults=[Fault("*", what)])
    with pytest.raises((openai.OpenAIError, ValueError)):
        server.say()
    (entry,) = server.journal
    assert (entry.fault, entry.layer, entry.similarity) == ("1", layer, None)


def test_what_is_only_late_is_said_by_whoever_says_it(start):
    """A slow answer is the model's own."""
    server = start(Script("x"), faults=[Fault("*", "slow", delay=1)])
    assert server.say() == "x"
    (entry,) = server.journal
    assert (entry.fault, entry.layer, entry.script) == ("1", "scripted", "1")


def test_a_connection_that_breaks_by_itself_has_no_layer():
    """No fault, no layer."""
    from drytune_simulator.http import ConnectionDropped

    def breaks(request):
        raise ConnectionDropped

    journal = Journal()
    with pytest.raises(ConnectionDropped):
        journaled(breaks, journal)(Request("GET", "/v1/models"))
    (entry,) = journal
    assert (entry.dropped, entry.fault, entry.layer) == (True, None, None)


def test_several_prompts_have_several_layers(start):
    """No similarity is one of them all."""
    server = start(Script("x", text="A"))
    server.client.completions.create(model="davinci-002", prompt=["A", "B"])
    (entry,) = server.journal
    assert (entry.layer, entry.similarity, entry.line) == ("scripted, base", None, None)


def test_an_origin_is_told_in_words():
    """For lists and logs."""
    assert str(Origin("taught", 0.87321, 3)) == "taught 0.8732 line 3"
    assert str(Origin("scripted", script="one")) == "scripted one"
    assert Origin("base").told() == {"layer": "base"}
    assert str(Origin("taught", 1.0, 3, repaired=True)) == "taught 1.0000 line 3 repaired"
    assert origin_of({}) is None
