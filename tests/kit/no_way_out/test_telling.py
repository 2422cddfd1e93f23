"""What a test that would have left this machine is told: one paragraph, the URL, and what helps."""

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
