"""What a test that would have left this machine is told: one paragraph, the URL, and what helps."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from drytune.testing.guard import Watch, escaped, named, url_from
from drytune.testing.unanswered import Escape

ALLOW = (
    'To allow it: @pytest.mark.drytune_allow_hosts("{0}"), the setting `drytune_allow_hosts = {0}`, '
    "or the option --drytune-allow-hosts={0}."
)


def refused(url: str, host: str, port: int | None = 443, *, fixture_used: bool = False) -> Escape:
    """What comes of asking that URL at that host."""
    watch = Watch("tests/test_app.py::test_it")
    watch.fixture_used = fixture_used
    with pytest.raises(Escape) as caught:
        watch.connects_to(host, port)
    assert url is not None
    return caught.value


def test_any_host():
    """What is not the API is told how it may be allowed."""
    escape = refused("https://hooks.example.com/deploy", "hooks.example.com")
    assert str(escape) == (
        "tests/test_app.py::test_it would have left this machine: https://hooks.example.com/deploy. "
        "Nothing was sent, and no name was looked up. " + ALLOW.format("hooks.example.com")
    )


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.openai.com/v1/files", "https://api.openai.com/v1"),
        ("https://gateway.example.com/openai/v1/fine_tuning/jobs", "https://gateway.example.com/openai/v1"),
        ("https://me.openai.azure.com/openai/deployments", "https://me.openai.azure.com/v1"),
    ],
)
def test_the_api(url, base):
    """Who asks the API is told of the fixture, and of the mark for an address of its own."""
    told = str(refused(url, url.split("/")[2]))
    assert "The fixture openai_simulator answers what the code under test asks of OPENAI_BASE_URL" in told
    assert f'@pytest.mark.openai_simulator(base_url="{base}")' in told


def test_the_api_past_the_fixture():
    """Who has the fixture is told that the client does not ask it."""
    told = str(refused("https://gateway.example.com/v1/files", "gateway.example.com", fixture_used=True))
    assert (
        "This client has an address of its own, and is answered there with "
        '@pytest.mark.openai_simulator(base_url="https://gateway.example.com/v1").'
    ) in told
    assert "openai_url" not in told


def test_other_apis_with_a_version_are_not_taken_for_it():
    """`/v1/` alone is anybody's."""
    assert "openai_simulator" not in str(refused("https://pay.example.com/v1/charges", "pay.example.com"))


def test_outside_of_any_test():
    """A watch without a name says so."""
    with pytest.raises(
        Escape, match=r"^Something outside of any test would have left this machine: a\.example:80"
    ):
        Watch("").connects_to("a.example", 80)


def test_secrets_of_a_url_are_not_told():
    """Neither a password nor a query stands in a log of CI."""
    told = str(refused("https://me:hunter2@a.example.com/x?api_key=sk-1#f", "a.example.com"))
    assert "https://a.example.com/x?…" in told
    assert not any(secret in told for secret in ("hunter2", "api_key", "sk-1"))


def asking(watch: Watch, url: str) -> Escape:
    """What a client is told that asks that URL."""
    with pytest.raises(Escape) as caught:
        watch.connects_to("x.example", 443)
    assert url in caught.value.url or "…" in caught.value.url
    return caught.value


@pytest.mark.parametrize(
    ("secret", "after"),
    [
        ("sk-secretsecretsecretsecret123", ""),
        ("sk-proj-a_b-c", "/content"),
        ("bot123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11", "/sendMessage"),
        ("eyJhbGciOi.eyJzdWIi.c2ln", ""),
        ("k3Zp0QeV9sYxW2aBc4Dd5Ee6", ""),
        ("9f86d081-884c7d65-9a2feaa0c55ad015a3bf4f1b", ""),
    ],
)
def test_keys_in_a_path_are_not_told(secret, after):
    """Webhooks and some APIs carry them there."""
    escape = asking(Watch("test"), f"https://x.example/v1/files/{secret}{after}")
    assert f"https://x.example/v1/files/…{after}" == escape.url
    assert secret not in str(escape)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files/file-AbCdEf0123456789AbCdEf01",
        "/v1/fine_tuning/jobs/ftjob-AbCdEf0123456789AbCdEf01",
        "/key/tokens",
    ],
)
def test_ids_in_a_path_are_told(path):
    """They tell what was asked for, and open nothing."""
    assert asking(Watch("test"), f"https://x.example{path}").url == f"https://x.example{path}"


def test_a_thread_that_is_older_than_the_test_is_named():
    """What it does is told of whichever test runs by then, and that one may have nothing to do with it."""
    with ThreadPoolExecutor(1, thread_name_prefix="metrics") as pool:
        pool.submit(threading.get_ident).result()
        watch = Watch("tests/test_app.py::test_it")
        error = pool.submit(watch.connects_to, "x.example", 443).exception()
    assert "x.example:443, in thread metrics_0, which was started before this test. Nothing" in str(error)


def test_a_module_is_no_test():
    """At its collection it is the module that is told of."""
    with ThreadPoolExecutor(1, thread_name_prefix="metrics") as pool:
        pool.submit(threading.get_ident).result()
        watch = Watch("tests/test_app.py")
        error = pool.submit(watch.connects_to, "x.example", 443).exception()
    assert "in thread metrics_0, which was started before this module." in str(error)


def test_a_thread_that_the_test_has_started_is_its_own():
    """Nothing is said of it, though the system may have given it the number of one that has ended."""
    before = threading.Thread(target=int)
    before.start()
    watch = Watch("tests/test_app.py::test_it")
    before.join()
    with ThreadPoolExecutor(1) as pool:
        error = pool.submit(watch.connects_to, "x.example", 443).exception()
    assert "in thread" not in str(error)


def test_a_name_that_was_looked_up_is_told_so():
    """Python's own sockets, and methods kept from before, look it up before anybody can see it."""
    with socket.socket() as opened, pytest.raises(Escape) as caught:
        Watch("test").opens(("x.example", 443), opened, looked_up=True)
    assert "Nothing was sent, but the name was looked up" in str(caught.value)
    with socket.socket() as opened, pytest.raises(Escape, match="and no name was looked up"):
        Watch("test").opens(("198.51.100.7", 443), opened, looked_up=True)


def test_a_url_elsewhere_is_another_matter():
    """A proxy is connected to, whatever is asked of it."""
    assert refused("https://api.example.com/", "proxy.example.com", 3128).url == "proxy.example.com:3128"


class Request:
    """As HTTP clients have them."""

    url = b"https://a.example.com/from/a/request"


class Hostile:
    """Tells nobody anything."""

    @property
    def url(self) -> str:
        raise RuntimeError("working outside of request context")


def test_the_url_is_found_in_requests():
    """A frame's `request` may be an object with a URL; objects that raise say nothing."""
    request = Request()
    req = Hostile()
    with pytest.raises(Escape) as caught:
        Watch("test").connects_to("a.example.com")
    assert caught.value.url == "https://a.example.com/from/a/request"
    assert req is not request


def test_the_url_is_found_where_the_error_came_through():
    """What was looked up in a thread is named by whoever waited for it."""
    watch = Watch("test")
    with pytest.raises(Escape):
        watch.looks_up("a.example.com", 443)
    (escape,) = watch.escapes

    def waiting(url: str) -> None:
        raise escape

    with pytest.raises(Escape) as caught:
        waiting("https://a.example.com/v1/models")
    assert escape.url == "a.example.com:443"
    assert url_from(caught.tb, "a.example.com") == "https://a.example.com/v1/models"
    assert "https://a.example.com/v1/models. Nothing was sent" in named(escape)
    assert str(escape) == named(escape)
    assert escape.url == "https://a.example.com/v1/models"


def test_an_escape_is_found_in_groups_and_causes():
    """Task groups wrap what comes out of them, and programs raise their own from it."""
    watch = Watch("test")
    with pytest.raises(Escape):
        watch.connects_to("198.51.100.7", 443)
    (escape,) = watch.escapes

    def asking(url: str) -> None:
        raise RuntimeError("not reached") from BaseExceptionGroup("tasks", [ValueError("another"), escape])

    with pytest.raises(RuntimeError) as caught:
        asking("http://198.51.100.7/")
    assert escaped(caught.value) is escape
    assert escape.url == "http://198.51.100.7/"


def test_other_errors_are_none():
    """What has nothing to do with it is left alone."""
    assert escaped(ValueError("no")) is None
    assert named(Escape("as it is", url="here")) == "as it is"
