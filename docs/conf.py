"""The documentation site: ``make docs`` builds it into ``build/site``, offline.

The source is the repository itself, so that a link leads to the same page here as where the files are read as they
stand. Nothing is fetched, neither when it is built nor when it is read.
"""

# ruff: noqa: INP001 - Sphinx reads it, nobody imports it
from __future__ import annotations

import re
from typing import Any

from drytune_simulator.version import __version__

project = "drytune"
author = "The drytune authors"
copyright = author  # noqa: A001 - Sphinx's name
release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinx_copybutton",
]

root_doc = "docs/index"
include_patterns = [
    "docs/**.md",
    "simulator/README.md",
    "recordings/README.md",
    "examples/README.md",
    "examples/pipeline/README.md",
    "CHANGELOG.md",
]
exclude_patterns = [".*", "build", "dist", "src", "tests", "benchmarks", "**/node_modules"]

# anchors of headings, as GitHub makes them
myst_heading_anchors = 4

# `name` in a docstring is a name of the code where there is one, and plain code where there is none
default_role = "py:obj"
add_module_names = False
smartquotes = False  # two dashes begin an option
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_class_signature = "mixed"
autodoc_preserve_defaults = True
# a Job is one thing to the workflow and another to a test; both are found by their full names
suppress_warnings = ["ref.python"]
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # attributes are told by their class; a page has each once

html_theme = "furo"
html_title = f"drytune {release}"
templates_path = ["_templates"]
html_additional_pages = {"index": "first.html"}
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
copybutton_exclude = ".linenos, .gp, .go"


def _examples(_app: Any, what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Indented code in a docstring is code; reStructuredText would want a double colon before it."""
    for number in range(len(lines) - 2, 0, -1):
        before, between, after = lines[number - 1 : number + 2]
        if (
            before[:1].strip()
            and not between.strip()
            and after.startswith("    ")
            and not before.endswith("::")
        ):
            lines[number:number] = ["", "::"]
    if what in ("attribute", "data", "property"):
        lines.insert(0, "")  # napoleon takes what comes before a colon in the first line for a type


def _plain(_app: Any, _context: Any, lines: list[str]) -> None:
    """What `--help` says is no markup."""
    lines[:] = [re.sub(r"(?<=[a-z])_(?=\W|$)|\*", r"\\\g<0>", line) for line in lines]


def _language(_app: Any, page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Browsers choose the shapes of letters by the language of a page."""
    if page.endswith(".ja"):
        context["language"] = "ja"


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", _examples, priority=100)  # napoleon comes at 500
    app.connect("html-page-context", _language)
    for part in ("description", "options", "arguments", "epilog"):
        app.connect(f"sphinx-click-process-{part}", _plain)
