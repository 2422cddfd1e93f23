"""The pytest mark and `--drytune-record`, in suites of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

TEST = """
import pytest

@pytest.mark.openai_simulator(replay="walk.yaml")
def test_it(openai_client):
    models = openai_client.models.list().data
    assert models
    {more}
"""


@pytest.fixture
def suite(tmp_path, environment):
    """A directory with one test; runs pytest there."""

    def run(*options, more="", **variables):
        (tmp_path / "test_it.py").write_text(TEST.format(more=more))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "test_it.py"]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={**environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def recorded(suite, serving):
    """The suite, its test recorded."""
    with serving() as (url, _):
        done = suite("--drytune-record", OPENAI_BASE_URL=url, OPENAI_API_KEY="sk-of-the-plugin-test")
    assert done.returncode == 0, done.stdout + done.stderr
    return suite


def test_recorded_once_it_runs_without_server_and_key(recorded, tmp_path):
    """The cassette is beside the test, and has no key."""
    assert "sk-of-the-plugin-test" not in (tmp_path / "walk.yaml").read_text("utf-8")
    assert recorded().returncode == 0


def test_without_a_recording_it_says_how_to_make_one(suite):
    """And does not ask anybody."""
    done = suite()
    assert done.returncode != 0
    assert "pytest --drytune-record" in done.stdout


def test_a_recording_needs_a_key(suite):
    """It is named."""
    done = suite("--drytune-record")
    assert done.returncode != 0
    assert "OPENAI_API_KEY" in done.stdout


@pytest.mark.slow
def test_an_unanswered_request_fails_the_test_even_if_it_swallows_the_error(recorded):
    """Nothing is passed over."""
    more = "\n    try: openai_client.files.list()\n    except Exception: pass"
    done = recorded(more=more)
    assert done.returncode != 0
    assert "nothing recorded answers GET /v1/files" in done.stdout


@pytest.mark.slow
def test_what_a_failed_test_recorded_is_not_kept(recorded, serving, tmp_path):
    """The last good cassette stays."""
    before = (tmp_path / "walk.yaml").read_bytes()
    with serving() as (url, _):
        variables = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-of-the-plugin-test"}
        assert recorded("--drytune-record", more="assert False", **variables).returncode == 1
    assert (tmp_path / "walk.yaml").read_bytes() == before
    assert list(Path(tmp_path).glob("*.part")) == []


@pytest.mark.slow
def test_tests_that_share_a_recording_add_to_it(suite, serving, tmp_path):
    """A mark of a module or a class, or parameters: the second does not replace what the first has recorded."""
    (tmp_path / "test_shared.py").write_text(
        "import pytest\n"
        "pytestmark = pytest.mark.openai_simulator(replay='shared.yaml')\n"
        "@pytest.mark.parametrize('model', ['gpt-4o', 'gpt-4.1', 'gpt-4o-mini'])\n"
        "def test_it(openai_client, model):\n"
        "    assert openai_client.models.retrieve(model).id == model\n"
    )
    only = ("test_shared.py", "--deselect", "test_it.py::test_it")
    with serving() as (url, _):
        variables = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-of-the-plugin-test"}
        assert suite("--drytune-record", *only, **variables).returncode == 0
    assert suite(*only).returncode == 0


@pytest.mark.slow
def test_new_episodes_keep_what_is_there(recorded, serving, tmp_path):
    """And add what is new."""
    with serving() as (url, _):
        variables = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-of-the-plugin-test"}
        more = "openai_client.files.list()"
        done = recorded("--drytune-record-mode=new_episodes", more=more, **variables)
        assert done.returncode == 0, done.stdout
    assert recorded(more=more).returncode == 0


@pytest.mark.slow
def test_the_mark_gives_the_simulator_settings_too(suite, tmp_path):
    """As the simulator's own."""
    (tmp_path / "test_seed.py").write_text(
        "import pytest\n"
        "@pytest.mark.openai_simulator(seed=7)\n"
        "def test_it(openai_simulator, openai_client):\n"
        "    assert openai_simulator.world.seed == 7\n"
    )
    assert suite("test_seed.py", "--deselect", "test_it.py::test_it").returncode == 0
