"""What finds the lessons is kept on the disk: whole, shared, made again when it is damaged, and cleaned."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from pathlib import Path

import pytest

from drytune_simulator.clock import InstantClock
from drytune_simulator.inference import table
from drytune_simulator.inference.book import Book, Content
from drytune_simulator.inference.columns import Columns, Writer
from drytune_simulator.inference.conversation import Turn
from drytune_simulator.inference.shelf import DamagedError, Shelf
from drytune_simulator.inference.taught import Source, Taught
from drytune_simulator.resources import taught as taught_of
from drytune_simulator.store import Store

QUESTION = "What comes after 77, please?"


@pytest.fixture
def rows(row):
    """So many that they are found by an index."""
    return [
        row(f"What comes after {number}?", f"After {number} comes {number + 1}.") for number in range(150)
    ]


@pytest.fixture(autouse=True)
def _keep_small_ones(monkeypatch):
    """Files of a few kilobytes are kept too."""
    monkeypatch.setattr(taught_of, "_SMALL", 0)


@pytest.fixture
def on_disk(make_world, tmp_path):
    """Make a world whose state is in a directory, as a process would that is started anew."""
    return lambda: make_world(store=Store(tmp_path / "state"), clock=InstantClock())


def made(tmp_path: Path) -> list[str]:
    """What is kept, without the digests."""
    directory = tmp_path / "state" / "made"
    return sorted(path.name.partition(".")[2] for path in directory.iterdir()) if directory.exists() else []


def forbid(monkeypatch):
    """From here on nothing may be made."""

    def fail(*_: object) -> None:
        raise AssertionError("it is made again")

    monkeypatch.setattr(table, "lessons_of", fail)


def test_it_is_made_when_it_is_first_needed_and_kept_beside_the_contents(on_disk, rows, tmp_path):
    """The table for an exact question, the index for another; neither when the job is created."""
    world = on_disk()
    model = world.tune(rows)
    assert made(tmp_path) == []
    assert world.ask(model, "What comes after 7?").content == "After 7 comes 8."
    assert [name.partition("-")[0] for name in made(tmp_path)] == ["supervised.table"]
    assert world.ask(model, QUESTION).content == "After 77 comes 78."
    assert [name.partition("-")[0] for name in made(tmp_path)] == ["supervised.grams", "supervised.table"]


def test_a_later_process_only_opens_it(on_disk, rows, monkeypatch):
    world = on_disk()
    model = world.tune(rows)
    said = world.ask(model, QUESTION)
    forbid(monkeypatch)
    again = on_disk().ask(model, QUESTION)
    assert (again.content, again.similarity) == (said.content, said.similarity)


def test_two_jobs_with_one_file_share_it(on_disk, rows, tmp_path, monkeypatch):
    world = on_disk()
    first, second = world.tune(rows), world.tune(rows)
    world.ask(first, QUESTION)
    forbid(monkeypatch)
    assert world.ask(second, QUESTION).content == "After 77 comes 78."
    assert len(made(tmp_path)) == 2


@pytest.mark.parametrize(
    "what", ["cut", "changed", "gone", "added", "described otherwise", "another version"]
)
def test_what_is_damaged_is_made_again(on_disk, rows, tmp_path, what):
    world = on_disk()
    model = world.tune(rows)
    world.ask(model, QUESTION)
    for kept in (tmp_path / "state" / "made").iterdir():
        files = sorted(file for file in kept.iterdir() if file.name != "files.json")
        largest = max(files, key=lambda file: file.stat().st_size)
        data = largest.read_bytes()
        if what == "cut":
            largest.write_bytes(data[:-20])
        elif what == "changed":
            largest.write_bytes(data[:50] + bytes([data[50] ^ 1]) + data[51:])
        elif what == "gone":
            largest.unlink()
        elif what == "added":
            (kept / "more").write_bytes(b"")
        elif what == "described otherwise":
            (kept / "files.json").write_bytes(b"{")
        else:  # whole, but not what this version reads
            for file in files:
                file.write_bytes(b"what a later version has written")
            Shelf(tmp_path)._make(tmp_path / "other", lambda path, files=files: _copied(files, path))
            (kept / "files.json").write_bytes((tmp_path / "other" / "files.json").read_bytes())
            for file in (tmp_path / "other").iterdir():
                file.unlink()
            (tmp_path / "other").rmdir()
    again = on_disk().ask(model, QUESTION)
    assert (again.content, again.layer) == ("After 77 comes 78.", "taught")
    assert len(made(tmp_path)) == 2


def _copied(files: list[Path], directory: Path) -> None:
    for file in files:
        (directory / file.name).write_bytes(file.read_bytes())


def test_where_nothing_can_be_kept_it_is_in_memory(on_disk, rows, tmp_path, caplog):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "made").write_bytes(b"a file stands here")
    world = on_disk()
    assert world.ask(world.tune(rows), QUESTION).content == "After 77 comes 78."
    assert "is kept in memory" in caplog.text


def test_large_files_of_a_world_in_memory_are_kept_in_a_directory_of_its_own(world, rows, monkeypatch):
    monkeypatch.setattr(taught_of, "_LARGE", 0)
    assert world.ask(world.tune(rows), QUESTION).content == "After 77 comes 78."


def test_what_was_made_of_contents_that_are_gone_goes_too(on_disk, rows, tmp_path):
    world = on_disk()
    world.ask(world.tune(rows), QUESTION)
    before = made(tmp_path)
    world.simulator.world.store.reset()
    world.ask(world.tune(rows[:120]), "What comes after 7?")
    assert len(before) == 2
    assert len(made(tmp_path)) == 1


def test_the_shelf_keeps_what_was_used_last(tmp_path):
    shelf = Shelf(tmp_path / "shelf", most=3)

    def take(name: str) -> None:
        shelf.take(name, lambda path: (path / "x").write_text(name), lambda path: (path / "x").read_text())

    for number, name in enumerate("abc"):
        take(name)
        os.utime(tmp_path / "shelf" / name, (number, number))
    take("a")  # used again, just now
    take("d")
    assert sorted(path.name for path in (tmp_path / "shelf").iterdir()) == ["a", "c", "d"]


def test_what_a_process_that_died_has_begun_is_removed_a_day_later(tmp_path):
    shelf = Shelf(tmp_path)
    for name, age in ((".begun-old", 2 * 86_400), (".begun-new", 60)):
        (tmp_path / name).mkdir()
        then = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (then, then))
    shelf.take("a", lambda path: (path / "x").write_text("x"), lambda _: 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".begun-new", "a"]


def test_what_cannot_be_read_even_when_it_is_new_is_told(tmp_path):
    def read(_: Path) -> None:
        raise DamagedError("no")

    with pytest.raises(DamagedError, match="cannot be read"):
        Shelf(tmp_path).take("a", lambda path: (path / "x").write_text("x"), read)


def _asked(directory: str, file: str, figures) -> None:
    content = Path(file)
    book = Book(Content("shared", lambda: content.open("rb")), Shelf(Path(directory)))
    (found,) = Taught([Source(book)]).near([Turn("user", QUESTION)])
    figures.put(found.lesson.reply.content)


def test_processes_that_make_the_same_at_once_agree(tmp_path, rows, make_jsonl):
    """The first one's is kept; nobody sees half of it, and nothing is left over."""
    file = tmp_path / "rows.jsonl"
    file.write_bytes(make_jsonl(*rows))
    context = multiprocessing.get_context("spawn")
    figures = context.Queue()
    shelf = tmp_path / "shelf"
    processes = [context.Process(target=_asked, args=(str(shelf), str(file), figures)) for _ in range(4)]
    for process in processes:
        process.start()
    assert {figures.get(timeout=60) for _ in processes} == {"After 77 comes 78."}
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert len(list(shelf.iterdir())) == 2


def test_a_content_that_cannot_be_sought_in_is_read_from_its_start(tmp_path, rows, make_jsonl):
    """Places of contents need not be seekable."""
    data = make_jsonl(*rows)

    class Pipe:
        def __init__(self) -> None:
            read, write = os.pipe()
            self._file = os.fdopen(read, "rb")
            os.write(write, data[: 60 * 1024])
            os.close(write)

        def __enter__(self):
            return self._file

        def __exit__(self, *_: object) -> None:
            self._file.close()

    assert len(data) < 60 * 1024
    taught = Taught([Source(Book(Content(hashlib.sha256(data).hexdigest(), Pipe)))])
    (lesson,) = taught.exact([Turn("user", "What comes after 120?")])
    assert (lesson.reply.content, lesson.line) == ("After 120 comes 121.", 121)


def test_columns_that_are_none_are_refused(tmp_path):
    for name, data in (("empty", b""), ("short", b"DRYTUNE1"), ("other", bytes(200)), ("odd", b"\xff" * 40)):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DamagedError):
            Columns.open(tmp_path / name)
    with pytest.raises(DamagedError):
        Columns.open(tmp_path / "nowhere")
    columns = Columns.in_memory(lambda file: _written(Writer(file)))
    assert bytes(columns.bytes("texts")) == b"abc"
    assert columns.meta == {"n": 1}


def _written(writer: Writer) -> None:
    begin = writer.write(b"abc")
    writer.column("texts", since=begin)
    writer.finish(n=1)


def test_many_lessons_are_found_as_few_are(tmp_path, rows, make_jsonl, monkeypatch):
    """Sorting by numpy, and forgetting texts that came long ago, change nothing that is found."""
    monkeypatch.setattr(table, "_MANY", 10)
    monkeypatch.setattr(table, "_REMEMBERED", 20)
    taught = Taught.from_jsonl(make_jsonl(*rows, *rows))
    assert len(taught) == 300
    for number, one in enumerate(rows):
        lessons = list(taught.exact([Turn("user", one["messages"][0]["content"])]))
        assert [lesson.line for lesson in lessons] == [number + 1, number + 151]
    (near,) = taught.near([Turn("user", QUESTION)])
    assert near.lesson.line == 78
