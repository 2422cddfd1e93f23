"""Secrets in what was sent or written: where they stand, and never what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from drytune.cassettes.model import Asked, Exchange, Told
from drytune.cassettes.redaction.guard import Place, places, places_in_text
from drytune.cassettes.redaction.kinds import Kind, is_placeholder
from drytune.cassettes.redaction.own import Own
from drytune.cassettes.redaction.searching import Also, changed, edits, search
from drytune.testing.recorded_request import RecordedRequest, Upload
from drytune.testing.secret_variables import SHORTEST, ever_kept, secrets_of

if TYPE_CHECKING:
    from drytune.testing.jobs_and_files import File

__all__ = ["HIDDEN", "hidden", "known_secrets", "never_shown", "secrets_in", "secrets_in_text"]

HIDDEN: Final = "[hidden]"
_NEVER = re.compile(r"(?!)")
_NO_SECRETS: Final = ("an organization id", "a project id", "a user id")
"""Redaction hides them; but whoever has one can do nothing with it."""
_WHO: Final = ("authorization", "openai-organization", "openai-project")


class _Known:
    """Secrets that are known, and what each is called."""

    def __init__(self, called: Mapping[str, str]) -> None:
        self._all = [
            (Own(known=(secret,)), Kind(name, "REDACTED", _NEVER, ())) for secret, name in called.items()
        ]

    def spans(self, text: str, *, decoded: bool) -> Iterator[tuple[int, int, Kind]]:
        """Where one of them stands in `text`."""
        for own, kind in self._all:
            for start, end, _ in own.spans(text, decoded=decoded):
                yield start, end, kind

    def worth(self, data: bytes) -> bool:
        """Whether decoded base64 may hold one of them."""
        return any(own.worth(data) for own, _ in self._all)


def known_secrets(
    requests: Iterable[RecordedRequest],
    ignore: Iterable[str] = (),
    before: Mapping[str, str] | None = None,
) -> Also:
    """The keys that were sent, and what the environment has under the name of a secret.

    Args:
        requests: Whose keys.
        ignore: What is none.
        before: What the environment had, by names, before a test replaced it (`secret_variables`).
    """
    there = [*(before or {}).items(), *secrets_of().items()]
    called = {value: f"the value of {name}" for name, value in there}
    return _known(called, requests, ignore)


def never_shown(requests: Iterable[RecordedRequest]) -> Also:
    """What no report shows: all of `known_secrets`, and what the environment had before any test."""
    called = {value: f"the value of {name}" for value, name in ever_kept().items()}
    called |= {value: f"the value of {name}" for name, value in secrets_of().items()}
    return _known(called, requests)


def _known(
    called: Mapping[str, str], requests: Iterable[RecordedRequest], ignore: Iterable[str] = ()
) -> Also:
    called = {**called, **{_key_of(one): "a key that was sent" for one in requests}}
    ignored = set(ignore)
    return _Known(
        {
            secret: name
            for secret, name in called.items()
            if len(secret) >= SHORTEST and secret not in ignored and not is_placeholder(secret)
        }
    )


def _key_of(one: RecordedRequest) -> str:
    given: str = one.headers.get("authorization", "").strip()
    scheme, _, key = given.partition(" ")
    return key.strip() or scheme


def secrets_in(
    one: RecordedRequest, also: Also, files: Iterable[File] = (), ignore: Iterable[str] = ()
) -> Iterator[str]:
    """Where a request has a secret, and of what kind, a clause each.

    Its key in the header ``authorization`` is none, unless it looks like one that opens something.

    Args:
        one: The request.
        also: What else is a secret (`known_secrets`).
        files: Where contents are that were too large to be kept with their request.
        ignore: Keys that open nothing, whatever they look like.
    """
    key = _key_of(one)
    if key not in ignore and any(found.kind.name not in _NO_SECRETS for found in search(key)):
        yield "a key that looks real, in the header `authorization`"
    fields = tuple((name, value) for name, value in one.headers.items() if name not in _WHO)
    asked = Asked(
        method=one.method, uri=one.sent.target, headers=fields, body=b"" if one.form else one.sent.body
    )
    for place in places(Exchange(request=asked, response=Told(status=0)), one.number, also):
        if place.kind not in _NO_SECRETS:
            yield f"{place.kind}, in {place.where}"
    for name, field in one.form.items():
        if not isinstance(field, Upload):
            yield from secrets_in_text(field, f"the field `{name}`", also)
            continue
        yield from secrets_in_text(field.filename, "the name of the uploaded file", also, lines=False)
        content = field.content
        if content is None:
            content = next((file.content for file in files if file.sha256 == field.sha256), None)
        if content is not None:
            for place in _in_data(content, also):
                yield f"{place.kind}, in {place.where} of the uploaded file {hidden(field.filename, also)}"


def secrets_in_text(text: str, what: str, also: Also, *, lines: bool = True) -> Iterator[str]:
    """The same of a text.

    Args:
        text: In which they are looked for.
        what: What to call it.
        also: What else is a secret.
        lines: Whether to tell the line.
    """
    for place in _in_data(text.encode("utf-8", "surrogateescape"), also):
        yield f"{place.kind}, in {place.where} of {what}" if lines else f"{place.kind}, in {what}"


def _in_data(data: bytes, also: Also) -> Iterator[Place]:
    return (place for place in places_in_text(data, also) if place.kind not in _NO_SECRETS)


def hidden(text: str, also: Also) -> str:
    """`text` with ``[hidden]`` where a secret stands."""
    return changed(text, edits(search(text, also), lambda kind, secret: HIDDEN))  # noqa: ARG005
