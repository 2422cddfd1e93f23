"""Jobs and files as answers tell of them: all that is known of a recording's, and of files that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from drytune.testing.jobs_and_files import File, Job, nothing
from drytune.testing.recorded_request import RecordedRequest, Upload

__all__ = ["files_told", "jobs_told"]

_CREATE: Final = "fine_tuning.jobs.create"
_AUTO: Final = ("n_epochs", "batch_size", "learning_rate_multiplier")


def jobs_told(requests: Iterable[RecordedRequest]) -> tuple[Job, ...]:
    """The jobs that answers tell of, each as the last one has it, in the order of their creation."""
    requests = tuple(requests)
    files = {file.id: file for file in files_told(requests)}
    asked: dict[str, Mapping[str, Any]] = {}
    told: dict[str, Mapping[str, Any]] = {}
    for one in requests:
        for item in _objects(one.answer):
            if item.get("object") == "fine_tuning.job" and isinstance(item.get("id"), str):
                told[item["id"]] = item
                if one.operation == _CREATE and isinstance(one.json, dict):
                    asked.setdefault(item["id"], one.json)
    jobs = [_job(item, asked.get(name, {}), files) for name, item in told.items()]
    return tuple(sorted(jobs, key=lambda job: job.created_at))


def _job(told: Mapping[str, Any], asked: Mapping[str, Any], files: Mapping[str, File]) -> Job:
    method = _object(told.get("method"))
    kind = str(method.get("type") or "supervised")
    used = _object(told.get("hyperparameters")) or _object(_object(method.get(kind)).get("hyperparameters"))
    chosen = _object(_object(_object(asked.get("method")).get(kind)).get("hyperparameters")) or _object(
        asked.get("hyperparameters")
    )
    tokens, status = told.get("trained_tokens"), str(told.get("status"))
    training, validation = (
        files.get(told.get("training_file", "")),
        files.get(told.get("validation_file") or ""),
    )
    error = _object(told.get("error"))
    return Job(
        id=str(told["id"]),
        model=str(told.get("model")),
        status=status,
        training_file=str(told.get("training_file")),
        training_name=None if training is None else training.filename,
        training_sha256=None if training is None else training.known_sha256,
        validation_file=told.get("validation_file"),
        validation_name=None if validation is None else validation.filename,
        validation_sha256=None if validation is None else validation.known_sha256,
        method=kind,
        hyperparameters={**dict.fromkeys(_AUTO, "auto"), **chosen} if asked else dict(used),
        used={name: value for name, value in used.items() if value != "auto"},
        suffix=told.get("user_provided_suffix") or asked.get("suffix"),
        metadata=_object(told.get("metadata")),
        seed=told.get("seed"),
        fine_tuned_model=told.get("fine_tuned_model"),
        trained_tokens=tokens,
        committed_tokens=0 if status == "failed" else tokens,
        error=error if error.get("code") else None,
        created_at=float(told.get("created_at") or 0),
        finished_at=told.get("finished_at"),
    )


def files_told(requests: Iterable[RecordedRequest]) -> tuple[File, ...]:
    """The files that answers tell of, in the order in which they do; with their contents where they were sent."""
    files: dict[str, File] = {}
    for one in requests:
        for item in _objects(one.answer):
            name = item.get("id")
            if item.get("object") != "file" or not isinstance(name, str):
                continue
            if item.get("deleted") is True:
                if name in files:
                    files[name] = replace(files[name], deleted=True)
            elif name not in files:
                files[name] = _file(item, one.file if one.operation == "files.create" else None)
    return tuple(files.values())


def _file(told: Mapping[str, Any], sent: Upload | None) -> File:
    return File(
        id=str(told["id"]),
        filename=str(told.get("filename")),
        purpose=str(told.get("purpose")),
        bytes=int(told.get("bytes") or 0),
        created_at=float(told.get("created_at") or 0),
        known_sha256=None if sent is None else sent.sha256,
        read=nothing if sent is None else lambda: sent.content,
    )


def _objects(answer: object) -> Iterator[Mapping[str, Any]]:
    """The objects of an answer: itself, those that it lists, and the file of a finished upload."""
    if not isinstance(answer, dict):
        return
    yield answer
    listed = answer.get("data")
    for item in [*(listed if isinstance(listed, list) else ()), answer.get("file")]:
        if isinstance(item, dict):
            yield item


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
