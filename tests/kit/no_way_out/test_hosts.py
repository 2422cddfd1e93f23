"""Which hosts are this machine, and which ones an entry of `drytune_allow_hosts` allows."""

import socket

import pytest

from drytune.errors import UsageError
from drytune.testing import guard
from drytune.testing.guard import Watch, checked_hosts
from drytune.testing.unanswered import Escape


@pytest.fixture(autouse=True)
def _nothing_was_found_before(monkeypatch):
    """Where other tests have found a name is known to all."""
    monkeypatch.setattr(guard, "_FOUND", {})


HERE = [
    None,
    "",
    b"",
    "localhost",
    "LOCALHOST.",
    b"localhost",
    bytearray(b"127.0.0.1"),
    "127.0.0.1",
    "127.255.0.9",
    "127.1",
    "0.0.0.0",
    "0",
    "::1",
    "::",
    "0:0:0:0:0:0:0:1",
    "::1%lo",
    "::ffff:127.0.0.1",
]
ELSEWHERE = [
    "example.com",
    b"example.com",
    "localhost.example.com",
    "notlocalhost",
    "api.localhost",
    "127.example.com",
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "255.255.255.255",
    "<broadcast>",
    "224.0.0.1",
    "2001:db8::1",
    "fe80::1%eth0",
    "::ffff:10.0.0.1",
    "2130706432x",
    "bücher.example",
]


@pytest.mark.parametrize("host", HERE)
def test_this_machine(host):
    """Loopback in all its spellings is free."""
    Watch("test").connects_to(host, 80)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_other_machines(host):
    """Everything else is another machine, neighbours and the cloud's metadata too."""
    with pytest.raises(Escape):
        Watch("test").connects_to(host, 80)


ALLOWED = [
    ("api.example.com", "API.example.com."),
    ("API.EXAMPLE.COM", b"api.example.com"),
    ("*.example.com", "a.b.example.com"),
    ("bücher.example", "xn--bcher-kva.example"),
    ("10.0.0.1", "10.0.0.1"),
    ("10.0.0.1", "::ffff:10.0.0.1"),
    ("10.0.0.0/8", "10.9.8.7"),
    ("2001:db8::/32", "2001:DB8::1"),
    ("2001:db8:0::1", "2001:db8::1"),
    ("*", "anything.example"),
    ("*", "203.0.113.9"),
]


@pytest.mark.parametrize(("entry", "host"), ALLOWED)
def test_allowed(entry, host):
    """A host, a pattern, an address, a network, or all."""
    watch = Watch("test", [entry])
    watch.connects_to(host, 443)
    watch.looks_up(host)


NOT_ALLOWED = [
    ("example.com", "api.example.com"),
    ("api.example.com", "example.com"),
    ("*.example.com", "example.com"),
    ("*.example.com", "api.example.com.evil.example"),
    ("10.0.0.0/8", "11.0.0.1"),
    ("10.0.0.0/8", "2001:db8::1"),
    ("", "example.com"),
]


@pytest.mark.parametrize(("entry", "host"), NOT_ALLOWED)
def test_not_allowed(entry, host):
    """An entry allows what it says, and no more."""
    with pytest.raises(Escape):
        Watch("test", [entry]).connects_to(host, 443)


@pytest.mark.parametrize(
    "entry", ["https://api.example.com", "api.example.com:443", "api.example.com/v1", "10.0.0.0/99"]
)
def test_an_entry_that_is_no_host_is_refused(entry):
    """A URL in the settings is told, and not silently useless."""
    with pytest.raises(UsageError, match="drytune_allow_hosts"):
        Watch("test", [entry])


def test_one_host_may_be_given_as_it_is():
    """A string is one host, not its letters."""
    Watch("test", "api.example.com").looks_up("api.example.com")


def test_more_may_be_allowed_later():
    """A recording's host is known only once its fixture is there."""
    watch = Watch("test", ["one.example"])
    watch.allowed |= {"two.example"}
    watch.looks_up("one.example")
    watch.looks_up("two.example")


def test_an_address_is_looked_up_nowhere():
    """To ask whether a text is an address sends nothing: only the connection is refused."""
    watch = Watch("test")
    watch.looks_up("198.51.100.7")
    assert not watch.escapes


def test_a_name_whose_answer_was_not_seen_is_looked_up_once_more(monkeypatch):
    """Some resolvers answer in C: the machine's own is asked where the allowed name is."""
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("198.51.100.7", 0))]
    monkeypatch.setattr("_socket.getaddrinfo", lambda *_: answer)
    watch = Watch("test", ["api.example.com"])
    with pytest.raises(Escape):
        watch.connects(("198.51.100.7", 443))
    watch.looks_up("api.example.com")
    watch.connects(("198.51.100.7", 443))
    with pytest.raises(Escape):
        watch.connects(("198.51.100.8", 443))


@pytest.mark.parametrize("family", ["AF_UNIX", "AF_NETLINK", "AF_ALG"])
def test_families_that_stay_are_free(family):
    """What is addressed there is no host."""
    if not hasattr(socket, family):
        pytest.skip(f"this system has no {family}")
    Watch("test").connects((12345, 0), getattr(socket, family))


@pytest.mark.parametrize(
    "family", ["AF_PACKET", "AF_BLUETOOTH", "AF_CAN", "AF_VSOCK", "AF_TIPC", "AF_RDS", "AF_QIPCRTR"]
)
def test_families_that_leave_are_not(family):
    """Frames and radio go to other machines, too, and a virtual machine's sockets to the one that it runs on."""
    if not hasattr(socket, family):
        pytest.skip(f"this system has no {family}")
    with pytest.raises(Escape, match=rf"{family} \('eth0',\).*allow_hosts\(\"\*\"\)"):
        Watch("test").connects(("eth0",), getattr(socket, family))
    Watch("test", ["*"]).connects(("eth0",), getattr(socket, family))


def test_a_family_that_python_has_no_name_for_leaves():
    """Nobody knows where it leads."""
    with pytest.raises(Escape, match="address family 99"):
        Watch("test").connects((1, 2), 99)


class Lying(str):
    """Says that it is loopback."""

    def __str__(self):
        return "127.0.0.1"

    def __eq__(self, other):
        return other == "127.0.0.1"

    def __hash__(self):
        return hash("127.0.0.1")


class LyingBytes(bytes):
    """The same."""

    def __bytes__(self):
        return b"127.0.0.1"


class LyingAddress(tuple):
    """Shows one host, and holds another."""

    def __getitem__(self, index):
        return ("127.0.0.1", 80)[index]


@pytest.mark.parametrize(
    "address",
    [(Lying("198.51.100.7"), 80), (LyingBytes(b"198.51.100.7"), 80), LyingAddress(("198.51.100.7", 80))],
)
def test_what_an_address_says_of_itself_does_not_count(address):
    """A socket takes what is in it, and so does the guard."""
    with socket.socket() as opened, pytest.raises(Escape, match=r"198\.51\.100\.7:80"):
        Watch("test").opens(address, opened)


def test_names_below_localhost_may_be_allowed():
    """Who knows that they are found on this machine says so; their addresses on loopback are free as all are."""
    Watch("test", ["*.localhost"]).looks_up("api.localhost")


def found_at(watch: Watch, name: str, address: str) -> None:
    """The watch sees the name looked up, and where it is."""
    watch.looks_up(name)([(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))])


def test_where_a_name_was_found_is_known_to_all_that_allow_it(monkeypatch):
    """A fixture of the session looks a name up once, and later tests connect to its address."""
    monkeypatch.setattr("_socket.getaddrinfo", lambda *_: [])
    found_at(Watch("first", ["db.example"]), "db.example", "198.51.100.7")
    Watch("second", ["*.example"]).connects(("198.51.100.7", 443))
    with pytest.raises(Escape):
        Watch("third", ["other.example"]).connects(("198.51.100.7", 443))


CHECKED = [
    ([], set()),
    (["a.example", " b.example ", ""], {"a.example", "b.example"}),
    ([["a.example", ("10.0.0.0/8",)], {"*"}], {"a.example", "10.0.0.0/8", "*"}),
    (["127.0.0.1:3128", "localhost:80", "[::1]:80"], {"127.0.0.1:3128", "localhost:80", "[::1]:80"}),
    (["2001:db8::/32", "2001:db8:*", "fe80::1%eth0"], {"2001:db8::/32", "2001:db8:*", "fe80::1%eth0"}),
    ("a.example", {"a.example"}),
]


@pytest.mark.parametrize(("values", "hosts"), CHECKED)
def test_settings_are_hosts_or_lists_of_hosts(values, hosts):
    """As a mark, an option or an ini file may have them."""
    assert checked_hosts(values) == hosts


@pytest.mark.parametrize(
    "value",
    [
        "https://db.example",
        "db.example:5432",
        "10.0.0.1:5432",
        "db.example/path",
        "user@db.example",
        "a.example, b.example",
        "a.example b.example",
        "['a.example']",
        "2001:db8::zz",
        ["https://db.example"],
        5432,
        None,
        b"db.example",
        {"db.example": 5432},
    ],
)
def test_what_is_no_host_is_told_in_one_sentence(value):
    """Whoever reads settings can stop the run with it, instead of breaking in the middle."""
    with pytest.raises(UsageError, match=r"^drytune_allow_hosts[^\n]*$"):
        checked_hosts([value])
