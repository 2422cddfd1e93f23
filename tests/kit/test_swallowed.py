"""What a program swallows is told all the same: once, in the right test, whatever comes of it otherwise."""

import pytest

ESCAPE = """
import urllib.request
from contextlib import suppress

def swallow(host="one.example"):
    with suppress(BaseException):
        urllib.request.urlopen(f"https://{host}/today.json")
"""


@pytest.mark.parametrize(
    ("code", "outcomes", "words"),
    [
        ("def test_it(): swallow()", {"failed": 1}, ["one.example"]),
        (
            "def test_it():\n    swallow()\n    swallow('two.example')",
            {"failed": 1},
            ["one.example", "two.example"],
        ),
        ("def test_it():\n    swallow()\n    pytest.skip('offline')", {"failed": 1}, ["one.example"]),
        ("def test_it():\n    swallow()\n    pytest.xfail('offline')", {"failed": 1}, ["one.example"]),
        (
            "@pytest.mark.xfail(raises=ValueError)\ndef test_it():\n    swallow()\n    raise ValueError",
            {"failed": 1},
            ["one.example"],
        ),
        ("@pytest.mark.xfail\ndef test_it(): swallow()", {"failed": 1}, ["one.example"]),
        (
            (
                "from drytune.testing import Escape\n"
                "@pytest.mark.xfail(raises=Escape, strict=True)\ndef test_it(): swallow()"
            ),
            {"xfailed": 1},
            [],
        ),
        (
            "def test_it():\n    swallow()\n    assert False",
            {"failed": 1},
            ["drytune: swallowed", "one.example"],
        ),
        (
            "@pytest.fixture\ndef begun(): swallow()\ndef test_it(begun): pass",
            {"errors": 1},
            ["one.example", "::test_it"],
        ),
        (
            "@pytest.fixture\ndef ended():\n    yield\n    swallow()\ndef test_it(ended): pass",
            {"passed": 1, "errors": 1},
            ["one.example", "::test_it"],
        ),
        ("swallow()\ndef test_it(): pass", {"errors": 1}, ["one.example"]),
        (
            (
                "from drytune.testing import OpenAISimulator\n"
                "def test_it():\n"
                "    with pytest.raises(ValueError), OpenAISimulator() as simulator:\n"
                "        with suppress(BaseException): asked(simulator.client())\n"
                "        raise ValueError"
            ),
            {"failed": 1},
            ["no script answers", "::test_it"],
        ),
        (
            (
                "def test_it(openai_client):\n"
                "    with suppress(BaseException): asked(openai_client)\n"
                "    pytest.skip('offline')"
            ),
            {"failed": 1},
            ["no script answers"],
        ),
    ],
)
def test_it_is_told(suite, code, outcomes, words):
    """Of a test that passes, is skipped, is expected to fail, fails otherwise; of a fixture; of an import."""
    done = suite(ESCAPE + code)
    done.assert_outcomes(**outcomes)
    out = done.stdout.str()
    for word in words:
        assert word in out


def test_it_is_told_of_the_test_that_did_it(suite):
    """Though the simulator is one for all tests of a class, or of the run."""
    done = suite(
        """
import unittest
from drytune.testing import OpenAISimulator

@pytest.fixture(scope="module")
def platform():
    with OpenAISimulator() as simulator:
        yield simulator

def test_first(platform): platform.client().models.list()

def test_swallows(platform):
    try: asked(platform.client())
    except BaseException: pass

def test_last(platform): platform.client().models.list()

class TestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = cls.enterClassContext(OpenAISimulator())

    def test_good(self): pass

    def test_swallows(self):
        try: asked(self.platform.client())
        except BaseException: pass
"""
    )
    done.assert_outcomes(passed=3, failed=2)
    out = done.stdout.str()
    assert "::test_swallows asked POST" in out
    assert "TestCase::test_swallows asked POST" in out


def test_what_was_asked_is_shown_of_any_simulator(suite):
    """As a context manager, or by a fixture of one's own."""
    done = suite(
        """
import unittest
from drytune.testing import OpenAISimulator

class TestCase(unittest.TestCase):
    def setUp(self):
        self.platform = self.enterContext(OpenAISimulator())

    def test_it(self):
        self.platform.client().models.retrieve("gpt-4.1")
        raise AssertionError

def test_other(openai_simulator):
    openai_simulator.client().models.retrieve("gpt-4.1-nano")
    assert False
""",
        conftest="""
import pytest
from drytune.testing import OpenAISimulator

@pytest.fixture
def openai_simulator():
    with OpenAISimulator() as simulator:
        yield simulator
""",
    )
    done.assert_outcomes(failed=2)
    assert "/v1/models/gpt-4.1\n" in done.stdout.str()
    assert "/v1/models/gpt-4.1-nano" in done.stdout.str()


def test_what_a_test_wants_to_see_is_forgiven(suite):
    """Escapes, too."""
    suite(
        ESCAPE
        + """
from drytune.testing import Escape

def test_it(openai_simulator):
    with pytest.raises(Escape):
        urllib.request.urlopen("https://one.example/")
    openai_simulator.forgive()
"""
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("@pytest.mark.drytune_allow_hosts('https://db.example')\ndef test_it(): pass", "https://db.example"),
        ("@pytest.mark.drytune_allow_hosts(7)\ndef test_it(): pass", "7"),
    ],
)
def test_a_mark_with_what_is_no_host_is_an_error_of_its_test(suite, code, words):
    """The others run."""
    done = suite(code + "\ndef test_other(): pass")
    done.assert_outcomes(errors=1, passed=1)
    assert words in done.stdout.str()


def test_an_option_with_what_is_no_host_ends_the_run_with_a_sentence(suite):
    """Before any test."""
    done = suite("def test_it(): pass", "--drytune-allow-hosts=https://db.example")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert "INTERNALERROR" not in done.stdout.str() + done.stderr.str()


def test_what_is_tried_between_two_tests_fails_the_run(suite):
    """A hook of a conftest file, or a thread that nobody waits for."""
    done = suite(
        "def test_it(): pass",
        conftest=ESCAPE + "def pytest_runtest_logfinish(): swallow()",
    )
    done.assert_outcomes(passed=1)
    assert done.ret != 0
    assert "one.example" in done.stdout.str()


def test_unittest_hides_nothing_either(suite):
    """It skips in its own way."""
    done = suite(
        ESCAPE
        + """
import unittest

class TestCase(unittest.TestCase):
    def test_skips(self):
        swallow()
        self.skipTest("offline")

    @unittest.expectedFailure
    def test_fails(self):
        swallow()
        raise ValueError
"""
    )
    done.assert_outcomes(failed=2)
    assert done.stdout.str().count("one.example/today.json") >= 2


def test_a_run_that_is_ended_is_told_all_the_same(suite):
    """Though nothing is reported of its last test."""
    done = suite(ESCAPE + "def test_it():\n    swallow()\n    pytest.exit('enough', 0)")
    assert done.ret != 0
    assert "one.example" in done.stdout.str()


@pytest.mark.slow
def test_processes_of_xdist_tell_it_too(suite):
    """To the one who reports."""
    done = suite(
        "def test_it(): pass",
        "-n1",
        conftest=ESCAPE + "def pytest_runtest_logfinish(): swallow()",
        inner=False,
    )
    assert done.ret != 0
    assert "one.example" in done.stdout.str()
