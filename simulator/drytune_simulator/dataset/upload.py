"""What the upload endpoint refuses about a file (FACTS.md §3.2)."""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from drytune_simulator.dataset.inspection import rows_of
from drytune_simulator.dataset.lines import MAX_DEPTH
from drytune_simulator.dataset.reader import Block, blocks
from drytune_simulator.dataset.rules import files
from drytune_simulator.dataset.verdict import suffix_of
from drytune_simulator.dataset.wordings import BAD_EXTENSION, NOT_A_DICTIONARY

__all__ = ["UploadRefusal", "inspect_upload"]


class _Object(msgspec.Struct):
    """Any JSON object: fields that a type does not have are passed over."""


_OBJECT = msgspec.json.Decoder(_Object)


class UploadRefusal(msgspec.Struct, frozen=True):
    """A refusal, to be raised as an error of the API.

    Attributes:
        message: The platform's words where they are known.
        reason: Ours: what was found and what to do.
        status: HTTP status.
        code: The finding that `drytune check` reports for it.
    """

    message: str
    reason: str
    code: str
    status: int = 400


def inspect_upload(
    stream: BinaryIO | bytes, filename: str, purpose: str = "fine-tune"
) -> UploadRefusal | None:
    """What the platform says when the file is uploaded, None when it takes it.

    Only files for fine-tuning are looked at, and of these only the name and whether each line is a JSON object:
    what the objects hold is looked at by jobs.

    Args:
        stream: The file's bytes, or a binary stream at its start.
        filename: As uploaded; only its extension counts.
        purpose: As uploaded.
    """
    if purpose != "fine-tune":
        return None
    suffix = suffix_of(filename)
    if suffix != ".jsonl":
        found = files.wrong_extension(suffix)
        return UploadRefusal(BAD_EXTENSION.text, f"{found.message} {found.hint}", files.WRONG_EXTENSION.code)
    rows = 0
    for block in blocks(stream):
        objects = _all_objects(block)
        if objects is not None:
            rows += objects
            continue
        for place, example, found_in_line in rows_of(block):
            rows += example is not None
            for rule, what in found_in_line:
                if rule.effect == "refused-at-upload" and what is not None:
                    number = block.first_line + place - 1
                    reason = f"Line {number}: {what.message} {what.hint}"
                    too_long = (
                        place - 1 in block.too_long
                    )  # and not kept, so that nothing can be quoted of it
                    words = what.message if too_long else _not_a_dictionary(block, place, number)
                    return UploadRefusal(words, reason, rule.code)
    if rows == 0:
        reason = f"{files.empty_file.message} {files.empty_file.hint}"
        return UploadRefusal("File is empty.", reason, files.EMPTY_FILE.code)
    return None


def _all_objects(block: Block) -> int | None:
    """How many JSON objects the lines of `block` are, empty ones apart; None if that needs a closer look.

    The values are passed over, not made, which is twice as fast; what cannot be told so is left to `rows_of`.
    """
    if block.too_long:
        return None
    lines = [line for line in block.lines if line]
    try:
        for line in lines:
            if line.count(b"[") + line.count(b"{") > MAX_DEPTH:
                return None  # maybe too deep
            _OBJECT.decode(line)
            if not line.isascii():
                line.decode()  # strings that are passed over may be of anything
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return len(lines)


def _not_a_dictionary(block: Block, place: int, number: int) -> str:
    """The platform's one sentence for every line that is no JSON object; it quotes the first three characters."""
    start = block.lines[place - 1][:16].decode(errors="replace").strip()[:3]
    return NOT_A_DICTIONARY.text.format(line=number, start=start)
