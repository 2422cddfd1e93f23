"""How a webhook goes over the wire: signed, to this machine only, and not for long."""

import socket
import threading

import pytest

from drytune_simulator.posting import ElsewhereError, post
from drytune_simulator.profile import WebhookEndpoint
from drytune_simulator.webhooks import signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_signature_is_that_of_standard_webhooks():
    """The example of their own documentation."""
    key = WebhookEndpoint("http://127.0.0.1/", SECRET).key
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_???", "whsec_abc", "c2VjcmV0IG9m", "WHSEC_c2VjcmV0"])
def test_a_bad_secret_is_an_error_that_does_not_show_it(secret):
    """As soon as the endpoint is written down."""
    with pytest.raises(ValueError, match="Standard Webhooks") as error:
        WebhookEndpoint("http://127.0.0.1/", secret)
    assert len(secret) < 7 or secret not in str(error.value)
    assert SECRET not in repr(WebhookEndpoint("http://127.0.0.1/", SECRET))


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:9000", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999/", "http://127.0.0.1/a b",
     "http://127.0.0.1/\r\nx: y", "http://me:pass@127.0.0.1/", "http://[::1/", "http://日本/"],
)  # fmt: skip
def test_a_bad_url_is_an_error(url):
    """The message says what a URL looks like, and shows no password."""
    with pytest.raises(ValueError, match="http://127") as error:
        WebhookEndpoint(url, SECRET)
    assert "pass@" not in str(error.value)


@pytest.mark.parametrize("events", [(), ("fine_tuning.job.done",)])
def test_unknown_events_are_an_error(events):
    """The message names the known ones."""
    with pytest.raises(ValueError, match=r"fine_tuning\.job\.succeeded"):
        WebhookEndpoint("http://127.0.0.1/", SECRET, events=events)


@pytest.mark.parametrize("host", ["192.0.2.7", "0.0.0.0", "10.0.0.1", "169.254.169.254", "[2001:db8::1]"])
def test_only_loopback_is_called(host):
    """Nothing is sent, and nobody asked, where the address is another."""
    with pytest.raises(ElsewhereError, match="not on this machine"):
        post(WebhookEndpoint(f"http://{host}/", SECRET), b"{}", {})


def test_what_counts_is_the_address(monkeypatch, make_receiver, endpoint):
    """A name that leads elsewhere is refused, whatever it is; of several addresses only loopback is used."""
    receiver = make_receiver()
    port = int(receiver.url.rpartition(":")[2].partition("/")[0])
    answers = {"inside.test": ["192.0.2.7", "127.0.0.1"], "localhost": ["192.0.2.7"], "nowhere.test": []}

    def look_up(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert post(endpoint(f"http://inside.test:{port}/in"), b"{}", {}) == 200
    for host in ("localhost", "nowhere.test"):
        with pytest.raises(ElsewhereError):
            post(endpoint(f"http://{host}:{port}/out"), b"{}", {})
    assert [path for path, _, _ in receiver.received] == ["/in"]


def test_an_endpoint_may_be_allowed_to_be_elsewhere(monkeypatch, make_receiver, endpoint):
    """Then any address is called: here one whose look-up ends at this machine again, for the test's sake."""
    receiver = make_receiver()
    connect = socket.socket.connect
    port = int(receiver.url.rpartition(":")[2].partition("/")[0])
    monkeypatch.setattr(socket.socket, "connect", lambda self, _: connect(self, ("127.0.0.1", port)))
    assert post(endpoint("http://192.0.2.7/out", anywhere=True), b"{}", {}) == 200
    assert [path for path, _, _ in receiver.received] == ["/out"]


def test_no_proxy_is_asked(monkeypatch, make_receiver, endpoint):
    """Whatever the environment says."""
    receiver = make_receiver()
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://192.0.2.7:3128")
    assert post(endpoint(receiver.url), b"{}", {}) == 200


@pytest.fixture
def listener():
    """Something on a port that talks to the first that connects as it is told to."""
    ends = []

    def make(talk):
        server = socket.create_server(("127.0.0.1", 0))
        over = threading.Event()

        def serve():
            connection, _ = server.accept()
            with connection:
                talk(connection, over)

        thread = threading.Thread(target=serve)
        thread.start()
        ends.append((server, over, thread))
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

    yield make
    for server, over, thread in ends:
        over.set()
        thread.join()
        server.close()


def silent(_connection, over):
    over.wait(30)


def dripping(connection, over):
    """A header that never ends, a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
    while not over.wait(0.02):
        try:
            connection.sendall(b"x")
        except OSError:
            return


@pytest.mark.parametrize("talk", [silent, dripping])
def test_nobody_is_waited_for_long(listener, endpoint, talk):
    """Neither for one that says nothing nor for one that says it slowly."""
    with pytest.raises(TimeoutError):
        post(endpoint(listener(talk)), b"{}", {}, seconds=0.2)


def test_what_is_no_http_server_is_a_failure(listener, endpoint, make_receiver):
    """So is one that closes at once, one that is not there, and TLS where there is none."""

    def gibberish(connection, _over):
        connection.recv(65536)
        connection.sendall(b"220 mail ready\r\n")

    from http.client import HTTPException

    for url in (listener(gibberish), listener(lambda *_: None), "http://127.0.0.1:9/"):
        with pytest.raises((HTTPException, OSError)):
            post(endpoint(url), b"{}", {})
    with pytest.raises(OSError, match="SSL"):
        post(endpoint(make_receiver().url.replace("http:", "https:")), b"{}", {})


@pytest.mark.parametrize("host", ["[::1]", "[::ffff:127.0.0.1]", "127.8.9.10"])
def test_there_is_more_than_one_loopback_address(monkeypatch, endpoint, host):
    """IPv6's own, IPv4's within IPv6, and all that begin with 127; nobody listens there."""

    def refused(*_):
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refused)
    with pytest.raises(ConnectionRefusedError):
        post(endpoint(f"http://{host}:9/"), b"{}", {})
