"""What the user names becomes sources: files, patterns, standard input, URLs, compressed or not."""

import gzip
import io
import os
import pickle
import resource
import sys

import fsspec
import pytest
import zstandard

import drytune
from drytune.errors import MissingExtra, UsageError
from drytune.sources import StandardInput, find_sources, require_distinct

DATA = b'{"messages": []}\n' * 3


def read(source):
    with source.open() as stream:
        return stream.read()


def one(name):
    (source,) = find_sources([name])
    return source


def read_all(*names):
    return [read(source) for source in find_sources(names)]


def refusal(*names):
    with pytest.raises(UsageError) as caught:
        read_all(*names)
    sentence = str(caught.value)
    assert len(sentence.splitlines()) == 1
    return sentence


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A directory with a file of each kind, which is also where the process is."""
    for name in ("b.jsonl", "a.jsonl"):
        (tmp_path / name).write_bytes(DATA)
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(DATA))
    (tmp_path / "d.jsonl.zst").write_bytes(zstandard.compress(DATA))
    (tmp_path / "folder.jsonl").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def piped(monkeypatch):
    """Give the process a standard input."""

    def pipe(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))

    return pipe


@pytest.mark.parametrize(
    ("name", "filename", "splittable"),
    [
        ("a.jsonl", "a.jsonl", True),
        ("./a.jsonl", "./a.jsonl", True),
        ("c.jsonl.gz", "c.jsonl", False),
        ("d.jsonl.zst", "d.jsonl", False),
    ],
)
def test_a_file(files, name, filename, splittable):
    """A file keeps the name that it was called; its extension is the one below the compression's."""
    source = one(name)
    assert (source.name, source.filename) == (name, filename)
    assert (source.size, source.splittable, source.shared) == (
        (files / name).stat().st_size,
        splittable,
        True,
    )
    assert read(source) == read(source) == DATA
    assert source.peek(5).read(5) == DATA[:5]
    assert pickle.loads(pickle.dumps(source)) == source


def test_a_pattern(files):
    """A pattern means the files that match it, in order of their names, and no directories."""
    assert [source.name for source in find_sources(["*.jsonl"])] == ["a.jsonl", "b.jsonl"]
    assert [source.name for source in find_sources([files / "?.jsonl*", "b.jsonl"])] == [
        *(str(files / name) for name in ("a.jsonl", "b.jsonl", "c.jsonl.gz", "d.jsonl.zst")),
        "b.jsonl",
    ]
    assert [source.name for source in find_sources(["**/[ab].jsonl"])] == ["a.jsonl", "b.jsonl"]


def test_a_name_that_exists_is_no_pattern(files):
    """A file may be called like a pattern or a URL."""
    (files / "[ab].jsonl").write_bytes(b"mine")
    assert read(one("[ab].jsonl")) == b"mine"
    (files / "memory:").mkdir()
    (files / "memory:" / "a.jsonl").write_bytes(b"mine too")
    assert read(one("memory://a.jsonl")) == b"mine too"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "The empty name does not exist; check the path."),
        ("none.jsonl", "none.jsonl does not exist; check the path."),
        ("a\0b", r"'a\x00b' is not a file name."),
        ("folder.jsonl", "folder.jsonl is a directory; name the .jsonl file in it."),
        ("/dev/null", "/dev/null is not a regular file; save its content as a .jsonl file first."),
        ("*.json", "No file matches *.json; check the pattern."),
        ("fold*", "No file matches fold*; check the pattern."),
        ("x" * 5000, f"{'x' * 5000} cannot be read: File name too long."),
        ("nowhere://a.jsonl", "nowhere://a.jsonl cannot be read: Protocol not known: nowhere."),
        ("memory://none.jsonl", "memory://none.jsonl does not exist; check the URL."),
        ("memory://none/*.jsonl", "No file matches memory://none/*.jsonl; check the pattern."),
    ],
)
def test_what_cannot_be_read(files, name, sentence):
    """What is no file is told in a sentence, before any work is done."""
    assert refusal(name) == sentence


def test_links_that_lead_nowhere(files):
    """A symbolic link to what is gone, or to itself, is called one; in a pattern too."""
    (files / "gone.jsonl").symlink_to("nothing")
    (files / "self.jsonl").symlink_to("self.jsonl")
    for name in ("gone.jsonl", "self.jsonl"):
        sentence = f"{name} is a symbolic link that leads nowhere; mend it, or leave it out."
        assert refusal(name) == sentence
        assert refusal(f"{name[:2]}*.jsonl") == sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes here")
def test_a_named_pipe(files):
    """A pipe can be read only once, so it is asked for as standard input."""
    os.mkfifo(files / "pipe.jsonl")
    assert refusal("pipe.jsonl") == (
        "pipe.jsonl is a pipe, not a regular file; name - instead and pipe it in, or save its content as a"
        " .jsonl file first."
    )


def test_one_file_twice(files):
    """Each file is a job of its own, so a file under two names would be billed twice."""
    (files / "link.jsonl").symlink_to("a.jsonl")
    os.link(files / "a.jsonl", files / "hard.jsonl")
    require_distinct(find_sources(["a.jsonl", "b.jsonl"]))
    for names, sentence in {
        ("a.jsonl", "a.jsonl"): "a.jsonl is named twice; name it once, as each file is a job of its own.",
        ("a.jsonl", "./a.jsonl"): "a.jsonl and ./a.jsonl are one file; name it once.",
        ("a.jsonl", "link.jsonl"): "a.jsonl and link.jsonl are one file; name it once.",
        ("[ah]*.jsonl",): "a.jsonl and hard.jsonl are one file; name it once.",
    }.items():
        with pytest.raises(UsageError) as caught:
            require_distinct(find_sources(names))
        assert str(caught.value) == sentence
        with pytest.raises(UsageError):
            drytune.check(names)


def test_a_file_without_permission(files, monkeypatch):
    """A file that may not be opened is told with the system's reason (root may open all, so it is made up)."""

    def refuse(self, *arguments, **options):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert refusal("a.jsonl") == "a.jsonl cannot be read: Permission denied."


CUT = "is cut off: its compressed data ends too early; copy it or compress it once more."


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_damaged_files(files, kind):
    """Compressed data that is cut off, changed or no such data at all is a sentence about the file."""
    name = f"x.jsonl.{kind}"
    compress = {"gz": gzip.compress, "zst": zstandard.ZstdCompressor(write_checksum=True).compress}[kind]
    whole = compress(bytes(range(256)) * 50)
    for end in (5, len(whole) // 2, len(whole) - 1):
        (files / name).write_bytes(whole[:end])
        assert refusal(name) == f"{name} {CUT}"
    broken = bytearray(whole)
    broken[-3] ^= 0x55
    for data in (bytes(broken), b"no such data", whole + b"and more"):
        (files / name).write_bytes(data)
        assert refusal(name).startswith(f"{name} is damaged or not compressed as its name says (")


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_several_frames_and_none(files, kind):
    """Compressed files that were appended to one another are one file; an empty one is empty."""
    compress = {"gz": gzip.compress, "zst": zstandard.compress}[kind]
    for parts in ([], [b""], [b"one\n", b"", b"two\n", b"x" * 300_000]):
        (files / f"x.jsonl.{kind}").write_bytes(b"".join(map(compress, parts)))
        assert read(one(f"x.jsonl.{kind}")) == b"".join(parts)


def test_skippable_frames(files):
    """Zstandard's frames that hold no data are passed over."""
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00note"
    (files / "x.zst").write_bytes(skipped + zstandard.compress(DATA) + skipped)
    assert read(one("x.zst")) == DATA


@pytest.mark.skipif(sys.platform == "win32", reason="counts memory as Unix does")
@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_bombs(files, kind):
    """A small file that expands to 300 MB is read in bounded memory."""
    packer = {"gz": gzip.open, "zst": zstandard.open}[kind]
    with packer(files / f"x.{kind}", "wb") as file:
        for _ in range(300):
            file.write(bytes(1_000_000))
    source = one(f"x.{kind}")
    assert source.size < 300_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with source.open() as stream:
        length = sum(map(len, iter(lambda: stream.read(1 << 20), b"")))
        assert 0 < stream.stored_bytes() <= source.size
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert length == 300_000_000
    assert grown * (1 if sys.platform == "darwin" else 1024) < 80 << 20


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress])
def test_standard_input(piped, compress):
    """What is piped in has a name without an extension to be wrong; it can be looked at before it is read."""
    piped(compress(DATA))
    source = one("-")
    assert (source.name, source.filename, source.size) == ("-", "stdin.jsonl", None)
    assert (source.splittable, source.shared) == (False, False)
    for most in (4, 2, 40, 10_000):
        with source.peek(most) as stream:
            assert stream.read(3) + stream.read() == DATA[:most]
    assert read(source) == DATA


def test_standard_input_only_once(piped):
    """There is nothing left to read the second time, and that is told rather than taken for an empty file."""
    piped(DATA)
    assert refusal("-", "-") == "Standard input (-) is named twice; it can be read only once."
    read(StandardInput())
    again = "Standard input (-) can be read only once; save it as a file to read it again."
    assert refusal("-") == again
    with pytest.raises(UsageError, match="only once"):
        StandardInput().peek(1)
    piped(DATA)
    assert read(StandardInput()) == DATA


def test_no_standard_input(piped, monkeypatch):
    """A process may have none, and what is piped in may be damaged."""
    monkeypatch.setattr(sys, "stdin", None)
    assert refusal("-") == "There is no standard input (-) to read; pipe a file into the command."
    piped(gzip.compress(DATA)[:-1])
    assert refusal("-") == f"Standard input (-) {CUT}"


@pytest.fixture
def memory():
    """A file system in memory."""
    system = fsspec.filesystem("memory")
    for name, data in {"b.jsonl": DATA, "a.jsonl": DATA, "c.jsonl.gz": gzip.compress(DATA)}.items():
        system.pipe(f"/cats/{name}", data)
    yield system
    system.rm("/cats", recursive=True)


def test_urls(memory, files):
    """URLs are read through fsspec; those of this machine's files can be split like the files."""
    source = one("memory://cats/a.jsonl")
    assert (source.name, source.filename) == ("memory://cats/a.jsonl",) * 2
    assert (source.size, source.splittable, source.shared) == (len(DATA), False, False)
    assert read(source) == DATA
    source = one("memory://cats/c.jsonl.gz")
    assert (source.filename, source.splittable) == ("memory://cats/c.jsonl", False)
    assert read(source) == DATA
    source = one(f"file://{files}/a.jsonl")
    assert (source.size, source.splittable, source.shared) == (len(DATA), True, True)
    assert read(source) == DATA
    assert pickle.loads(pickle.dumps(source)) == source


def test_url_patterns(memory, files):
    """A pattern of URLs means what matches, in order."""
    names = [source.name for source in find_sources(["memory://cats/*.jsonl"])]
    assert names == ["memory:///cats/a.jsonl", "memory:///cats/b.jsonl"]
    names = [source.name for source in find_sources([f"file://{files}/[ab].jsonl"])]
    assert names == [f"file://{files}/a.jsonl", f"file://{files}/b.jsonl"]
    assert refusal("memory://cats") == "memory://cats is a directory; name the .jsonl file in it."


@pytest.mark.parametrize(("url", "package"), [("s3://cats/a.jsonl", "s3fs"), ("gs://cats/a.jsonl", "gcsfs")])
def test_a_cloud_without_its_package(monkeypatch, url, package):
    """What has to be installed for a cloud's URLs is told."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra) as caught:
        find_sources([url])
    assert str(caught.value) == f"Reading {url} needs {package}; pip install {package}."


def test_without_fsspec(monkeypatch, files):
    """fsspec itself is optional; files do not need it."""
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    assert refusal("s3://cats/a.jsonl") == (
        "Reading s3://cats/a.jsonl needs fsspec; pip install 'drytune[ray]' or fsspec."
    )
    assert read(one("a.jsonl")) == DATA


class Failing(io.BytesIO):
    def read(self, *size):
        raise RuntimeError("the bucket is\nnot yours.")


def test_a_file_system_that_fails(memory, monkeypatch):
    """Whatever a file system raises, before or while reading, is one sentence."""
    source = one("memory://cats/a.jsonl")
    monkeypatch.setattr(type(memory), "open", lambda *arguments: Failing())
    sentence = "memory://cats/a.jsonl cannot be read: the bucket is not yours."
    with pytest.raises(UsageError) as caught:
        read(source)
    assert str(caught.value) == sentence
    monkeypatch.setattr(type(memory), "open", lambda *arguments: Failing().read())
    assert refusal("memory://cats/a.jsonl") == sentence
