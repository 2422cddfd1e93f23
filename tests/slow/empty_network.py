"""Runs a command where there is no network but loopback: ``unshare`` starts it in a namespace of its own.

    unshare --net python empty_network.py COMMAND…

Loopback is brought up, that nothing else is there is shown, and the command takes this process's place.
"""

import errno
import fcntl
import os
import socket
import struct
import sys

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1
_ELSEWHERE = [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET, "8.8.8.8"), (socket.AF_INET6, "2001:db8::1")]


def bring_up(interface: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        asked = struct.pack("16sh14x", interface.encode(), 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(sock, _GET_FLAGS, asked), 16)
        fcntl.ioctl(sock, _SET_FLAGS, struct.pack("16sh14x", interface.encode(), flags | _UP))


def show_that_it_is_empty() -> None:
    interfaces = [name for _, name in socket.if_nameindex()]
    assert interfaces == ["lo"], interfaces
    for family, host in _ELSEWHERE:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.settimeout(5)
            failed = sock.connect_ex((host, 443))
            assert failed in (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EHOSTUNREACH), (host, failed)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass  # loopback is there
    print("the network is empty: only loopback answers", file=sys.stderr, flush=True)


if __name__ == "__main__":
    bring_up("lo")
    show_that_it_is_empty()
    os.execv(sys.argv[1], sys.argv[1:])
