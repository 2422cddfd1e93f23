"""Keys of real platforms: where they come from, and that they can be sent. None is ever in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from drytune.errors import MissingExtra, UsageError
from drytune.profiles import require_variable

__all__ = ["checked_key", "key_in_environment", "key_in_keyring"]


def checked_key(key: str, place: str) -> str:
    """`key`, if it can be sent.

    Args:
        key: The key; a newline at its end, which files and shells leave there, is refused like the rest.
        place: Where it is from, for the sentence.

    Raises:
        UsageError: It has characters that no header can have.
    """
    if not (key.isascii() and key.isprintable()):
        raise UsageError(
            f"the key in {place} cannot be sent: it has characters that are not printable ASCII; copy it again"
        )
    return key


def key_in_environment(name: str, environ: Mapping[str, str], hint: str = "") -> str:
    """The key in an environment variable.

    Args:
        name: Of the variable.
        environ: The environment.
        hint: What else could be done if there is none, for the sentence.

    Raises:
        UsageError: There is none, or one that cannot be sent.
    """
    key = environ.get(name)
    if not key:
        if name not in _USUAL:
            require_variable(name, "the name of the variable with the key")
        raise UsageError(f"there is no key: the environment variable {name} is not set{hint}")
    return checked_key(key, f"the environment variable {name}")


def key_in_keyring(entry: str) -> str:
    """The key that the keyring of this user has.

    Args:
        entry: ``service/user``.

    Raises:
        MissingExtra: The package is not installed.
        UsageError: There is no such entry, it cannot be read, or it cannot be sent.
    """
    try:
        import keyring
    except ImportError:
        raise MissingExtra("A key in the keyring needs keyring; pip install 'drytune[keyring]'.") from None

    service, _, user = entry.rpartition("/")
    try:
        key = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - whatever a keyring's own backend raises; it may quote what it read
        raise UsageError(
            f"the keyring cannot be read ({type(error).__name__}); unlock it, or put the key into an environment "
            "variable and name that with key-env"
        ) from None
    if not key:
        raise UsageError(
            f"the keyring has no key of the user {user} for {service}; put it there: keyring set {service} {user}"
        )
    return checked_key(key, f"the keyring ({entry})")


_USUAL = frozenset({"OPENAI_API_KEY", "AZURE_OPENAI_API_KEY"})
