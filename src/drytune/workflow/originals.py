"""The files of a job as they lie on this machine: hashed before they are looked at, and once more after."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from drytune.errors import Refused, UsageError
from drytune.report import Report
from drytune.workflow.sources import sha256_of, source_file
from drytune.workflow.tasks import Job, Role, SourceFile

__all__ = ["Originals"]


class Originals:
    """The training file, and the other two where there are any.

    Attributes:
        training: As the user called it.
        validation: Likewise; None if there is none.
    """

    def __init__(self, job: Job, files: Mapping[Role, SourceFile]) -> None:
        self._files = dict(files)
        self.training = job.training
        self.validation = job.validation

    @classmethod
    def of(cls, job: Job) -> Originals:
        """The files that `job` names.

        Raises:
            UsageError: One is no plain file on this machine, or cannot be read, or nothing is held out.
        """
        named: dict[Role, str | os.PathLike[str] | None] = {
            "training": job.training,
            "validation": job.validation,
            "holdout": job.holdout,
        }
        files = {role: _source(role, name) for role, name in named.items() if name is not None}
        holdout = files.get("holdout")
        if holdout is not None and holdout.sha256 == files["training"].sha256:
            raise UsageError(
                f"{holdout.path} holds what is trained on, so it would show nothing as a holdout; name"
                " another file."
            )
        return cls(job, files)

    @property
    def holdout(self) -> SourceFile | None:
        """The held-out examples, None if there are none."""
        return self._files.get("holdout")

    def sources(self, report: Report) -> tuple[SourceFile, SourceFile | None]:
        """The files that are uploaded, with the examples that were found in them."""
        training = msgspec.structs.replace(self._files["training"], examples=report.files[0].examples)
        validation = self._files.get("validation")
        if validation is None or report.validation is None:
            return training, None
        return training, msgspec.structs.replace(validation, examples=report.validation.examples)

    def require_unchanged(self) -> None:
        """Refuse files that changed while they were looked at.

        Raises:
            Refused: One did.
        """
        for file in self._files.values():
            if sha256_of(file.local)[0] != file.sha256:
                raise Refused(
                    f"{file.path} changed while it was looked at; plan again when nobody writes to it."
                )


def _source(role: Role, name: str | os.PathLike[str]) -> SourceFile:
    """A file as it is now.

    Raises:
        UsageError: It is none that can be sent as it is.
    """
    from drytune.sources.local import LocalFile, local_files
    from drytune.sources.remote import is_url

    text = os.fspath(name)
    instead = "save it as a .jsonl file on this machine and name that"
    if text == "-":
        raise UsageError(
            f"Standard input cannot be planned with, as it is gone after it was read; {instead}."
        )
    if is_url(text) and not _exists(text):
        raise UsageError(f"{text} is a URL, and a plan is for a file that stays as it is; {instead}.")
    found: list[LocalFile] = local_files(text)
    if len(found) != 1:
        raise UsageError(f"{text} is {len(found):,} files; name one.")
    if not found[0].splittable:
        raise UsageError(
            f"{text} is compressed, and the platform takes plain JSONL; unpack it and name that."
        )
    path = Path(found[0].name).absolute()
    try:
        str(path).encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path.name).decode("ascii", "backslashreplace")
        raise UsageError(f"The name {shown} is not UTF-8, which a plan is; rename the file.") from None
    return source_file(role, path, named_by_hash=True)


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
