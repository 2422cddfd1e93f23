"""Nothing leaves this machine while a test is watched, whichever client asks, and the test is told what to do."""

import asyncio
import socket
import sys
import threading
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import aiohttp
import httpx
import httpx2
import openai
import pytest
import requests
import trio
import urllib3

from drytune.testing.guard import Watch, escaped, watching
from drytune.testing.unanswered import Escape

pytest_plugins = ["pytester"]

WHERE = "tests/test_app.py::test_upload"
NAME = "https://api.example.com/v1/files"
ADDRESS = "https://198.51.100.7/v1/files"

LOOPS = {"asyncio": asyncio.run}
if sys.platform != "win32":
    import uvloop

    LOOPS["uvloop"] = uvloop.run


def with_socket(kind: int, method: str, *arguments: object) -> None:
    with socket.socket(socket.AF_INET, kind) as opened:
        getattr(opened, method)(*arguments)


async def with_httpx(module, url: str) -> None:
    async with module.AsyncClient() as client:
        await client.get(url)


async def with_aiohttp(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        await answer.read()


async def with_sdk() -> None:
    async with openai.AsyncOpenAI(api_key="sk-test", max_retries=5) as client:
        await client.models.list()


async def connecting(host: str) -> None:
    await asyncio.get_running_loop().create_connection(asyncio.Protocol, host, 443)


async def sending(host: str) -> None:
    await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=(host, 53)
    )


async def connecting_a_socket(host: str) -> None:
    with socket.socket() as opened:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, (host, 443))


CLIENTS = {
    "httpx": httpx.get,
    "httpx2": httpx2.get,
    "requests": requests.get,
    "urllib": urllib.request.urlopen,
    "urllib3": lambda url: urllib3.request("GET", url),
    "httpx on trio": lambda url: trio.run(with_httpx, httpx, url),
    "httpx2 on trio": lambda url: trio.run(with_httpx, httpx2, url),
}
for loop, run in LOOPS.items():
    CLIENTS |= {
        f"httpx on {loop}": lambda url, run=run: run(with_httpx(httpx, url)),
        f"httpx2 on {loop}": lambda url, run=run: run(with_httpx(httpx2, url)),
        f"aiohttp on {loop}": lambda url, run=run: run(with_aiohttp(url)),
    }

SOCKETS = {
    "connect": lambda host: with_socket(socket.SOCK_STREAM, "connect", (host, 443)),
    "connect_ex": lambda host: with_socket(socket.SOCK_STREAM, "connect_ex", (host, 443)),
    "connect of datagrams": lambda host: with_socket(socket.SOCK_DGRAM, "connect", (host, 53)),
    "sendto": lambda host: with_socket(socket.SOCK_DGRAM, "sendto", b"?", (host, 53)),
    "sendto with flags": lambda host: with_socket(socket.SOCK_DGRAM, "sendto", b"?", 0, (host, 53)),
    "sendmsg": lambda host: with_socket(socket.SOCK_DGRAM, "sendmsg", [b"?"], [], 0, (host, 53)),
    "create_connection": lambda host: socket.create_connection((host, 443)),
    "gethostbyaddr": socket.gethostbyaddr,
    "getnameinfo": lambda host: socket.getnameinfo((host, 443), 0),
}
for loop, run in LOOPS.items():
    SOCKETS |= {
        f"create_connection on {loop}": lambda host, run=run: run(connecting(host)),
        f"create_datagram_endpoint on {loop}": lambda host, run=run: run(sending(host)),
        f"sock_connect on {loop}": lambda host, run=run: run(connecting_a_socket(host)),
    }


def refused(attempt, *arguments: object) -> Escape:
    """What the attempt is ended with; nothing else may come out, and nothing may be tried again."""
    with watching(WHERE) as watch:
        with pytest.raises((Escape, BaseExceptionGroup)) as caught:
            attempt(*arguments)
        (escape,) = watch.escapes
    assert escaped(caught.value) is escape
    assert not isinstance(caught.value, Exception)
    return escape


@pytest.mark.parametrize("url", [NAME, ADDRESS])
@pytest.mark.parametrize("client", CLIENTS)
def test_no_client_gets_out(client, url):
    """Every HTTP client is stopped at its first attempt, and the test and the URL are named."""
    escape = refused(CLIENTS[client], url)
    assert (escape.where, escape.url) == (WHERE, url)
    assert str(escape).startswith(f"{WHERE} would have left this machine: {url}. Nothing was sent")


@pytest.mark.parametrize("host", ["api.example.com", "198.51.100.7"])
@pytest.mark.parametrize("way", SOCKETS)
def test_no_socket_gets_out(way, host):
    """Neither TCP nor UDP leaves, and no name is looked up: that no DNS server knows it does not come out."""
    if way == "getnameinfo" and host == "api.example.com":
        pytest.skip("takes addresses only")
    assert host in refused(SOCKETS[way], host).url


@pytest.mark.parametrize("look_up", ["gethostbyname", "gethostbyname_ex", "gethostbyaddr"])
def test_no_name_is_looked_up(look_up):
    """The other ways to look a name up end as well; the name is all that is known of what was asked."""
    assert refused(getattr(socket, look_up), "api.example.com").url == "api.example.com"


def test_an_address_of_version_six_is_told_in_brackets():
    """Host and port can be told apart."""

    def attempt() -> None:
        with socket.socket(socket.AF_INET6) as opened:
            opened.connect(("2001:db8::1", 443))

    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    assert refused(attempt).url == "[2001:db8::1]:443"


def test_the_sdk_does_not_try_again():
    """What is raised is no Exception: the SDK, told to retry five times, has one attempt, and swallows nothing."""
    with openai.OpenAI(api_key="sk-test", max_retries=5) as client:
        assert refused(client.models.list).url == "https://api.openai.com/v1/models"


@pytest.mark.parametrize("loop", LOOPS)
def test_the_async_sdk_does_not_try_again(loop):
    """Nor does it on an event loop, where the name is looked up in another thread."""
    assert refused(lambda: LOOPS[loop](with_sdk())).url == "https://api.openai.com/v1/models"


def test_what_is_swallowed_is_noted():
    """A bare `except` hides an escape from the test, not from who watches."""
    with watching(WHERE) as watch:
        for _ in range(2):
            with suppress(BaseException):
                httpx.get(NAME)
    assert [escape.url for escape in watch.escapes] == [NAME, NAME]


def test_other_threads_are_watched():
    """A watch is the process', not a thread's."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            httpx.get(NAME)
        except Escape as error:
            errors.append(error)

    with watching(WHERE) as watch:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert errors == watch.escapes != []


@pytest.fixture
def server():
    """The URL of an HTTP server on loopback that says yes."""

    class Yes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"yes")

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Yes) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_free(server, host):
    """This machine's servers answer, by address and by name."""
    with watching(WHERE) as watch:
        assert requests.get(server.replace("127.0.0.1", host)).text == "yes"
        for run in LOOPS.values():
            run(with_httpx(httpx, server))
            run(with_aiohttp(server))
    assert not watch.escapes


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix sockets")
def test_unix_sockets_are_free(tmp_path):
    """A path leads nowhere else."""
    with watching(WHERE), socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as asking:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        asking.connect(str(tmp_path / "s"))


def test_own_name_may_be_looked_up():
    """The standard library asks where this machine is, for a message's id for example."""
    with watching(WHERE) as watch:
        socket.getfqdn()
    assert not watch.escapes


def test_the_innermost_watch_counts():
    """A block within a test may allow more than the test does, or less."""
    with (
        watching("outer", ["api.example.com"]) as outer,
        watching("inner") as inner,
        pytest.raises(Escape, match="inner would have left"),
    ):
        socket.create_connection(("api.example.com", 443))
    assert (len(outer.escapes), len(inner.escapes)) == (0, 1)


def test_without_a_watch_nothing_is_judged(monkeypatch):
    """The hook stays in the process, and lets everything pass when nobody watches."""
    with watching(WHERE), pytest.raises(Escape):
        sys.audit("socket.gethostbyname", "api.example.com")
    monkeypatch.setattr("drytune.testing.guard._WATCHES", [])
    sys.audit("socket.gethostbyname", "api.example.com")


def test_an_allowed_name_is_allowed_at_its_addresses(monkeypatch):
    """What a name was found at may be reached, other addresses may not."""
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("198.51.100.7", 443))]
    monkeypatch.setattr("drytune.testing.guard._FOUND", {})
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    with watching(WHERE, ["api.example.com"]) as watch:
        assert socket.getaddrinfo("api.example.com", 443) == answer
        watch.looks_up("api.example.com")
        watch.connects(("198.51.100.7", 443))
        with pytest.raises(Escape):
            Watch(WHERE).connects(("198.51.100.7", 443))


SUITE = """
    import asyncio, httpx, openai, pytest, socket, unittest

    def test_plain():
        httpx.get("https://api.example.com/v1/things?key=secret")

    async def asking():
        await openai.AsyncOpenAI(api_key="sk-test").models.list()

    def test_sdk():
        asyncio.run(asking())

    def test_past_the_fixture(openai_simulator):
        openai.OpenAI(api_key="sk-test", base_url="https://gateway.example.com/v1").models.list()

    def test_swallowed():
        try:
            socket.create_connection(("api.example.com", 443))
        except BaseException:
            pass

    @pytest.fixture
    def upstream():
        httpx.get("https://api.example.com/")

    def test_of_a_fixture(upstream):
        pass

    class TestOld(unittest.TestCase):
        def test_old(self):
            httpx.get("https://api.example.com/")

    @pytest.mark.drytune_allow_hosts("198.51.100.7", "*.example.com")
    def test_allowed():
        from drytune.testing.guard import _WATCHES
        _WATCHES[-1].connects(("198.51.100.7", 443))
        _WATCHES[-1].looks_up("api.example.com")
"""


def test_a_suite_is_guarded_by_the_plugin(pytester):
    """With drytune installed, no test of a suite gets out; each failure names its test, the URL and the way."""
    pytester.makepyfile(test_suite=SUITE)
    result = pytester.runpytest_inprocess("-p", "no:asyncio")
    result.assert_outcomes(passed=1, failed=5, errors=1)
    allow = '*To allow it: @pytest.mark.drytune_allow_hosts("api.example.com")*'
    result.stdout.re_match_lines_random(
        [".*test_swallowed would have left this machine: api.example.com:443.*"]
    )
    result.stdout.fnmatch_lines_random(
        [
            "*test_suite.py::test_plain would have left this machine: https://api.example.com/v1/things[?]…*",
            "*test_suite.py::test_sdk would have left this machine: https://api.openai.com/v1/models*",
            '*with @pytest.mark.openai_simulator(base_url="https://gateway.example.com/v1")*',
            "*test_suite.py::test_of_a_fixture would have left this machine: https://api.example.com/*",
            "*test_suite.py::TestOld::test_old would have left this machine: https://api.example.com/*",
            allow,
        ]
    )
    assert "secret" not in "".join(line for line in result.outlines if "would have left" in line)
