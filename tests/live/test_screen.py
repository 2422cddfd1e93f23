"""The screen that the transcripts are looked at on shows what a terminal would."""

import sys

import pytest


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"a\r\nb", "a\nb"),
        (b"12345678901", "1234567890\n1"),
        (b"1234567890\r\nx", "1234567890\nx"),
        (b"old text\rnew", "new text"),
        (b"one\r\ntwo\x1b[1A\r\x1b[2Kthree", "three\ntwo"),
        (b"one\r\ntwo\x1b[2A\x1b[Jx", "onex"),
        (b"\x1b[31mred\x1b[0m", "red"),
        ("\u65e5\u672c".encode() + b"|", "\u65e5\u672c|"),
        (b"\x1b]8;;https://example.invalid\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b[?25lhidden\x1b[?25h", "hidden"),
    ],
)
def test_it_shows(screens, written, shown):
    """However the bytes are cut."""
    for size in (1, 2, len(written)):
        screen = screens.Screen(10)
        for at in range(0, len(written), size):
            screen.feed(written[at : at + size])
        assert (screen.text, screen.unknown) == (shown, [])


def test_it_tells_colours_and_what_did_not_fit(screens):
    """Bold is no colour."""
    screen = screens.Screen(4)
    screen.feed(b"\x1b[1;32mgo\x1b[0;38;5;208mod\x1b[1mer")
    assert (screen.colours, screen.wraps, screen.unknown) == ({32, 38}, ["good"], [])
    screen.feed(b"\x1b[5T")
    assert screen.unknown == ["CSI 5T"]


def test_ctrl_c_reaches_a_program_in_it(screens, environment, tmp_path):
    """And its width is what was asked for."""
    program = (
        "import os, signal\n"
        "try:\n    print(os.get_terminal_size().columns, os.isatty(0), flush=True)\n    signal.pause()\n"
        "except KeyboardInterrupt:\n    print('interrupted')\n"
    )
    terminal = screens.Terminal([sys.executable, "-c", program], environment, columns=40, cwd=str(tmp_path))
    try:
        terminal.until("40 True")
        terminal.type("\x03")
        assert terminal.until("interrupted")
        assert terminal.end() == 0
    finally:
        terminal.close()
