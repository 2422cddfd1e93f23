"""Redaction: no secret gets into a file.

`Redactor` replaces secrets by placeholders before anything is written; `guard` refuses what is left. Both know
the same kinds of secrets (`kinds`, `fields`, `headers`), in the text as it is and however it is written: escaped,
percent-encoded, in base64, or in the pieces of a stream (`views`, `streams`).
"""

from drytune.cassettes.redaction.guard import Place, guard, guard_text, places, places_in_text
from drytune.cassettes.redaction.redactor import Redactor

__all__ = ["Place", "Redactor", "guard", "guard_text", "places", "places_in_text"]
