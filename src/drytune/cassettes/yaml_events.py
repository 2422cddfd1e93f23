"""Reading YAML that may come from anybody: quick, with the line of what is wrong, and safe from bombs.

libyaml (where PyYAML has it) tells the events: here begins a list, there is a text. From these the values are made
directly, without the tree that PyYAML's loaders make in between, which is where they spend their time.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import Any, Final

import yaml

__all__ = ["YamlError", "read_yaml"]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 200
_LARGEST = 5_000_000  # values that aliases may stand for
_TAG: Final = "tag:yaml.org,2002:"
_TEXTS: Final = frozenset({"!", f"{_TAG}str", f"{_TAG}python/str", f"{_TAG}python/unicode"})
_LISTS: Final = frozenset({None, "!", f"{_TAG}seq", f"{_TAG}python/tuple", f"{_TAG}python/list"})
_MAPPINGS: Final = frozenset({None, "!", f"{_TAG}map", f"{_TAG}python/dict"})
# file-like and iterated bodies of requests, as vcrpy wrote them down
_FILE: Final = f"{_TAG}python/object/new:_io.BytesIO"
_ITERATOR: Final = f"{_TAG}python/object/apply:builtins.iter"
_NO_KEY: Final = object()
_MERGE: Final = object()  # the name << without quotes


class YamlError(ValueError):
    """A text is no YAML, or none that a cassette may be made of; says in which line."""


def read_yaml(data: bytes) -> Any:
    """The one document in `data`: dicts, lists, texts, bytes, numbers, truths and None.

    Raises:
        YamlError: It is none.
    """
    try:
        loader = _Loader(data)
    except (yaml.YAMLError, UnicodeError) as error:
        raise YamlError(_said(error, data)) from error
    try:
        return _Reader(loader).document()
    except (yaml.YAMLError, UnicodeError) as error:
        raise YamlError(_said(error, data)) from error
    finally:
        loader.dispose()


class _Frame:
    """A list or mapping that is being read."""

    __slots__ = ("anchor", "content", "key", "line", "size", "tag")

    def __init__(self, content: Any, event: Any) -> None:
        self.content = content
        self.key: Any = _NO_KEY
        self.tag = event.tag
        self.anchor = event.anchor
        self.line = event.start_mark.line + 1
        self.size = 1


class _Reader:
    def __init__(self, loader: Any) -> None:
        self._next = loader.get_event
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._expanded = 0

    def document(self) -> Any:
        """Read all of it."""
        self._next()  # the stream begins
        if type(self._next()) is not yaml.DocumentStartEvent:
            return None
        value = self._value()
        self._next()  # the document ends
        event = self._next()
        if type(event) is not yaml.StreamEndEvent:
            raise _wrong(event, "a second document begins here, and a cassette is one")
        return value

    def _value(self) -> Any:  # noqa: C901, PLR0912 - the one loop that has to be quick
        stack: list[_Frame] = []
        get, scalar_event = self._next, yaml.ScalarEvent
        while True:
            event = get()
            kind = type(event)
            size = 1
            if kind is scalar_event:
                if event.tag is None:
                    text = event.value
                    value = _plain(text) if event.implicit[0] else text
                else:
                    value = _tagged(event)
                if event.anchor is not None:
                    self._anchors[event.anchor] = (value, 1)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if len(stack) >= _DEEPEST:
                    raise _wrong(event, f"lists and mappings are more than {_DEEPEST} deep")
                if event.anchor is not None:
                    self._anchors.pop(event.anchor, None)
                stack.append(_Frame({} if kind is yaml.MappingStartEvent else [], event))
                continue
            elif kind is yaml.AliasEvent:
                value, size = self._alias(event)
            else:
                frame = stack.pop()
                value, size = _finished(frame), frame.size
                if frame.anchor is not None:
                    self._anchors[frame.anchor] = (value, size)
            if not stack:
                return value
            frame = stack[-1]
            frame.size += size
            content = frame.content
            if type(content) is list:
                content.append(value)
            elif frame.key is _NO_KEY:
                if isinstance(value, dict | list):
                    raise _wrong(event, "a list or a mapping stands where a name should be")
                if value == "<<" and event.implicit[0]:
                    value = _MERGE
                if value in content:
                    raise _wrong(event, f"the name {str(value)[:80]!r} stands here for the second time")
                frame.key = value
            else:
                content[frame.key] = value
                frame.key = _NO_KEY

    def _alias(self, event: Any) -> tuple[Any, int]:
        if event.anchor not in self._anchors:
            raise _wrong(event, f"*{event.anchor} refers to nothing before it")
        value, size = self._anchors[event.anchor]
        self._expanded += size
        if self._expanded > _LARGEST:
            raise _wrong(event, f"references stand for more than {_LARGEST} values")
        return value, size


def _finished(frame: _Frame) -> Any:
    tag, content = frame.tag, frame.content
    if type(content) is list:
        if tag in _LISTS:
            return content
    elif tag in _MAPPINGS:
        return _merged(frame) if _MERGE in content else content
    elif tag == _FILE:
        state = content.get("state")
        return state[0] if isinstance(state, list) and state else b""
    elif tag == _ITERATOR:
        arguments = content.get("args")
        return arguments[0] if isinstance(arguments, list) and arguments else []
    raise YamlError(_unknown(tag, frame.line))


def _merged(frame: _Frame) -> Any:
    """The mapping with what it takes over from others under ``<<``."""
    own = dict(frame.content)
    others = own.pop(_MERGE)
    for other in others if isinstance(others, list) else [others]:
        if not isinstance(other, dict):
            msg = f"line {frame.line}: what stands under << is no mapping"
            raise YamlError(msg)
        own = {**other, **own}
    return own


def _plain(text: str) -> Any:
    if text and text[0] not in _FIRSTS:
        return text
    return _resolved(text) if len(text) < 64 else _resolve(text)


def _resolve(text: str) -> Any:
    """What YAML 1.1 takes an unquoted word for; dates stay texts, as they stand in headers."""
    for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return _constructed(tag, text) if tag in _NUMBERS else text
    return text


_resolved = lru_cache(maxsize=4096)(_resolve)
_FIRSTS: Final = frozenset(yaml.SafeLoader.yaml_implicit_resolvers)
_constructor: Final[Any] = yaml.constructor.SafeConstructor()
_NUMBERS: Final = {
    f"{_TAG}int": _constructor.construct_yaml_int,
    f"{_TAG}float": _constructor.construct_yaml_float,
    f"{_TAG}bool": _constructor.construct_yaml_bool,
    f"{_TAG}null": _constructor.construct_yaml_null,
}


def _constructed(tag: str, text: str) -> Any:
    try:
        return _NUMBERS[tag](yaml.ScalarNode(tag, text))
    except (ValueError, LookupError, OverflowError):
        return text


def _tagged(event: Any) -> Any:
    tag, text = event.tag, event.value
    if tag in _TEXTS:
        return text
    if tag == f"{_TAG}binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise _wrong(event, f"this is no base64 ({error})") from error
    if tag in _NUMBERS:
        return _constructed(tag, text)
    if tag == f"{_TAG}timestamp":
        return text
    raise YamlError(_unknown(tag, event.start_mark.line + 1))


def _unknown(tag: str | None, line: int) -> str:
    shown = str(tag).replace(_TAG, "!!")[:120]
    text = f"line {line}: a cassette holds no values of the type {shown}"
    if "vcr.request" in shown or "frozenset" in shown:
        text += "; vcrpy before 1.0 wrote this: `python -m vcr.migration FILE` makes a newer cassette of it"
    return text


def _wrong(event: Any, what: str) -> YamlError:
    return YamlError(f"line {event.start_mark.line + 1}: {what}")


def _said(error: Exception, data: bytes) -> str:
    """PyYAML's words in one line."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        return f"line {mark.line + 1}: {what}" if mark is not None else what
    if isinstance(error, yaml.reader.ReaderError):
        line = data[: error.position].count(b"\n") + 1 if isinstance(error.position, int) else 1
        return f"line {line}: {error.reason}"
    return str(error)
