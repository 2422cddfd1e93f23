"""The engine of a cluster: the same facts, found by several nodes."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from drytune.engines import inspect_many
from drytune.errors import MissingExtra
from drytune.sources import find_sources
from drytune_simulator.dataset.lens import Lens

PROBE = Path(__file__).with_name("ray_probe.py")

GOOD = b'{"messages": [{"role": "user", "content": "Hello %d"}, {"role": "assistant", "content": "Meow"}]}\n'
BAD = b'{"messages": [{"role": "user", "content": "Hello"}]}\n'


def test_without_ray(monkeypatch, cat):
    """Ray is optional, and what to install is told."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra) as caught:
        inspect_many(find_sources([cat]), [Lens("o200k_base")], engine="ray")
    assert str(caught.value) == "The engine ray needs Ray; pip install 'drytune[ray]'."


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """A directory with a file of several ranges, a compressed one, and a small one."""
    here = tmp_path_factory.mktemp("files")
    data = b"".join(BAD if number % 1000 == 7 else GOOD % number for number in range(60_000))
    (here / "big.jsonl").write_bytes(data)
    (here / "packed.jsonl.gz").write_bytes(gzip.compress(data[: data.index(b"\n", 2_000_000)], 1))
    (here / "small.jsonl").write_bytes(data[: data.index(b"\n", 2_000)])
    return here


@pytest.fixture(scope="module")
def cluster(files, tmp_path_factory) -> dict:
    """What a cluster of two nodes found."""
    notes = tmp_path_factory.mktemp("notes")
    done = subprocess.run(
        [sys.executable, PROBE, files, notes], input=BAD * 3, capture_output=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_cluster_finds_the_same(cluster, files):
    """The facts of files, URLs and standard input are those that one process finds; progress is told as ever."""
    assert (cluster["files"], cluster["same"], cluster["piped"]) == (4, True, 3)
    assert cluster["in order"]
    assert cluster["told"][0] == [0, None]
    assert cluster["told"][-1][0] >= sum(path.stat().st_size for path in files.iterdir())


@pytest.mark.slow
def test_all_nodes_work(cluster):
    """The ranges of one file are spread over the nodes."""
    assert len(cluster["nodes"]) == 2
    assert cluster["seen"] == cluster["nodes"]


@pytest.mark.slow
def test_a_cluster_is_left(cluster):
    """The process that asked is no part of the cluster any more."""
    assert cluster["left"]


@pytest.mark.slow
def test_an_interruption(cluster, files):
    """Ctrl-C gives what is known of the beginning of the file."""
    done, total, lines = cluster["interrupted"]
    assert 0 < done < total == (files / "big.jsonl").stat().st_size
    assert 0 < lines < 60_000


@pytest.mark.slow
def test_errors(cluster, files):
    """What a node cannot open, and a cluster that is not there, are sentences."""
    assert cluster["error"] == (
        f"{files}/gone.jsonl cannot be read: No such file or directory."
        " Every node of the cluster must be able to open it."
    )
    assert cluster["no cluster"].startswith("The Ray cluster at 127.0.0.1:1 does not answer: ")
