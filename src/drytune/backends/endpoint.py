"""Which API is asked, as a plan and a journal keep it: without a key."""

from __future__ import annotations

import msgspec

__all__ = ["Endpoint"]


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Which API is asked, without a key.

    Attributes:
        backend: ``live``, ``simulated`` or ``replayed``.
        base_url: Of a live one.
        profile: Under which name ``[tool.drytune.profiles]`` has it.
        organization, project: As they are sent.
        api_version: Of Azure OpenAI's dated API.
        azure: Whether it is Azure OpenAI.
        recording: The file that a replayed one answers from.
    """

    backend: str = "live"
    base_url: str | None = None
    profile: str | None = None
    organization: str | None = None
    project: str | None = None
    api_version: str | None = None
    azure: bool = False
    recording: str | None = None

    @property
    def account(self) -> tuple[str, str, str | None, str | None]:
        """What must be the same for files and jobs to be there: backend, name, organization and project."""
        return (self.backend, self.name, self.organization, self.project)

    @property
    def name(self) -> str:
        """What it is called where things are learned about it: its base URL, or its backend."""
        return self.base_url or self.backend
