"""An open recording: what it keeps, when it becomes a file, and what it does if that cannot be."""

from __future__ import annotations

import errno
import gc
import logging
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from drytune.cassettes.errors import CassetteError, NotKept, SecretLeft
from drytune.cassettes.files import load, save
from drytune.cassettes.journal import part_of
from drytune.cassettes.model import Asked, Cassette, Exchange, Header, Told
from drytune.cassettes.redaction import Redactor
from drytune.cassettes.tape import Tape, recover
from drytune.errors import UsageError
from drytune_simulator.clock import ManualClock

KEY = "sk-" + "proj-" + "Zq8" * 14


def names(directory):
    return sorted(one.name for one in directory.iterdir())


@pytest.fixture
def file(tmp_path):
    return tmp_path / "scenario.yaml"


def test_a_recording_becomes_a_file_when_it_is_closed(file, nothing, make_chat, make_stream):
    with Tape(file, Header(provenance="recorded"), redactor=nothing, clock=ManualClock()) as tape:
        tape.add(make_chat())
        tape.add(make_stream())
        assert not file.exists()
    read = load(file)
    assert read.exchanges == (make_chat(), make_stream())
    assert read.header.provenance == "recorded"
    assert read.header.recorded_at == "2026-01-01T00:00:00Z"
    assert read.header.drytune
    assert names(file.parent) == [file.name]


def test_sealing_gives_what_is_in_the_file(file, nothing, make_chat):
    tape = Tape(file, redactor=nothing)
    tape.add(make_chat())
    assert tape.seal() == load(file)
    tape.close()
    with pytest.raises(UsageError, match="sealed already"):
        tape.seal()


def test_the_order_is_that_of_the_questions(file, nothing, make_chat):
    tape = Tape(file, redactor=nothing)
    for at in (3.0, 1.0, None, 2.0):
        tape.add(make_chat(f"number {at}", at=at))
    assert [one.at for one in tape.seal().exchanges] == [1.0, 2.0, 3.0, None]


def test_going_on_keeps_what_was_there_before(file, nothing, make_chat):
    with Tape(file, redactor=nothing) as tape:
        tape.add(make_chat("first", at=5.0))
    with Tape(file, redactor=nothing, before=load(file).exchanges) as tape:
        tape.add(make_chat("third", at=2.0))
        tape.add(make_chat("second", at=1.0))
    read = load(file)
    assert [one.at for one in read.exchanges] == [5.0, 6.0, 7.0]
    assert b"second" in read.exchanges[1].request.body


def test_a_tape_to_which_nothing_was_added_writes_nothing(file, nothing, cassette):
    Tape(file, redactor=nothing).close()
    assert names(file.parent) == []
    save(file, cassette)
    Tape(file, redactor=nothing, before=cassette.exchanges).close()
    assert load(file).exchanges == cassette.exchanges


def test_sealing_a_tape_to_which_nothing_was_added_writes_an_empty_cassette(file, nothing):
    assert Tape(file, redactor=nothing).seal().exchanges == ()
    assert load(file).exchanges == ()


def test_what_is_known_of_the_cassette_may_change_until_the_end(file, nothing, make_chat):
    tape = Tape(file, Header(archive={"complete": False}), redactor=nothing)
    tape.add(make_chat())
    tape.header = msgspec.structs.replace(tape.header, archive={"complete": True})
    assert tape.seal().header.archive == load(file).header.archive == {"complete": True}


def test_a_tape_that_nobody_closes_is_sealed_all_the_same(file, nothing, make_chat):
    tape = Tape(file, redactor=nothing)
    tape.add(make_chat())
    del tape
    gc.collect()
    assert load(file).exchanges == (make_chat(),)


def test_twenty_threads(file, nothing, make_chat):
    with Tape(file, redactor=nothing) as tape, ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: tape.add(make_chat(f"n{number}", at=float(number))), range(200)))
    assert [one.at for one in load(file).exchanges] == list(range(200))


def test_a_late_exchange_is_told_of_and_harms_nothing(file, nothing, make_chat, caplog):
    tape = Tape(file, redactor=nothing)
    tape.add(make_chat())
    tape.close()
    tape.add(make_chat())
    assert "ended later" in caplog.text
    assert len(load(file).exchanges) == 1


def test_nonsense_of_a_clock_does_not_get_into_the_file(file, nothing):
    told = Told(status=200, body=b"ab", wait=-1.0, chunks=((1, float("nan")), (1, 0.1234567891)))
    tape = Tape(file, redactor=nothing)
    tape.add(Exchange(request=Asked(method="GET", uri="/"), response=told, at=-0.5))
    read = tape.seal().exchanges[0]
    assert (read.at, read.response.wait, read.response.chunks) == (0.0, 0.0, ((1, 0.0), (1, 0.123457)))


# ---- uploads

FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nprivate matter\r\n--x--\r\n'


@pytest.mark.parametrize("keep", [False, True])
def test_contents_of_uploads_are_kept_by_choice_only(file, nothing, keep):
    asked = Asked(
        method="POST",
        uri="/v1/files",
        headers=(("content-type", "multipart/form-data; boundary=x"),),
        body=FORM,
    )
    tape = Tape(file, redactor=nothing, keep_uploads=keep)
    tape.add(Exchange(request=asked, response=Told(status=200)))
    assert (
        b"private matter" in (file.parent / "scenario.yaml.part").read_bytes()
    ) is False  # it is base64 there
    cassette = tape.seal()
    assert cassette.header.uploads == ("kept" if keep else "hashed")
    assert (b"private matter" in file.read_bytes()) is keep
    assert [(part.name, part.filename, part.size) for part in load(file).exchanges[0].request.parts] == [
        ("file", "a", 14)
    ]


# ---- secrets


def test_nothing_secret_touches_the_disk(file, make_chat):
    tape = Tape(file, Header(source=f"https://x.test/?key={KEY}"), redactor=Redactor(known=[KEY]))
    tape.add(make_chat(f"my key is {KEY}"))
    part = file.with_name(file.name + ".part").read_text()
    tape.close()
    assert KEY not in part
    assert KEY not in file.read_text()
    assert "REDACTED" in file.read_text()


def test_what_the_redactor_leaves_is_refused_and_its_place_named(file, nothing, cassette, make_chat):
    save(file, cassette)
    was = file.read_bytes()
    tape = Tape(file, redactor=nothing)
    tape.add(make_chat("harmless"))
    tape.add(make_chat(f"my key is {KEY}"))
    assert KEY not in file.with_name(file.name + ".part").read_text()
    with pytest.raises(
        SecretLeft, match=r"exchange 2 .*/messages/0/content.*drytune cassette recover"
    ) as caught:
        tape.close()
    assert KEY not in str(caught.value)
    assert file.read_bytes() == was
    tape.close()
    assert [one.request for one in recover(file, overwrite=True).exchanges] == [make_chat("harmless").request]


def test_a_redactor_that_fails_keeps_the_exchange_off_the_disk(file, make_chat, caplog):
    class Broken:
        def exchange(self, exchange):
            raise RuntimeError(f"bug with {KEY}")

    tape = Tape(file, redactor=Broken())
    tape.add(make_chat())
    assert "not kept" in caplog.text
    with pytest.raises(CassetteError, match="RuntimeError") as told:
        tape.close()
    assert KEY not in f"{told.value} {caplog.text}"  # an error's own words may quote what it failed on
    assert not file.exists()


def test_saving_what_has_a_secret_in_it_is_refused(file, cassette, make_chat):
    with pytest.raises(SecretLeft, match="exchange 4"):
        save(file, msgspec.structs.replace(cassette, exchanges=(*cassette.exchanges, make_chat(KEY))))
    assert names(file.parent) == []


# ---- two at once, and what was left behind


def test_only_one_recording_into_a_file_goes_on(file, nothing, make_chat):
    with Tape(file, redactor=nothing) as tape:
        with pytest.raises(UsageError, match=r"Another recording into .* is going on"):
            Tape(file, redactor=nothing)
        with pytest.raises(UsageError, match="going on"):
            recover(file)
        tape.add(make_chat())
    Tape(file, redactor=nothing).close()


def test_of_many_that_begin_at_once_one_does(file, nothing, make_chat):
    barrier, tapes, refused = threading.Barrier(8), [], []

    def begin():
        barrier.wait()
        try:
            tapes.append(Tape(file, redactor=nothing))
        except UsageError as error:
            refused.append(error)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(tapes), len(refused)) == (1, 7)
    tapes[0].close()


def test_there_is_nothing_to_recover(file, nothing):
    with pytest.raises(UsageError, match="nothing to recover"):
        recover(file)


@pytest.fixture
def left(file, nothing, make_chat, tmp_path):
    """Bytes that a killed recording of three exchanges left."""
    tape = Tape(file, Header(provenance="recorded"), redactor=nothing)
    for number in range(3):
        tape.add(make_chat(f"n{number}", at=float(number)))
    data = file.with_name(file.name + ".part").read_bytes()
    tape.close()
    file.unlink()
    return data


def leave(file, data):
    file.with_name(file.name + ".part").write_bytes(data)


def test_a_recording_that_was_cut_off_is_not_overwritten(file, nothing, left):
    leave(file, left)
    with pytest.raises(UsageError, match="drytune cassette recover"):
        Tape(file, redactor=nothing)
    assert len(recover(file).exchanges) == 3
    Tape(file, redactor=nothing).close()


def test_wherever_the_last_line_was_cut_the_others_are_recovered(file, left):
    lines = left.splitlines(keepends=True)
    for cut in (1, len(lines[-1]) // 2, len(lines[-1]) - 1, len(lines[-1])):
        leave(file, b"".join(lines[:-1]) + lines[-1][:-cut])
        read = recover(file)
        assert len(read.exchanges) == 2
        assert read.header.provenance == "recorded"
        assert "cut off" in read.header.note
        assert not file.with_name(file.name + ".part").exists()


def test_a_damaged_line_in_the_middle_is_told(file, left):
    leave(file, left.replace(b'"kept"', b'"k\xffpt"', 1))
    with pytest.raises(CassetteError, match="line 2 is damaged"):
        recover(file)
    assert not file.exists()


def test_a_journal_of_a_newer_drytune(file, left):
    leave(file, left.replace(b'"form":1', b'"form":9'))
    with pytest.raises(CassetteError, match="newer drytune"):
        recover(file)


def test_recovering_merges_after_what_was_there(file, nothing, make_chat, left, cassette):
    save(file, cassette)
    leave(file, left.replace(b'"before":0', b'"before":3'))
    assert len(recover(file).exchanges) == 6
    assert load(file).exchanges[:3] == cassette.exchanges


def test_recovering_replaces_no_file_that_the_recording_did_not_go_on_with(file, left, cassette, tmp_path):
    save(file, cassette)
    was = file.read_bytes()
    leave(file, left)
    other = tmp_path / "other.yaml"
    save(other, cassette)
    for into in (None, file, other):
        with pytest.raises(UsageError, match=r"is there already, .*--into OTHER.*--overwrite"):
            recover(file, into=into)
    assert part_of(file).exists()
    assert file.read_bytes() == other.read_bytes() == was
    assert len(recover(file, into=tmp_path / "third.yaml").exchanges) == 3
    assert file.read_bytes() == was
    assert not part_of(file).exists()
    leave(file, left)
    assert recover(file, overwrite=True) == load(file)
    assert len(load(file).exchanges) == 3


def test_recovering_into_another_file_has_what_was_there_as_well(file, left, cassette, tmp_path):
    save(file, cassette)
    leave(file, left.replace(b'"before":0', b'"before":3'))
    assert len(recover(file, into=tmp_path / "other.yaml").exchanges) == 6
    assert load(file).exchanges == cassette.exchanges


def test_a_file_that_is_damaged_or_holds_nothing(file, left):
    """The one is replaced as if it were not there; of the other nobody knows what is in it."""
    file.write_text("interactions: {")
    leave(file, left)
    with pytest.raises(UsageError, match="is there already"):
        recover(file)
    save(file, Cassette())
    assert len(recover(file).exchanges) == 3


def test_a_secret_that_is_learnt_late_is_hidden_where_it_came_before(file, make_chat):
    late = "Qwertyuiop" + "99"
    redactor = Redactor()
    tape = Tape(file, redactor=redactor, before=[make_chat(f"{late} was there")])
    tape.add(make_chat(f"{late} came"))
    redactor.learn(late)
    assert len(tape.seal().exchanges) == 2
    assert late.encode() not in file.read_bytes()


def test_what_is_left_at_the_end_is_refused(file, make_chat, cassette):
    """A redactor that learns what is secret, and hides it not."""

    class Blind(Redactor):
        def exchange(self, exchange):
            return exchange

    save(file, cassette)
    was = file.read_bytes()
    redactor = Blind()
    tape = Tape(file, redactor=redactor)
    tape.add(make_chat("Qwertyuiop" + "99"))
    redactor.learn("Qwertyuiop" + "99")
    with pytest.raises(SecretLeft, match=r"exchange 1 .*recover .* --into OTHER"):
        tape.seal()
    assert file.read_bytes() == was


def test_a_process_that_was_killed_between_writing_and_cleaning_up_duplicates_nothing(
    file, nothing, left, make_chat
):
    leave(file, left)
    once = recover(file)
    leave(file, left)
    assert recover(file) == once
    with Tape(file, redactor=nothing, before=once.exchanges) as tape:
        tape.add(make_chat("more"))
        data = file.with_name(file.name + ".part").read_bytes()
    leave(file, data)
    assert len(recover(file).exchanges) == len(load(file).exchanges) == 4


def test_an_empty_journal_does_not_empty_the_file(file, cassette, left):
    save(file, cassette)
    for data in (b"", left.splitlines(keepends=True)[0], b'{"kind":"beg'):
        leave(file, data)
        with pytest.raises(UsageError, match="nothing to recover"):
            recover(file)
        assert load(file) == msgspec.structs.replace(cassette, name=str(file))


# ---- the disk


def full(monkeypatch, after=0):
    """A disk that takes `after` more bytes."""
    room = [after]
    write = os.write

    def limited(file, data):
        taken = min(len(data), room[0])
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        room[0] -= taken
        return write(file, bytes(data)[:taken])

    monkeypatch.setattr(os, "write", limited)


def test_a_full_disk_takes_nothing_from_whoever_asked(
    file, nothing, make_chat, cassette, monkeypatch, caplog
):
    save(file, cassette)
    was = file.read_bytes()
    tape = Tape(file, redactor=nothing)
    tape.add(make_chat("kept"))
    with monkeypatch.context() as patch:
        full(patch, after=100)
        for _ in range(3):
            tape.add(make_chat("lost"))
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        with pytest.raises(NotKept, match=r"No space left.* is as it was, and 3 of 4 exchanges are lost"):
            tape.close()
    assert file.read_bytes() == was
    assert [one.request for one in recover(file, overwrite=True).exchanges] == [make_chat("kept").request]


def test_what_waited_for_room_is_kept_when_there_is_some(file, nothing, make_chat, monkeypatch):
    tape = Tape(file, redactor=nothing)
    with monkeypatch.context() as patch:
        full(patch, after=300)
        tape.add(make_chat("one", at=1.0))
        tape.add(make_chat("two", at=2.0))
    assert len(tape.seal().exchanges) == 2


def test_a_disk_that_has_no_room_for_the_file_itself(file, nothing, make_chat, cassette, monkeypatch):
    save(file, cassette)
    was = file.read_bytes()
    tape = Tape(file, redactor=nothing)
    tape.add(make_chat())
    with monkeypatch.context() as patch:
        patch.setattr(
            os, "fsync", lambda file: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device"))
        )
        with pytest.raises(NotKept, match="All 1 exchanges are safe"):
            tape.seal()
    assert file.read_bytes() == was
    assert names(file.parent) == [file.name, file.name + ".part"]
    assert recover(file, overwrite=True).exchanges == (make_chat(),)


def test_a_directory_in_the_way(tmp_path, nothing, cassette):
    with pytest.raises(UsageError, match="is a directory"):
        save(tmp_path, cassette)
    (tmp_path / "file").write_text("")
    with pytest.raises(NotKept, match="cannot be written"):
        save(tmp_path / "file" / "x.yaml", cassette)
    with pytest.raises(NotKept, match="Nothing can be recorded"):
        Tape(tmp_path / "file" / "x.yaml", redactor=nothing)


def test_a_file_keeps_its_permissions_and_a_link_stays_a_link(tmp_path, cassette):
    target = tmp_path / "deep" / "target.yaml"
    save(target, cassette)
    assert stat.S_IMODE(target.stat().st_mode) & 0o444  # as any new file
    target.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(target)
    save(link, Cassette())
    assert link.is_symlink()
    assert load(target).exchanges == ()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
