"""Methods that raise no audit event in time are replaced while something is watched, and put back."""

import asyncio
import socket
import sys
from types import ModuleType

import pytest

from drytune.testing.guard import Watch
from drytune.testing.guard_methods import Replaced
from drytune.testing.unanswered import Escape


@pytest.fixture
def watches():
    """What a test of its own has replaced is judged by."""
    return [Watch("test")]


@pytest.fixture
def replaced(watches):
    """The methods, replaced."""
    made = Replaced(watches)
    made.begin(names=False)
    yield made
    made.end()


def test_everything_is_put_back(watches):
    """After the last watch the classes are what they were."""
    uvloop = pytest.importorskip("uvloop")
    places = [socket, socket.socket, uvloop.Loop]
    before = [dict(vars(place)) for place in places]
    made = Replaced(watches)
    made.begin(names=True)
    made.begin(names=True)
    assert all(dict(vars(place)) != then for place, then in zip(places, before, strict=True))
    made.end()
    assert [dict(vars(place)) for place in places] == before


def test_what_others_have_replaced_since_is_left_alone(watches, monkeypatch):
    """A patch that came later belongs to whoever made it."""
    made = Replaced(watches)
    made.begin(names=False)
    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "connect", len)
        made.end()
        assert socket.socket.connect is len
    socket.socket.connect.__wrapped__  # noqa: B018 - what was there when the patch was made
    del socket.socket.connect


def test_what_was_put_back_meanwhile_is_replaced_by_the_next_watch(watches, monkeypatch):
    """One watch lasts for a whole session, and a test's own patches come and go within."""
    made = Replaced(watches)
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", len)
        made.begin(names=True)
        assert socket.getaddrinfo is not len
    before = socket.getaddrinfo
    made.begin(names=True)
    assert socket.getaddrinfo is not before
    with pytest.raises(Escape):
        socket.getaddrinfo("api.example.com", 443)
    made.end()
    assert socket.getaddrinfo is before


def test_a_replaced_method_looks_like_itself(replaced):
    """Its name and documentation stay."""
    assert socket.socket.connect.__name__ == "connect"
    assert "address" in socket.socket.connect.__doc__


class Channel:
    """As pycares has one."""

    def getaddrinfo(self, host, port, *, callback):
        return "asked"


class IocpProactor:
    """As asyncio has one on Windows."""

    def connect(self, conn, address):
        return "connected"


class Loop:
    """As uvloop has one."""

    async def getaddrinfo(self, host, port):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("198.51.100.7", port))]


def stand_in(monkeypatch, name: str, owner: type) -> None:
    module = ModuleType(name)
    setattr(module, owner.__name__, owner)
    monkeypatch.setitem(sys.modules, name, module)


def test_what_is_imported_later_is_replaced_then(replaced, monkeypatch):
    """A library that arrives during a test is judged from the next import on, or the start of an event loop."""
    stand_in(monkeypatch, "pycares", Channel)
    assert Channel().getaddrinfo("example.com", 443, callback=None) == "asked"
    replaced.go_on()
    with pytest.raises(Escape):
        Channel().getaddrinfo("example.com", 443, callback=None)
    with pytest.raises(Escape):
        Channel().getaddrinfo(host="example.com", port=443, callback=None)
    assert Channel().getaddrinfo("localhost", 443, callback=None) == "asked"
    replaced.end()
    assert Channel().getaddrinfo("example.com", 443, callback=None) == "asked"


def test_a_module_that_is_still_being_imported_is_waited_for(replaced, monkeypatch):
    """Its class comes after it."""
    monkeypatch.setitem(sys.modules, "pycares", ModuleType("pycares"))
    replaced.go_on()
    stand_in(monkeypatch, "pycares", Channel)
    replaced.go_on()
    with pytest.raises(Escape):
        Channel().getaddrinfo("example.com", 443, callback=None)


def test_connections_of_windows_event_loops_are_judged(replaced, monkeypatch):
    """Overlapped connections raise no event at all."""
    stand_in(monkeypatch, "asyncio.windows_events", IocpProactor)
    replaced.go_on()
    with socket.socket() as opened, pytest.raises(Escape):
        IocpProactor().connect(opened, ("198.51.100.7", 443))
    assert IocpProactor().connect(None, ("127.0.0.1", 443)) == "connected"


def test_where_uvloop_finds_an_allowed_name_is_seen(watches, replaced, monkeypatch):
    """Its look-up is awaited, and its answer allows the connection that follows."""
    stand_in(monkeypatch, "uvloop", Loop)
    made = Replaced(watches)
    made.begin(names=False)
    watches[0].allowed |= {"api.example.com"}
    assert asyncio.run(Loop().getaddrinfo("api.example.com", 443))
    watches[0].connects(("198.51.100.7", 443))
    made.end()
