"""Structured output from pydantic models, and from dataclasses: an instance's JSON, or that of a made one."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator
from typing import Any, Final

from drytune_simulator.scripts import ScriptError

__all__ = ["is_modelled", "modelled"]

_VARIANTS: Final = 8
"""Instances that are tried, before a class is said to have none."""


def is_modelled(answer: object) -> bool:
    """Whether this is a pydantic model or a dataclass, or a class of these."""
    kind = answer if isinstance(answer, type) else type(answer)
    if dataclasses.is_dataclass(kind):
        return True
    pydantic = sys.modules.get("pydantic")  # if nobody has imported it, nobody has a model of it
    return pydantic is not None and issubclass(kind, pydantic.BaseModel)


def modelled(answer: object) -> Any:
    """The JSON value of a model, by its aliases; of a class, that of a valid instance, always the same one.

    An example that the class's schema has is taken, if there is one; else one is built from the schema.

    Raises:
        ScriptError: It cannot be written as JSON, or no valid instance could be built.
    """
    import pydantic  # late: it comes with the SDK, and few answers need it

    kind: Any = answer if isinstance(answer, type) else type(answer)
    if not hasattr(pydantic, "TypeAdapter"):
        raise ScriptError(
            f"{kind.__name__} is of pydantic 1; say reply(json.loads(answer.json(by_alias=True)))"
        )
    try:
        adapter = pydantic.TypeAdapter(kind)
        instance = _instance(adapter, kind) if isinstance(answer, type) else answer
        return adapter.dump_python(instance, mode="json", by_alias=True, warnings=False)
    except (pydantic.PydanticUserError, ValueError) as error:
        if isinstance(error, ScriptError):
            raise
        raise ScriptError(f"{kind.__name__} cannot be written as JSON ({_line(error)})") from error


def _instance(adapter: Any, kind: type) -> object:
    """A valid instance of the class."""
    import pydantic

    why = "its schema allows nothing"
    for value in _proposals(adapter.json_schema(by_alias=True)):
        try:
            return adapter.validate_json(json.dumps(value))
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False)[0]
            why = f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"
    raise ScriptError(
        f"no valid {kind.__name__} could be made from its schema ({why}); give an instance of it"
    )


def _proposals(schema: dict[str, Any]) -> Iterator[Any]:
    from drytune_simulator.inference.schema import Instances
    from drytune_simulator.inference.schema_parts import InstanceError

    yield from schema.get("examples", ())
    for variant in range(_VARIANTS):
        try:
            yield Instances(schema, variant).whole()
        except InstanceError:
            continue


def _line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")
