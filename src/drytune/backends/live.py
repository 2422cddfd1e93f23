"""SDK clients of a live API: OpenAI's own, Azure OpenAI, or any other like it. What they are asked costs money."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from drytune.backends.access import Access, access_of
from drytune.config import Config, load_config
from drytune.profiles import Profile, named_profile

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["async_client_of", "async_live", "client_of", "live", "profile_of"]

_Client = TypeVar("_Client", "OpenAI", "AsyncOpenAI")


def live(
    profile: Profile | str | None = None,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    organization: str | None = None,
    project: str | None = None,
    azure: bool | None = None,
    api_version: str | None = None,
    max_retries: int = 2,
    timeout: float | None = None,
) -> OpenAI:
    """An `openai.OpenAI` client of a real API; what it is asked costs what it costs.

    Args:
        profile: A platform, or the name of one in ``[tool.drytune.profiles]``; by default that which
            ``[tool.drytune] profile`` names, if no `base_url` is given.
        base_url: Its address, of Azure OpenAI that of the resource; by default the profile's, or
            ``OPENAI_BASE_URL`` (``AZURE_OPENAI_ENDPOINT``), or OpenAI's own.
        api_key: By default where the profile says it is, or in ``OPENAI_API_KEY`` (``AZURE_OPENAI_API_KEY``).
        organization: By default the profile's, or ``OPENAI_ORG_ID``.
        project: By default the profile's, or ``OPENAI_PROJECT_ID``.
        azure: Whether it is Azure OpenAI; by default what the profile says.
        api_version: Of Azure's dated API; without one, ``/openai/v1`` is asked.
        max_retries: As for `openai.OpenAI`.
        timeout: Seconds; the SDK's own by default.

    Raises:
        UsageError: There is no such profile, no key, or a setting cannot be.
    """
    access = access_of(
        profile_of(profile, base_url=base_url),
        os.environ,
        base_url=base_url,
        api_key=api_key,
        organization=organization,
        project=project,
        azure=azure,
        api_version=api_version,
    )
    return client_of(access, access.key(), max_retries, timeout)


def async_live(
    profile: Profile | str | None = None,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    organization: str | None = None,
    project: str | None = None,
    azure: bool | None = None,
    api_version: str | None = None,
    max_retries: int = 2,
    timeout: float | None = None,
) -> AsyncOpenAI:
    """The same as `live`, as an `openai.AsyncOpenAI` client."""
    access = access_of(
        profile_of(profile, base_url=base_url),
        os.environ,
        base_url=base_url,
        api_key=api_key,
        organization=organization,
        project=project,
        azure=azure,
        api_version=api_version,
    )
    return async_client_of(access, access.key(), max_retries, timeout)


def profile_of(
    profile: Profile | str | None, *, base_url: str | None = None, config: Config | None = None
) -> Profile:
    """The platform that is meant.

    Where an address is given and no profile is, the project's default one is left out: its key is for its own
    address.

    Args:
        profile: It, its name, or None for the default one.
        base_url: The address that was given.
        config: Of the project; by default it is looked for.

    Raises:
        UsageError: There is no profile of that name, or the configuration cannot be read.
    """
    if isinstance(profile, Profile):
        return profile
    if profile is None and base_url is not None:
        return Profile()
    config = load_config() if config is None else config
    name = config.profile if profile is None else profile
    if name is None:
        return Profile()
    return named_profile(config.profiles, name, "profile" if config.file is None else str(config.file))


def client_of(access: Access, key: str, max_retries: int = 2, timeout: float | None = None) -> OpenAI:
    """A client that goes there with this key."""
    import openai

    hook = _only_there(access, key) if access.endpoint.azure else None
    http = None if hook is None else openai.DefaultHttpxClient(event_hooks={"request": [hook]})
    kind = openai.AzureOpenAI if access.endpoint.api_version else openai.OpenAI
    return _as(access, kind(**_settings(access, key, max_retries, timeout), http_client=http))


def async_client_of(
    access: Access, key: str, max_retries: int = 2, timeout: float | None = None
) -> AsyncOpenAI:
    """As `client_of`."""
    import openai

    http = None
    if access.endpoint.azure:
        hook = _only_there(access, key)

        async def async_hook(request: Any) -> None:
            hook(request)

        http = openai.DefaultAsyncHttpxClient(event_hooks={"request": [async_hook]})
    kind = openai.AsyncAzureOpenAI if access.endpoint.api_version else openai.AsyncOpenAI
    return _as(access, kind(**_settings(access, key, max_retries, timeout), http_client=http))


def _settings(access: Access, key: str, max_retries: int, timeout: float | None) -> dict[str, Any]:
    endpoint = access.endpoint
    settings: dict[str, Any] = {
        "api_key": key,
        "organization": endpoint.organization,
        "project": endpoint.project,
        "max_retries": max_retries,
    }
    if timeout is not None:
        settings["timeout"] = timeout  # None would mean without end to the SDK
    if endpoint.api_version is not None:
        return {**settings, "azure_endpoint": endpoint.base_url, "api_version": endpoint.api_version}
    return {
        **settings,
        "base_url": f"{endpoint.base_url}/openai/v1/" if endpoint.azure else endpoint.base_url,
    }


def _only_there(access: Access, key: str) -> Any:
    """What is done to each request, also after a redirect: Azure's key has its own header, and goes only there.

    httpx takes ``Authorization`` out where a redirect leads to another server, but knows nothing of ``api-key``.
    """
    from drytune.transports import family_of_openai

    there = family_of_openai().URL(access.endpoint.base_url)

    def prepare(request: Any) -> None:
        request.headers.pop("authorization", None)
        request.headers.pop("api-key", None)
        if (request.url.scheme, request.url.netloc) == (there.scheme, there.netloc):
            request.headers["api-key"] = key

    return prepare


def _as(access: Access, client: _Client) -> _Client:
    """`client` as that organization and project, and no other that the SDK finds in the environment."""
    client.organization = access.endpoint.organization
    client.project = access.endpoint.project
    return client
