"""Sequences of steps of a client program, made by Hypothesis."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

_small = st.integers(0, 4)

_STEPS = (
    st.tuples(st.just("upload"), _small, st.sampled_from(["a.jsonl", "b.jsonl", "日本語.jsonl", "c.txt"])),
    st.tuples(st.just("retrieve_file"), _small),
    st.tuples(st.just("list_files")),
    st.tuples(st.just("content"), _small),
    st.tuples(st.just("delete_file"), _small),
    st.tuples(st.just("create"), _small, _small, st.sampled_from([None, "mike", "a b"])),
    st.tuples(st.just("poll"), _small, st.integers(1, 9)),
    st.tuples(st.just("list_jobs"), st.integers(1, 3)),
    st.tuples(st.just("events"), _small),
    st.tuples(st.just("checkpoints"), _small),
    st.tuples(st.just("cancel"), _small),
    st.tuples(st.just("chat"), _small, _small, st.booleans()),
    st.tuples(st.just("chat_streamed"), _small, _small),
    st.tuples(st.just("respond"), _small, _small),
    st.tuples(st.just("embed"), _small),
    st.tuples(st.just("list_models")),
    st.tuples(st.just("retrieve_model"), _small),
)
_TUNED = [("upload", 0, "a.jsonl"), ("create", 0, 0, None), ("poll", 0, 9)]

sequences = st.builds(
    lambda start, steps: [list(step) for step in [*start, *steps]],
    st.sampled_from([[], _TUNED, _TUNED[:2]]),
    st.lists(st.one_of(*_STEPS), min_size=2, max_size=10),
)


def drawn(count: int) -> list[list[list]]:
    """So many sequences, always the same."""
    found: list[list[list]] = []

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(sequences)
    def collect(sequence: list[list]) -> None:
        if sequence not in found:
            found.append(sequence)

    collect()
    return found[:count]
