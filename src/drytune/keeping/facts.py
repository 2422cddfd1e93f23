"""What a platform tells of a tuned model: its object, the job that made it, the files it was made of."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from drytune.cassettes.model import Exchange
from drytune.keeping.archive import recorded

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["Facts"]

_MOST_JOBS: Final = 10_000
_CHECKPOINT = re.compile(r":ckpt-step-\d+$")
_ROLES: Final = ("training_file", "validation_file")


class Facts:
    """Finds out what there is to know, and notes what there is not; nothing of it is ever fatal.

    The list of all jobs, and the contents of files, are looked at and not recorded: an archive of one model is to
    hold nothing of others, and a dataset may be large, and secret. It is known by its hash.

    Args:
        recording: A client whose exchanges go into the archive.
        plain: One whose exchanges do not.
        model: Which model.
        known: Files whose contents were hashed before.

    Attributes:
        notes: A sentence for each thing that could not be found out.
    """

    def __init__(
        self, recording: OpenAI, plain: OpenAI, model: str, known: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        self._known = {file.get("id"): file for file in known}
        self._recording = recording
        self._plain = plain
        self._model = model
        self.notes: list[str] = []

    def gather(self, before: Sequence[Exchange]) -> list[dict[str, Any]]:
        """Ask for what is not in the archive yet.

        Args:
            before: Its exchanges so far.

        Returns:
            The files that the model was made of: ``role``, ``id``, ``filename``, ``bytes`` and ``sha256``, which
            is None where their contents may not be had.
        """
        self._object(f"/models/{self._model}", "the model's object", before)
        job = self._job(before)
        if job is None:
            return []
        names = [(role, job[role]) for role in _ROLES if isinstance(job.get(role), str)]
        return [self._file(role, name, before) for role, name in names]

    def _object(self, path: str, what: str, before: Sequence[Exchange]) -> dict[str, Any] | None:
        import openai

        found = recorded(before, path)
        if not isinstance(found, dict):
            try:
                found = self._recording.get(path, cast_to=object)
            except openai.OpenAIError as error:
                self._note(what, error)
        return found if isinstance(found, dict) else None

    def _job(self, before: Sequence[Exchange]) -> dict[str, Any] | None:
        import openai

        if not self._model.startswith("ft:"):
            return None
        for one in _asked_jobs(before):
            return self._object(one, "the job that made it", before)
        wanted = _CHECKPOINT.sub("", self._model)
        count = 0
        try:
            for job in itertools.islice(self._plain.fine_tuning.jobs.list(limit=100), _MOST_JOBS):
                count += 1
                if job.fine_tuned_model == wanted:
                    return self._object(f"/fine_tuning/jobs/{job.id}", "the job that made it", before)
        except openai.OpenAIError as error:
            self._note("the list of jobs", error)
        else:
            self.notes.append(
                f"The job that made the model is not among the {count} that the API key may see."
            )
        return None

    def _file(self, role: str, name: str, before: Sequence[Exchange]) -> dict[str, Any]:
        told = self._object(f"/files/{name}", f"the {role.replace('_', ' ')} {name}", before) or {}
        known = self._known.get(name)
        if known is not None and known.get("sha256"):
            return dict(known)
        size, sha256 = self._content(name)
        return {
            "role": role,
            "id": name,
            "filename": told.get("filename"),
            "bytes": told.get("bytes") if size is None else size,
            "sha256": sha256,
        }

    def _content(self, name: str) -> tuple[int | None, str | None]:
        import openai

        size, sha256 = 0, hashlib.sha256()
        try:
            with self._plain.files.with_streaming_response.content(name) as response:
                for piece in response.iter_bytes():
                    size += len(piece)
                    sha256.update(piece)
        except openai.OpenAIError as error:
            self._note(f"the content of {name}", error)
            return None, None
        return size, sha256.hexdigest()

    def _note(self, what: str, error: Exception) -> None:
        status = getattr(error, "status_code", None)
        why = type(error).__name__ if status is None else f"HTTP {status}"
        self.notes.append(f"What the platform knows of {what} could not be had ({why}).")


def _asked_jobs(before: Sequence[Exchange]) -> Iterator[str]:
    """The paths of jobs that are in the archive."""
    for exchange in before:
        found = re.search(r"/fine_tuning/jobs/[^/?]+$", exchange.request.uri)
        if found and exchange.request.method == "GET" and exchange.response.status == 200:
            yield found[0]
