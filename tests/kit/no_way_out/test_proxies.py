"""A proxy that the environment names is a way out, on loopback too."""

import os
import socket
import threading
import urllib.request

import httpx
import httpx2
import openai
import pytest
import requests

from drytune.testing.guard import Watch, watching
from drytune.testing.unanswered import Escape

HERE = "127.0.0.1"
URL = "http://prices.example.com/today.json"


@pytest.fixture(autouse=True)
def _no_other_proxies(monkeypatch):
    """Where these tests run there may be one."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def proxy(monkeypatch):
    """The port of a proxy, and what has arrived there."""
    arrived = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                arrived.append(connection.recv(4096))

    with socket.create_server((HERE, 0)) as listening:
        port = listening.getsockname()[1]
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://{HERE}:{port}")
        thread = threading.Thread(target=serve)
        thread.start()
        yield port, arrived
        with watching("the end", ["*"]):
            socket.create_connection((HERE, port)).close()
            listening.shutdown(socket.SHUT_RDWR)
        thread.join()


CLIENTS = {
    "httpx": httpx.get,
    "httpx2": httpx2.get,
    "requests": requests.get,
    "urllib": lambda url: urllib.request.build_opener().open(url),  # urlopen keeps its first one
}


@pytest.mark.parametrize("url", [URL, "https://prices.example.com/today.json"])
@pytest.mark.parametrize("client", CLIENTS)
def test_no_client_gets_out_through_a_proxy(client, url, proxy):
    """The proxy, the variable and the URL are told; nothing arrives."""
    port, arrived = proxy
    with watching("tests/test_app.py::test_it"), pytest.raises(Escape) as caught:
        CLIENTS[client](url)
    assert not arrived
    told = str(caught.value)
    assert f"would have left this machine: {url}, through the proxy {HERE}:{port} that " in told
    assert "_proxy names. Nothing was sent" in told.lower().replace("nothing", "Nothing")
    assert f'@pytest.mark.drytune_allow_hosts("{HERE}:{port}")' in told
    assert caught.value.url == url


def test_the_sdk_is_told_of_its_fixture(proxy):
    """What helps is the same as without a proxy."""
    with watching("test"), pytest.raises(Escape) as caught, openai.OpenAI(api_key="sk-test") as client:
        client.models.list()
    assert caught.value.url == "https://api.openai.com/v1/models"
    assert '@pytest.mark.openai_simulator(base_url="https://api.openai.com/v1")' in str(caught.value)


SPELLINGS = [
    ("HTTP_PROXY", "http://127.0.0.1:3128", "127.0.0.1"),
    ("https_proxy", "http://localhost:3128/", "127.0.0.1"),
    ("ALL_PROXY", "socks5h://me:secret@127.0.0.1:3128", "localhost"),
    ("HTTPS_PROXY", "[::1]:3128", "::1"),
    ("Ftp_Proxy", "127.0.0.1:3128", "127.1"),
]


@pytest.mark.parametrize(("variable", "value", "host"), SPELLINGS)
def test_each_variable_counts_however_it_is_spelled(variable, value, host, monkeypatch):
    """As `urllib.request.getproxies_environment` reads them; the password is not told."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(Escape, match=f"3128, the proxy that {variable} names") as caught:
        Watch("test").connects_to(host, 3128)
    assert "secret" not in str(caught.value)
    assert "NO_PROXY=localhost,127.0.0.1" in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NO_PROXY", "127.0.0.1:3128"),
        ("HTTP_PROXY", ""),
        ("HTTP_PROXY", "http://127.0.0.1:x"),
        ("HTTP_PROXY", "//"),
    ],
)
def test_what_names_no_proxy_is_none(variable, value, monkeypatch):
    """Loopback stays free then."""
    monkeypatch.setenv(variable, value)
    Watch("test").connects_to(HERE, 3128)


def test_other_ports_of_loopback_stay_free(monkeypatch):
    """A proxy is its port, not its machine."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    Watch("test").connects_to(HERE, 8000)


@pytest.mark.parametrize(
    "entry", ["127.0.0.1:3128", "localhost:3128", "127.0.0.1", "localhost", "127.0.0.0/8", "*"]
)
def test_a_proxy_may_be_allowed(entry, monkeypatch):
    """By its port, by loopback as a whole, or with everything."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    Watch("test", [entry]).connects_to(HERE, 3128)


def test_another_port_that_is_allowed_allows_no_proxy(monkeypatch):
    """An entry allows what it says."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    with pytest.raises(Escape):
        Watch("test", ["127.0.0.1:3129"]).connects_to(HERE, 3128)


def test_a_proxy_that_was_there_when_the_test_began_counts(monkeypatch):
    """A client that is older than the test has read the variable; that it is gone by now does not help."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    watch = Watch("test")
    monkeypatch.delenv("HTTP_PROXY")
    with pytest.raises(Escape):
        watch.connects_to(HERE, 3128)


def test_a_proxy_that_was_there_when_the_session_began_counts(monkeypatch):
    """So does one that was taken away since: `urllib.request.urlopen` never reads it again."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    session = Watch("")
    monkeypatch.delenv("HTTP_PROXY")
    monkeypatch.setattr("drytune.testing.guard._WATCHES", [session])
    with pytest.raises(Escape):
        Watch("test").connects_to(HERE, 3128)


def test_a_proxy_elsewhere_is_named(monkeypatch):
    """It is refused as any other machine is, and told as what it is."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    with watching("test"), pytest.raises(Escape) as caught:
        httpx.get("https://prices.example.com/")
    told = "https://prices.example.com/, through the proxy proxy.example.com:3128 that HTTPS_PROXY names."
    assert told in str(caught.value)
    assert 'drytune_allow_hosts("proxy.example.com")' in str(caught.value)
