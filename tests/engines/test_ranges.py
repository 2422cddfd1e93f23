"""A file may be cut into ranges of bytes anywhere: their facts merge to the facts of the whole."""

import io
import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune.engines.work import RANGE_BYTES, facts_of_piece, facts_of_range, pieces, ranges
from drytune.sources import Stream, find_sources
from drytune_simulator.dataset.facts import merge
from drytune_simulator.dataset.lens import Lens, Limits

LENS = Lens("o200k_base")

GOOD = b'{"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Meow"}]}'
BAD = b'{"messages": [{"role": "user", "content": "\xe3\x81\xab\xe3\x82\x83"}]}'


class Data(msgspec.Struct, frozen=True):
    """A source that is in memory."""

    data: bytes
    name: str = "data.jsonl"
    filename: str = "data.jsonl"
    splittable: bool = True
    shared: bool = True

    @property
    def size(self):
        return len(self.data)

    def open(self):
        return Stream(io.BytesIO(self.data), self.name)

    def peek(self, most):
        return self.open()


def whole(data, lens=LENS):
    return facts_of_range(Data(data), 0, None, lens)


def cut(data, cuts, lens=LENS):
    ends = [0, *sorted(cuts), len(data)]
    return merge(facts_of_range(Data(data), start, end, lens) for start, end in itertools.pairwise(ends))


_lines = st.sampled_from(
    [b"", b"\r", b" ", GOOD, GOOD + b"\r", BAD, b"\xef\xbb\xbf" + GOOD, b"[]", b"\xff", b"{"]
)


@st.composite
def _cut_data(draw):
    data = b"\n".join(draw(st.lists(_lines, max_size=12)))
    return data, draw(st.lists(st.integers(0, len(data)), max_size=6))


@given(_cut_data())
def test_any_cuts(case):
    """Wherever a file is cut, in lines or between, the ranges have the facts of the whole."""
    data, cuts = case
    assert cut(data, cuts) == whole(data)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n"])
def test_every_cut(end):
    """A range may begin at any byte: the first of a line, a line feed, a byte order mark."""
    data = b"\xef\xbb\xbf" + GOOD + b"\r\n" + b"\xef\xbb\xbf" + BAD + b"\n\n" + GOOD + end
    expected = whole(data)
    for at in range(len(data) + 1):
        assert cut(data, [at]) == expected
    assert cut(data, range(0, len(data), 3)) == expected


def test_a_line_belongs_to_the_range_in_which_it_begins():
    """A range has the lines that begin in it, to their ends; one inside a line has none."""
    data = b"one\ntwo\nthree\n"
    expected = {
        (0, 1): 1,
        (0, 4): 1,
        (0, 5): 2,
        (1, 4): 0,
        (4, 5): 1,
        (5, 8): 0,
        (5, 9): 1,
        (8, 14): 1,
        (9, 14): 0,
    }
    found = {bounds: facts_of_range(Data(data), *bounds, LENS).lines for bounds in expected}
    assert found == expected


@pytest.mark.parametrize("length", [1_500_000, 9_000_000])
def test_lines_longer_than_ranges(length):
    """Lines of many megabytes, the ones that are read and the ones that are too long, may be cut as well."""
    long = b'{"messages": "' + b"x" * length + b'"}'
    data = b"\n".join([GOOD, long, BAD, long, long, GOOD])
    for lens in (LENS, Lens("o200k_base", limits=Limits(line_bytes=5_000_000))):
        expected = whole(data, lens)
        assert expected.lines == 6
        assert cut(data, range(0, len(data), length // 3), lens) == expected
        assert cut(data, [len(data) - 1], lens) == expected


@given(st.integers(0, 1 << 32), st.integers(1, 200))
def test_ranges_are_the_file(size, workers):
    """Ranges follow one another from the first byte to the last, of 8 MiB each, or less if that makes too few."""
    found = list(ranges(size, workers))
    assert [start for start, _ in found] == [0, *(end for _, end in found)][: len(found)]
    assert found[-1:] == ([] if size == 0 else [(found[-1][0], size)])
    lengths = [end - start for start, end in found]
    assert all(1 <= length <= RANGE_BYTES for length in lengths)
    assert len(set(lengths[:-1])) <= 1
    assert len(found) >= min(4 * workers, size >> 20)


@pytest.mark.slow
@pytest.mark.parametrize("read_here", [False, True])
def test_pieces_of_a_file_and_of_a_stream(tmp_path, read_here):
    """A source that can be split makes ranges; another one is read by who asks for pieces, or is one piece."""
    import gzip

    data = (GOOD + b"\n") * 30_000
    (tmp_path / "x.jsonl").write_bytes(data)
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(data, 1))
    plain, packed = find_sources([tmp_path / "x.jsonl", tmp_path / "x.jsonl.gz"])
    for source, number in ((plain, 3), (packed, 3 if read_here else 1)):
        found = list(pieces(source, LENS, workers=2, read_here=read_here))
        assert len(found) == number
        assert sum(piece.weight for piece in found) == source.size
        facts = merge(map(facts_of_piece, found))
        assert (facts.lines, facts) == (30_000, whole(data))
