"""What a project says about its datasets once and for all: ``[tool.drytune]`` in ``pyproject.toml``.

    [tool.drytune]
    model = "gpt-4.1-mini"
    max-usd = 5

    [tool.drytune.rules]
    email-address = "off"
    developer-role = "error"

    [tool.drytune.profiles.team]
    base-url = "https://llm.example.com/v1"
    key-env = "TEAM_LLM_KEY"

An option of the command line wins over the file. Only what is asked for is imported: every `drytune check`
begins here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from drytune.errors import UsageError
from drytune.profiles import Profile, named_profile, profiles_of, require_no_secret
from drytune.tables import Key, nearest, shown, typed, unknown_key

if TYPE_CHECKING:
    from drytune_simulator.dataset.rules.registry import Rule

__all__ = [
    "KEYS",
    "LEVELS",
    "TABLE",
    "Config",
    "Level",
    "known_rules",
    "load_config",
    "nearest",
    "policy_of",
    "unknown_rule",
]

Level = Literal["off", "error", "warning", "info"]
LEVELS = ("off", "error", "warning", "info")

TABLE = "[tool.drytune]"


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The table, typed; a key that the file does not have is None, empty or false.

    Attributes:
        model: The model to be tuned.
        method: How it is tuned.
        as_of: The day whose prices and retirement dates count (``as-of``).
        epochs: 1 to 50.
        encoding: Of the tokens, instead of the model's own.
        max_usd: What the training may cost at most (``max-usd``); 0 means nothing.
        rates: Units of a currency for one US dollar, by the currency's code.
        strict: Whether warnings are errors.
        rules: The level of a rule's findings, by its code.
        backend: Which API is asked (`drytune.backends.choose`).
        profile: The name of the profile that a live one has, unless another is asked for.
        profiles: By name.
        file: From which all this was read; None when there is no such file.
    """

    model: str | None = None
    method: Literal["supervised", "dpo", "reinforcement"] | None = None
    as_of: date | None = None
    epochs: int | None = None
    encoding: str | None = None
    max_usd: float | None = None
    rates: dict[str, float] = {}
    strict: bool = False
    rules: dict[str, Level] = {}
    backend: str | None = None
    profile: str | None = None
    profiles: dict[str, Profile] = {}
    file: Path | None = None


BACKENDS = r"\A(simulated|live|live:.+|replayed:.+)\Z"
"""What a backend may be called."""

_BACKENDS = ("simulated", "live", "replayed:")
_METHODS = ("supervised", "dpo", "reinforcement")
_ENCODINGS = ("o200k_base", "cl100k_base")
_Positive = Annotated[float, Meta(gt=0)]
_Amount = Annotated[float, Meta(ge=0)]

_KEYS = {
    "model": Key(Annotated[str, Meta(min_length=1)], "the name of a model"),
    "method": Key(Literal[_METHODS], "supervised, dpo or reinforcement", _METHODS),
    "as-of": Key(date, "a day, written 2026-01-31"),
    "epochs": Key(Annotated[int, Meta(ge=1, le=50)], "a whole number from 1 to 50"),
    "encoding": Key(Literal[_ENCODINGS], "o200k_base or cl100k_base", _ENCODINGS),
    "max-usd": Key(_Amount, "a number of US dollars, 0 or more"),
    "rates": Key(dict[str, Any], "a table such as {JPY = 150}"),
    "strict": Key(bool, "true or false"),
    "rules": Key(dict[str, Any], 'a table such as {email-address = "off"}'),
    "backend": Key(
        Annotated[str, Meta(pattern=BACKENDS)], "simulated, live, live:PROFILE or replayed:FILE", _BACKENDS
    ),
    "profile": Key(Annotated[str, Meta(min_length=1)], "the name of a profile"),
    "profiles": Key(dict[str, Any], "tables such as [tool.drytune.profiles.team]"),
}
_RATE = Key(_Positive, "a number above 0: so many for one US dollar")
_LEVEL = Key(Literal[LEVELS], "off, error, warning or info", LEVELS)

KEYS = tuple(_KEYS)
"""The keys of the table, as they are written."""


def load_config(start: Path | None = None, file: Path | None = None) -> Config:
    """The project's configuration.

    Args:
        start: Where to begin; the first ``pyproject.toml`` with the table, there or in a folder above, is it.
            None means the current directory.
        file: A TOML file that must have the table; nothing else is looked at then.

    Raises:
        UsageError: `file` cannot be read or has no such table, the nearest file is a directory or no text, or the
            table holds what it must not. The sentence names the file, the key, and the nearest that is known.
    """
    if file is not None:
        table = _table_of(file, _read(file))
        if table is None:
            raise UsageError(f"{file} has no table {TABLE}; add it, or leave --config out.")
        return _config(file, table)
    is_nearest = True
    for path in _above(start):
        try:
            data = path.read_bytes()
        except OSError:  # there is none, or it is in a folder above that is not ours to read
            if is_nearest and path.is_dir():
                raise UsageError(f"{path} is a directory; rename it, or name a file with --config.") from None
            continue
        if is_nearest:
            _require_text(path, data)
            is_nearest = False
        table = _table_of(path, data)
        if table is not None:
            return _config(path, table)
    return Config()


def policy_of(
    config: Config,
    off: Iterable[str] = (),
    errors: Iterable[str] = (),
    warnings: Iterable[str] = (),
    strict: bool = False,
) -> dict[str, Level]:
    """The levels of rules, by code; a rule that is not in it keeps its own severity.

    An option wins over the file. Strictness, asked for in either, makes an error of every rule that warns of a
    file, save those that the table or an option names: what is named stays as it is named.

    Args:
        config: Of the project.
        off: Codes to leave out (``--off``).
        errors: Codes to raise to errors (``--error``).
        warnings: Codes to make warnings (``--warning``).
        strict: Whether ``--strict`` was given.

    Raises:
        UsageError: A code is no rule's, or two options want different things of one rule.
    """
    options: dict[str, Level] = {}
    named: tuple[tuple[Level, Iterable[str]], ...] = (("off", off), ("error", errors), ("warning", warnings))
    for level, codes in named:
        for code in codes:
            _require_rule(code, f"--{level} {code}")
            if options.setdefault(code, level) != level:
                raise UsageError(
                    f"{code} is named by --{options[code]} and by --{level}; choose one of them."
                )
    policy: dict[str, Level] = {**config.rules, **options}
    if strict or config.strict:
        raised: dict[str, Level] = {
            code: "error"
            for code, rule in known_rules().items()
            if rule.severity == "warning" and rule.scope != "calendar"  # no file can be mended of the date
        }
        policy = {**raised, **policy}
    return policy


def known_rules() -> dict[str, Rule]:
    """All rules by code, those about the calendar and the bill among them."""
    import_module("drytune_simulator.dataset.rules.calendar")  # which enters them
    from drytune_simulator.dataset.rules import RULES

    return RULES


def unknown_rule(code: str, prefix: str = "") -> UsageError:
    """The error about a code that no rule has."""
    near = nearest(code, known_rules()) or "; `drytune rules` lists them."
    return UsageError(f"{prefix}there is no rule {shown(code)}{near}")


def _require_rule(code: str, place: str) -> None:
    if code not in known_rules():
        raise unknown_rule(code, f"{place}: ")


def _above(start: Path | None) -> Iterator[Path]:
    """``pyproject.toml`` in `start` and in each folder above it."""
    try:
        folder = Path.cwd() if start is None else start.resolve()
    except OSError:  # the current directory was removed
        return
    for place in (folder, *folder.parents):
        yield place / "pyproject.toml"


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{file} cannot be read: {reason}.") from None


def _require_text(file: Path, data: bytes) -> None:
    """Refuse what cannot be TOML, and in which the table would not be seen: UTF-16, for instance."""
    try:
        is_text = "\0" not in data.decode()
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        raise UsageError(f"{file} is not valid TOML: it is not in UTF-8; save it in UTF-8.")


def _table_of(file: Path, data: bytes) -> dict[str, Any] | None:
    """The table in a file's content, None when there is none."""
    if b"drytune" not in data:
        return None  # most projects: not worth a parser
    import tomllib

    _require_text(file, data)
    try:
        content = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}.") from None
    tool = content.get("tool")
    table = tool.get("drytune") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{file}: tool.drytune is {shown(table)}; it must be a table.")
    return table


def _config(file: Path, table: dict[str, Any]) -> Config:
    fields: dict[str, Any] = {"file": file}
    for name, value in table.items():
        require_no_secret(file, TABLE, name)
        if name not in _KEYS:
            raise unknown_key(file, TABLE, name, KEYS)
        fields[name.replace("-", "_")] = typed(file, TABLE, name, value, _KEYS[name])
    if "rates" in fields:
        for currency, rate in fields["rates"].items():
            typed(file, TABLE, f"rates.{currency}", rate, _RATE)
        fields["rates"] = _checked_rates(file, fields["rates"])
    for code, level in fields.get("rules", {}).items():
        _require_rule(code, f"{file}: [tool.drytune.rules]")
        typed(file, TABLE, f"rules.{code}", level, _LEVEL)
    if "model" in fields:
        _require_model(file, fields["model"], fields.get("encoding"))
    if "profiles" in fields:
        fields["profiles"] = profiles_of(file, fields["profiles"])
    _require_profiles(file, fields)
    return Config(**fields)


def _require_profiles(file: Path, fields: dict[str, Any]) -> None:
    """Refuse a name that no profile has."""
    kind, _, in_backend = fields.get("backend", "").partition(":")
    for key, name in (
        ("profile", fields.get("profile")),
        ("backend", in_backend if kind == "live" else None),
    ):
        if name:
            named_profile(fields.get("profiles", {}), name, f"{file}: {TABLE} {key}")


def _checked_rates(file: Path, rates: dict[str, float]) -> dict[str, float]:
    from drytune.estimate.rates import checked_rates

    try:
        return checked_rates(rates)
    except UsageError as error:
        raise UsageError(f"{file}: {TABLE} rates: {error}") from None


def _require_model(file: Path, name: str, encoding: str | None) -> None:
    from drytune.estimate.models import model_for

    try:
        model_for(name, encoding)
    except UsageError as error:
        raise UsageError(f"{file}: {TABLE} model: {error}") from None
