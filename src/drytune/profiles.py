"""Platforms that a project names: ``[tool.drytune.profiles.NAME]`` in ``pyproject.toml``.

    [tool.drytune.profiles.team]
    base-url = "https://llm.example.com/v1"
    key-env = "TEAM_LLM_KEY"
    organization = "org-…"

The file says where a key is, and never has one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from drytune.errors import UsageError
from drytune.tables import Key, nearest, shown, typed, unknown_key

__all__ = [
    "PRICES",
    "PROFILE_KEYS",
    "Profile",
    "is_profile_name",
    "named_profile",
    "profiles_of",
    "require_no_secret",
    "require_variable",
]

PRICES = ("training", "cached", "input", "output", "base_input", "base_cached", "base_output")
"""What a platform may have a price for, in USD per million tokens."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A platform, and where the key for it is.

    Attributes:
        name: Under which ``[tool.drytune.profiles]`` has it; empty for one that was made in Python.
        base_url: Its address; of Azure OpenAI, that of the resource.
        key_env: The environment variable with the key.
        keyring: Where the keyring has the key: ``service/user``.
        organization, project: Sent with each request.
        azure: Whether it is Azure OpenAI.
        api_version: Of Azure OpenAI's dated API; without it, the undated ``/openai/v1`` is asked.
        prices: USD per million tokens, by the names in `PRICES`, where the catalog does not know them.
    """

    name: str = ""
    base_url: str | None = None
    key_env: str | None = None
    keyring: str | None = None
    organization: str | None = None
    project: str | None = None
    azure: bool = False
    api_version: str | None = None
    prices: dict[str, float] = {}


_Text = Annotated[str, Meta(min_length=1, pattern=r"\A[!-~]+\Z")]
_KEYS = {
    "base-url": Key(str, "the address of a server, such as https://api.openai.com/v1"),
    "key-env": Key(str, "the name of an environment variable"),
    "keyring": Key(str, 'where the keyring has the key: "service/user"'),
    "organization": Key(_Text, "the id of an organization, org-…"),
    "project": Key(_Text, "the id of a project, proj_…"),
    "azure": Key(bool, "true or false"),
    "api-version": Key(
        Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?\Z")],
        'a version of Azure OpenAI in quotes, such as "2024-10-21"; for /openai/v1, leave it out',
    ),
    "prices": Key(dict[str, Any], "a table such as {training = 3.0, output = 1.2}"),
}
PROFILE_KEYS = tuple(_KEYS)
"""The keys of a profile's table, as they are written."""

_PRICE = Key(Annotated[float, Meta(ge=0)], "a number of US dollars for a million tokens, 0 or more")
_PRICE_KEYS = tuple(name.replace("_", "-") for name in PRICES)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_IN_KEYRING = re.compile(r"[ -~]+/[ -~]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRETS = frozenset({"api-key", "apikey", "key", "token", "secret", "password", "ad-token", "bearer"})


def profiles_of(file: Path, table: dict[str, Any]) -> dict[str, Profile]:
    """The profiles in ``[tool.drytune.profiles]``, by name.

    Raises:
        UsageError: One of them holds what it must not. No value that may be a key is in the sentence.
    """
    profiles = {}
    for name, values in table.items():
        if not is_profile_name(name):
            raise UsageError(
                f"{file}: [tool.drytune.profiles] has {shown(name)}; a profile's name is 1 to 64 letters a to z, "
                "digits, - and _."
            )
        place = f"[tool.drytune.profiles.{name}]"
        if not isinstance(values, dict):
            raise UsageError(
                f'{file}: {place} is no table; write {place} and below it base-url = "https://…".'
            )
        profiles[name] = _profile(file, place, name, values)
    return profiles


def named_profile(profiles: dict[str, Profile], name: str, place: str) -> Profile:
    """The profile of that name.

    Args:
        profiles: By name.
        name: Of one of them.
        place: What asks for it, for the sentence.

    Raises:
        UsageError: There is none; the sentence has the nearest, or all.
    """
    if name in profiles:
        return profiles[name]
    known = f"; known are {', '.join(sorted(profiles))}." if profiles else "; pyproject.toml names none."
    raise UsageError(f"{place}: there is no profile {shown(name)}{nearest(name, profiles) or known}")


def is_profile_name(name: str) -> bool:
    """Whether a profile may be called this."""
    return _NAME.fullmatch(name) is not None


def require_variable(name: str, place: str) -> None:
    """Refuse what is no name of an environment variable, without repeating it: it may be a key.

    Args:
        name: Of the variable.
        place: What names it, for the sentence.

    Raises:
        UsageError: It is none, or looks like a key.
    """
    is_like_a_key = len(name) >= 20 and any(c.islower() for c in name) and any(c.isdigit() for c in name)
    if _VARIABLE.fullmatch(name) is None or is_like_a_key:
        raise UsageError(
            f"{place} is not the name of an environment variable; it names the variable with the key, such as "
            "OPENAI_API_KEY, and never is the key itself."
        )


def require_no_secret(file: Path, place: str, key: str) -> None:
    """Refuse a key of a table that would have a secret in it, and say where that belongs.

    Raises:
        UsageError: It would.
    """
    if key.lower().replace("_", "-") in _SECRETS:
        raise UsageError(
            f"{file}: {place} has {shown(key)}: a secret does not belong into this file; put it into an "
            'environment variable and name that in a profile with key-env = "…", or into the keyring and say '
            'keyring = "service/user".'
        )


def _profile(file: Path, place: str, name: str, values: dict[str, Any]) -> Profile:
    fields: dict[str, Any] = {"name": name}
    for key, value in values.items():
        require_no_secret(file, place, key)
        if key not in _KEYS:
            raise unknown_key(file, place, key, PROFILE_KEYS)
        if key in {"base-url", "key-env", "keyring"} and isinstance(value, str):
            _require_silently(file, place, key, value)
        fields[key.replace("-", "_")] = typed(file, place, key, value, _KEYS[key])
    if fields.get("api_version") and not fields.get("azure"):
        raise UsageError(
            f"{file}: {place} has an api-version, which only Azure OpenAI has; add azure = true, or take it out."
        )
    if "prices" in fields:
        fields["prices"] = _prices(file, place, fields["prices"])
    return Profile(**fields)


def _require_silently(file: Path, place: str, key: str, value: str) -> None:
    """Check what is not to be repeated: an address with a password, a key where its name should be."""
    if key == "base-url":
        from drytune.handlers.addresses import checked_base_url

        try:
            checked_base_url(value)
        except UsageError as error:
            raise UsageError(f"{file}: {place} base-url: {error}.") from None
    elif key == "key-env":
        require_variable(value, f"{file}: {place} key-env")
    elif _IN_KEYRING.fullmatch(value) is None:
        raise UsageError(
            f"{file}: {place} keyring must be {_KEYS['keyring'].words}, and never is the key itself."
        )


def _prices(file: Path, place: str, table: dict[str, Any]) -> dict[str, float]:
    prices = {}
    for name, value in table.items():
        known = name.replace("_", "-")
        if known not in _PRICE_KEYS:
            raise unknown_key(file, f"{place} prices", name, _PRICE_KEYS)
        prices[known.replace("-", "_")] = float(typed(file, place, f"prices.{name}", value, _PRICE))
    return prices
