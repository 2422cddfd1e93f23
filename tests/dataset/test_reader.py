"""Files are read in blocks of whole lines, in bounded memory."""

import io
import os
import resource
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.dataset import blocks
from drytune_simulator.dataset.reader import MAX_LINE_BYTES


class Pipe(io.BytesIO):
    """A stream that cannot seek."""

    def seekable(self):
        return False

    def seek(self, *args):
        raise OSError("not seekable")


def lines_of(stream, **sizes):
    """All lines with their numbers; too long ones as their length."""
    found = []
    for block in blocks(stream, **sizes):
        for place, line in enumerate(block.lines):
            found.append((block.first_line + place, block.too_long.get(place, line)))
    return found


_data = st.lists(st.binary(max_size=30), max_size=8).map(b"\n".join)


@pytest.mark.parametrize("kind", [io.BytesIO, Pipe, bytes])
@given(data=_data, block_bytes=st.integers(1, 20), limit=st.integers(1, 25))
def test_blocks_are_the_lines(kind, data, block_bytes, limit):
    """Whatever the sizes, the blocks make up the lines in order; lines over the limit are told by their length."""
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()  # what follows the last line feed is no line
    expected = [(n, len(line) if len(line) > limit else line) for n, line in enumerate(lines, 1)]
    assert lines_of(kind(data), block_bytes=block_bytes, max_line_bytes=limit) == expected


class Endless(io.RawIOBase):
    """`size` bytes without a line feed, made as they are read; no memory holds them."""

    def __init__(self, size):
        self.size, self.at = size, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=0):
        self.at = offset
        return offset

    def read(self, size=-1):
        size = max(0, min(size, self.size - self.at))
        self.at += size
        return b"x" * size


@pytest.mark.skipif(sys.platform == "win32", reason="counts memory as Unix does")
def test_a_line_of_300_mb_is_passed_over():
    """A line over the limit costs no memory to speak of."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert lines_of(Endless(300_000_000)) == [(1, 300_000_000)]
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (
        1 if sys.platform == "darwin" else 1024
    )
    assert grown < 64 * 2**20


def test_the_limit_lets_ten_images_pass():
    """Ten images of 10 MB in base64 are a line that is read."""
    assert MAX_LINE_BYTES > 10 * 10 * 2**20 * 4 / 3


def test_blocks_come_as_they_are_read():
    """A block is there before the file's end is: the rest of the file need not be."""
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as stream, os.fdopen(write, "wb", buffering=0) as sink:
        writer = threading.Thread(target=sink.write, args=(b"one\ntwo\n",))
        writer.start()
        assert next(blocks(stream)).lines == (b"one", b"two")
        writer.join()
