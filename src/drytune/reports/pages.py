"""What all HTML pages have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drytune.errors import MissingExtra

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["environment"]


def environment(needed: str) -> Environment:
    """The environment of the templates: all that they are given is escaped, and what is missing is an error.

    Args:
        needed: What to say if jinja2 is not installed.

    Raises:
        MissingExtra: It is not.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise MissingExtra(needed) from None
    return Environment(
        loader=PackageLoader("drytune.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
