"""A cluster of two nodes on this machine looks at files; run by test_ray_engine.py, as Ray keeps its process busy.

Prints JSON: whether the facts are those that one process finds, which nodes there are, and which did something.
"""

import json
import os
import signal
import sys
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

from drytune.engines import Interrupted, inspect_many
from drytune.errors import UsageError
from drytune.sources import LocalFile, StandardInput, find_sources
from drytune_simulator.dataset.lens import Lens

NODE = {"num_cpus": 1, "object_store_memory": 80 << 20}


class Noted:
    """A source that notes which node opens it."""

    shared = splittable = True

    def __init__(self, source, notes):
        self.source, self.name, self.size, self.notes = source, source.name, source.size, notes

    def open(self):
        (self.notes / ray.get_runtime_context().get_node_id()).touch()
        return self.source.open()


def same_facts(here: Path, notes: Path) -> dict:
    """URLs of files that can be split and cannot, a file, and standard input."""
    sources = find_sources([f"file://{here}/*.jsonl", f"file://{here}/packed.jsonl.gz", here / "small.jsonl"])
    lenses = [Lens("o200k_base"), Lens("o200k_base"), Lens("cl100k_base", limit=10), Lens("o200k_base")]
    expected = inspect_many(sources, lenses, workers=1)
    told = []
    sources[0] = Noted(sources[0], notes)
    piped = StandardInput()
    found = inspect_many(
        [*sources, piped], [*lenses, lenses[0]], engine="ray", progress=lambda *where: told.append(where)
    )
    return {
        "files": len(sources),
        "same": found[:-1] == expected,
        "piped": found[-1].lines,
        "told": [told[0], told[-1]],
        "in order": told == sorted(told),
        "seen": sorted(path.name for path in notes.iterdir()),
    }


def interrupted(here: Path) -> list[int]:
    """How many bytes and lines are known when somebody presses Ctrl-C."""
    (big,) = find_sources([here / "big.jsonl"])

    def press(done: int, total: int | None) -> None:
        if done:
            signal.raise_signal(signal.SIGINT)

    try:
        inspect_many([big], [Lens("o200k_base")], engine="ray", workers=1, progress=press)
    except Interrupted as known:
        return [known.done, known.total, known.facts[0].lines]
    return []


def error(here: Path) -> str:
    """What is said of a file that the nodes cannot open."""
    try:
        inspect_many([LocalFile(str(here / "gone.jsonl"), 10)], [Lens("o200k_base")], engine="ray")
    except UsageError as refusal:
        return str(refusal)
    return ""


def main(here: Path, notes: Path) -> None:
    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    try:
        cluster.add_node(**NODE)
        os.environ["RAY_ADDRESS"] = cluster.address
        result = same_facts(here, notes)
        result["left"] = not ray.is_initialized()
        result["interrupted"] = interrupted(here)
        result["error"] = error(here)
        ray.init(cluster.address, log_to_driver=False)
        result["nodes"] = sorted(node["NodeID"] for node in ray.nodes())
        ray.shutdown()
    finally:
        cluster.shutdown()
    os.environ["RAY_ADDRESS"] = "127.0.0.1:1"
    result["no cluster"] = error(here)
    print(json.dumps(result))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
