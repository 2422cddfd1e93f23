"""What the user names to be checked: files, patterns, standard input, URLs, compressed or not."""

from __future__ import annotations

from drytune.sources.finding import find_sources, require_distinct
from drytune.sources.local import LocalFile
from drytune.sources.remote import Url
from drytune.sources.source import Source
from drytune.sources.standard_input import StandardInput
from drytune.sources.stream import Stream

__all__ = ["LocalFile", "Source", "StandardInput", "Stream", "Url", "find_sources", "require_distinct"]
