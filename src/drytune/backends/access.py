"""Which live API is asked, and as whom: of arguments, a profile and the environment, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from drytune.backends.endpoint import Endpoint
from drytune.backends.keys import checked_key, key_in_environment, key_in_keyring
from drytune.errors import UsageError
from drytune.profiles import Profile, require_variable

__all__ = ["Access", "access_of"]

_ALSO_SECRET: Final = ("OPENAI_ADMIN_KEY", "OPENAI_WEBHOOK_SECRET", "AZURE_OPENAI_AD_TOKEN")
"""Variables that the SDK takes secrets from by itself."""

_SHORTEST_SECRET: Final = 8
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Access:
    """A live API and the way to its key, which is looked for when it is needed.

    Attributes:
        endpoint: Which API.
        profile: Which it was made of; one without a name if there was none.
        key_env: The variable that was asked for.
        api_key: That was given; never shown.
        environ: The environment; never shown.
    """

    endpoint: Endpoint
    profile: Profile
    key_env: str | None = None
    api_key: str | None = field(default=None, repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    def key(self) -> str:
        """The key.

        Raises:
            UsageError: There is none, or one that cannot be sent.
        """
        if self.api_key is not None:
            if not self.api_key:
                raise UsageError("there is no key: api_key is empty")
            return checked_key(self.api_key, "api_key")
        if self.key_env is not None:
            return key_in_environment(self.key_env, self.environ, " (--key-env names another)")
        own, kept = self.profile.key_env, self.profile.keyring
        if own is not None and (self.environ.get(own) or kept is None):
            of = f"the profile {self.profile.name}".rstrip()
            return key_in_environment(own, self.environ, f" ({of} names it)")
        if kept is not None:
            return key_in_keyring(kept)
        usual = "AZURE_OPENAI_API_KEY" if self.endpoint.azure else "OPENAI_API_KEY"
        return key_in_environment(usual, self.environ, " (--key-env names another, and so can a profile)")

    @property
    def words(self) -> str:
        """Where it is, in words for a terminal."""
        from urllib.parse import urlsplit

        endpoint = self.endpoint
        about = []
        if endpoint.azure:
            about.append(f"Azure OpenAI {endpoint.api_version or ''}".strip())
        if endpoint.profile is not None:
            about.append(f"profile {endpoint.profile}")
        parts = urlsplit(endpoint.base_url or "")
        if parts.scheme == "http" and parts.hostname not in _HERE:
            about.append("not encrypted: all can be read on the way, the key too")
        return f"{endpoint.base_url}" + (f" ({', '.join(about)})" if about else "")

    def secrets(self, key: str | None) -> tuple[str, ...]:
        """What must not be told to anybody: the key in use, and what the SDK may send besides."""
        also = [self.environ.get(name, "") for name in _ALSO_SECRET]
        if headers := self.environ.get("OPENAI_CUSTOM_HEADERS"):
            also += _secret_headers(headers)
        long = (secret for secret in also if len(secret) >= _SHORTEST_SECRET)
        return tuple(dict.fromkeys([*([] if key is None else [key]), *long]))


def access_of(
    profile: Profile,
    environ: Mapping[str, str],
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    key_env: str | None = None,
    organization: str | None = None,
    project: str | None = None,
    azure: bool | None = None,
    api_version: str | None = None,
) -> Access:
    """What arguments, then a profile, then the environment say.

    Raises:
        UsageError: An address is none, there is none for Azure, or a setting is for Azure only.
    """
    is_azure = profile.azure if azure is None else azure
    version = api_version or (profile.api_version if is_azure else None)
    if version and not is_azure:
        raise UsageError(
            "an api_version is something that only Azure OpenAI has; say azure too, or leave it out"
        )
    if key_env is not None:
        require_variable(key_env, "--key-env")
    url = base_url or profile.base_url
    endpoint = Endpoint(
        base_url=_resource(url, environ) if is_azure else _address(url, environ),
        profile=profile.name or None,
        organization=organization or profile.organization or environ.get("OPENAI_ORG_ID") or None,
        project=project or profile.project or environ.get("OPENAI_PROJECT_ID") or None,
        api_version=version,
        azure=is_azure,
    )
    return Access(endpoint, profile, key_env, api_key, environ)


def _secret_headers(headers: str) -> list[str]:
    """What is secret in header fields that the SDK sends besides, ``name: value`` a line."""
    from drytune.cassettes.redaction.headers import header_secret

    secrets = []
    for line in headers.splitlines():
        name, _, value = (part.strip() for part in line.partition(":"))
        found = None if name.lower().startswith("openai-") else header_secret(name, value)
        if found is not None:
            secrets.append(value[found[0] : found[1]])
    return secrets


def _address(url: str | None, environ: Mapping[str, str]) -> str:
    from drytune.handlers.addresses import DEFAULT_BASE_URL, checked_base_url

    return checked_base_url(url or environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL)


def _resource(url: str | None, environ: Mapping[str, str]) -> str:
    """The address of an Azure resource, whatever of the API's own paths is behind it."""
    from drytune.handlers.addresses import checked_base_url

    url = url or environ.get("AZURE_OPENAI_ENDPOINT")
    if not url:
        raise UsageError(
            "there is no address of the Azure resource; give base_url, or set AZURE_OPENAI_ENDPOINT, to one like "
            "https://my-resource.openai.azure.com"
        )
    resource = checked_base_url(url)
    for end in ("/v1", "/openai"):
        resource = resource.removesuffix(end).rstrip("/")
    return resource
