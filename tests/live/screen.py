"""A terminal with a program in it: a pseudo-terminal, and a screen on which what it writes is looked at."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from drytune_simulator.clock import SystemClock

_SEQUENCE = re.compile(
    r"\x1b\[(?P<private>[?>=]?)(?P<numbers>[0-9;]*)(?P<what>[A-Za-z])"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[=>78()][A-Z0-9]?"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[?>=]?[0-9;]*|\][^\x07\x1b]*\x1b?)?\Z")
_IGNORED = {"h", "l"}  # modes: of the cursor, of pasting

# in a session of its own, the pseudo-terminal becomes the one that Ctrl-C comes from; a shell that runs the tests
# in the background has its children ignore that
_OWN_TERMINAL = (
    "import fcntl, os, signal, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Screen:
    """What a terminal shows, with all that has scrolled out of it.

    Args:
        columns: Its width.
        rows: Its height.

    Attributes:
        colours: Numbers of all colours that were chosen; bold and the like are none.
        wraps: Lines that the terminal itself had to break, for they did not fit.
        unknown: Sequences that this screen does not know.
    """

    def __init__(self, columns: int, rows: int = 40) -> None:
        self.columns, self.rows = columns, rows
        self.colours: set[int] = set()
        self.wraps: list[str] = []
        self.unknown: list[str] = []
        self._lines: list[list[str]] = [[]]
        self._row = self._column = 0
        self._left = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def text(self) -> str:
        """All of it, line by line."""
        return "\n".join("".join(line).rstrip() for line in self._lines)

    def feed(self, data: bytes) -> None:
        """Show what a program writes."""
        text = self._left + self._decoder.decode(data)
        self._left = ""
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self._show(text[at])
                at += 1
                continue
            found = _SEQUENCE.match(text, at)
            if found is not None:
                if found["what"]:
                    self._obey(found["what"], found["private"], found["numbers"])
                at = found.end()
            elif _UNFINISHED.match(text, at):
                self._left = text[at:]
                return
            else:
                self.unknown.append(ascii(text[at : at + 8]))
                at += 1

    def _show(self, char: str) -> None:
        if char == "\r":
            self._column = 0
        elif char == "\n":
            self._go(self._row + 1)
        elif char == "\b":
            self._column = max(0, self._column - 1)
        elif char == "\t":
            self._column = min(self.columns - 1, self._column // 8 * 8 + 8)
        elif char == "\x07":
            pass
        elif unicodedata.category(char) == "Cc":
            self.unknown.append(ascii(char))
        else:
            self._put(char)

    def _put(self, char: str) -> None:
        width = 0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        line = self._lines[self._row]
        if width == 0:
            if line:
                line[-1] += char
            return
        if self._column + width > self.columns:
            self.wraps.append("".join(line))
            self._column = 0
            self._go(self._row + 1)
            line = self._lines[self._row]
        line += [" "] * (self._column + width - len(line))
        line[self._column : self._column + width] = [char, *[""] * (width - 1)]
        self._column += width

    def _go(self, row: int) -> None:
        top = max(0, len(self._lines) - self.rows)
        self._row = max(row, top)
        self._lines += [[] for _ in range(self._row - len(self._lines) + 1)]

    def _obey(self, what: str, private: str, text: str) -> None:
        numbers = [int(part or 0) for part in text.split(";")] if text else []
        count = max(1, numbers[0]) if numbers else 1
        line = self._lines[self._row]
        if what == "m":
            self.colours |= _colours(numbers)
        elif what in "AB" and not private:
            down = what == "B"
            top, bottom = max(0, len(self._lines) - self.rows), len(self._lines) - 1
            self._row = min(self._row + count, bottom) if down else max(self._row - count, top)
        elif what in "CD" and not private:
            self._column = min(max(0, self._column + (count if what == "C" else -count)), self.columns - 1)
        elif what == "G" and not private:
            self._column = min(count - 1, self.columns - 1)
        elif what == "K" and not private:
            mode = numbers[0] if numbers else 0
            if mode in (0, 2):
                del line[0 if mode == 2 else self._column :]
            if mode == 1:
                line[: self._column + 1] = [" "] * min(len(line), self._column + 1)
        elif what == "J" and numbers[:1] in ([], [0]):
            del line[self._column :]
            del self._lines[self._row + 1 :]
        elif what not in _IGNORED:
            self.unknown.append(f"CSI {private}{text}{what}")


def _colours(numbers: Sequence[int]) -> set[int]:
    found, left = set(), list(numbers)
    while left:
        number = left.pop(0)
        if number in (38, 48):
            del left[: 2 if left[:1] == [5] else 4]
            found.add(number)
        elif 30 <= number <= 37 or 40 <= number <= 47 or 90 <= number <= 107:
            found.add(number)
    return found


class Terminal:
    """A program that believes that a person sits before it.

    Args:
        command: The path of it, and its arguments.
        environment: Of the program; the kind of terminal is added.
        columns: Width.
        cwd: Where it works.
        rows: Height.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        columns: int,
        cwd: str,
        rows: int = 40,
    ) -> None:
        self.screen = Screen(columns, rows)
        self.output = b""
        self._clock = SystemClock()
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        variables = {**environment, "TERM": "xterm-256color"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _OWN_TERMINAL, *command],
            env=variables,
            cwd=cwd,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._ours = ours

    def until(self, is_there: str | Callable[[str], bool], seconds: float = 30.0) -> str:
        """Wait until the screen has a text, or satisfies something; the text of the screen.

        Raises:
            AssertionError: The program ended before, or it took too long.
        """

        def satisfied() -> bool:
            text = self.screen.text
            return is_there in " ".join(text.split()) if isinstance(is_there, str) else is_there(text)

        end = self._clock.now() + seconds
        while not satisfied():
            assert self._clock.now() < end, f"never came: {is_there!r} in\n{self.screen.text}"
            assert self._read(0.2), f"ended without {is_there!r}:\n{self.screen.text}"
        return self.screen.text

    def quiet(self, seconds: float = 0.4) -> None:
        """Wait until nothing has been written for so long: the program waits, too."""
        while select.select([self._ours], [], [], seconds)[0]:
            if not self._read(0):
                return

    def type(self, keys: str) -> None:
        """Type; the character 3 is Ctrl-C."""
        os.write(self._ours, keys.encode())

    def end(self, seconds: float = 30.0) -> int:
        """Wait until the program ends; its exit code."""
        end = self._clock.now() + seconds
        while self._read(0.2):
            assert self._clock.now() < end, f"it does not end:\n{self.screen.text}"
        os.close(self._ours)
        return self._process.wait(10)

    def close(self) -> None:
        """Kill it, should it still be there."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            with suppress(OSError):
                os.close(self._ours)

    def _read(self, seconds: float) -> bool:
        """Show what it has written meanwhile; whether it goes on."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # on Linux the end of a pseudo-terminal is an error
            data = b""
        self.output += data
        self.screen.feed(data)
        return bool(data)
