"""Clients of live APIs: where they go, as whom, and with which key."""

import sys
from types import ModuleType

import pytest

from drytune.backends import Profile, async_live, live
from drytune.errors import MissingExtra, UsageError

TEAM = """
[tool.drytune]
profile = "team"

[tool.drytune.profiles.team]
base-url = "URL"
key-env = "TEAM_KEY"
organization = "org-team"
project = "proj_team"

[tool.drytune.profiles.other]
key-env = "OTHER_KEY"
"""


def headers_of(client, platform):
    """What a request had, and its path."""
    with client:
        client.fine_tuning.jobs.list()
    (path, headers), *_ = platform.seen
    return path, headers


async def headers_of_async(client, platform):
    """As `headers_of`."""
    async with client:
        await client.fine_tuning.jobs.list()
    (path, headers), *_ = platform.seen
    return path, headers


def test_the_projects_default_profile(project, platform, monkeypatch):
    """Address, key, organization and project are the profile's, whatever the environment has."""
    project(TEAM.replace("URL", f"{platform.url}/v1"))
    monkeypatch.setenv("TEAM_KEY", "sk-team")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_mine")
    path, headers = headers_of(live(), platform)
    assert path == "/v1/fine_tuning/jobs"
    assert headers["authorization"] == "Bearer sk-team"
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-team", "proj_team")


def test_arguments_win(project, platform, monkeypatch):
    """Over the profile, that is, and over the environment."""
    project(TEAM.replace("URL", "http://127.0.0.1:1/v1"))
    client = live(
        "team", base_url=f"{platform.url}/v2/", api_key="sk-x", organization="org-x", project="proj_x"
    )
    path, headers = headers_of(client, platform)
    assert path == "/v2/fine_tuning/jobs"
    assert headers["authorization"] == "Bearer sk-x"
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-x", "proj_x")


def test_the_environment_comes_last(platform, monkeypatch):
    """As the SDK has it."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{platform.url}/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    _, headers = headers_of(live(), platform)
    assert (headers["authorization"], headers["openai-organization"]) == ("Bearer sk-mine", "org-mine")


def test_a_bare_address_is_not_given_the_default_profiles_key(project, platform, monkeypatch):
    """That key is for its own address."""
    project(TEAM.replace("URL", "https://llm.example.com/v1"))
    monkeypatch.setenv("TEAM_KEY", "sk-team")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    _, headers = headers_of(live(base_url=f"{platform.url}/v1"), platform)
    assert headers["authorization"] == "Bearer sk-mine"


def test_a_profiles_missing_key_is_not_replaced_by_another(project, monkeypatch):
    """OpenAI's key is not sent to another vendor because that one's is not there."""
    project(TEAM.replace("URL", "https://llm.example.com/v1"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    with pytest.raises(UsageError, match=r"^there is no key: the environment variable OTHER_KEY is not set"):
        live("other")


@pytest.mark.anyio
async def test_async(platform):
    """The twin goes to the same place."""
    client = async_live(Profile(base_url=f"{platform.url}/v1"), api_key="sk-x")
    path, headers = await headers_of_async(client, platform)
    assert (path, headers["authorization"]) == ("/v1/fine_tuning/jobs", "Bearer sk-x")


AZURE = [
    (None, "", "/openai/v1/fine_tuning/jobs"),
    (None, "/openai/v1/", "/openai/v1/fine_tuning/jobs"),
    ("2024-10-21", "", "/openai/fine_tuning/jobs?api-version=2024-10-21"),
    ("2024-10-21", "/openai", "/openai/fine_tuning/jobs?api-version=2024-10-21"),
]


@pytest.mark.parametrize(("version", "end", "path"), AZURE)
def test_azure(platform, monkeypatch, version, end, path):
    """Its key has its own header, and its address is the resource's, whatever is behind that."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "0123456789abcdef")
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "eyJ-other")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    client = live(base_url=platform.url + end, azure=True, api_version=version)
    seen, headers = headers_of(client.with_options(max_retries=0), platform)
    assert seen == path
    assert headers["api-key"] == "0123456789abcdef"
    assert "authorization" not in headers


@pytest.mark.anyio
@pytest.mark.parametrize(("version", "end", "path"), AZURE[::2])
async def test_async_azure(platform, version, end, path):
    """The twins do so, too."""
    client = async_live(
        Profile(base_url=platform.url, azure=True, api_version=version), api_key="0123456789abcdef"
    )
    seen, headers = await headers_of_async(client, platform)
    assert (seen, headers["api-key"]) == (path, "0123456789abcdef")
    assert "authorization" not in headers


@pytest.mark.parametrize("version", [None, "2024-10-21"])
def test_azures_key_does_not_follow_a_redirect(platform, elsewhere, version):
    """To another server, that is."""
    client = live(base_url=elsewhere.url, azure=True, api_version=version, api_key="0123456789abcdef")
    with client:
        client.fine_tuning.jobs.list()
    assert elsewhere.seen[0][1]["api-key"] == "0123456789abcdef"
    assert "0123456789abcdef" not in str(platform.seen)
    assert len(platform.seen) == 1


def test_azure_from_the_environment(platform, monkeypatch):
    """The address of the resource, as the SDK has it."""
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", platform.url)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    path, _ = headers_of(live(azure=True, api_key="k"), platform)
    assert path == "/openai/v1/fine_tuning/jobs"


REFUSED = [
    ({"azure": True, "api_key": "k"}, "there is no address of the Azure resource"),
    ({"api_version": "2024-10-21", "api_key": "k"}, "an api_version is something that only Azure OpenAI has"),
    ({}, "there is no key: the environment variable OPENAI_API_KEY is not set"),
    ({"api_key": ""}, "there is no key: api_key is empty"),
    ({"api_key": "sk-gehe\u00efm"}, "the key in api_key cannot be sent"),
    ({"api_key": "sk-geheim\n"}, "the key in api_key cannot be sent"),
    ({"base_url": "llm.example.com", "api_key": "k"}, "the base URL is no address of a server"),
    (
        {"base_url": "https://u:geheim@llm.example.com", "api_key": "k"},
        "the base URL of llm.example.com has a user",
    ),
    ({"profile": "team"}, 'there is no profile "team"; pyproject.toml names none.'),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_what_cannot_be(arguments, sentence):
    """In one sentence, in which no key is."""
    with pytest.raises(UsageError) as caught:
        live(**arguments)
    assert sentence in str(caught.value)
    assert "geheim" not in str(caught.value)


class Keyring(ModuleType):
    """A keyring with one key."""

    def get_password(self, service, user):
        if service == "broken":
            raise RuntimeError("sk-geheim")
        return "sk-kept" if (service, user) == ("https://llm/x", "me") else None


def test_a_key_in_the_keyring(platform, monkeypatch):
    """The last slash parts the service from the user."""
    monkeypatch.setitem(sys.modules, "keyring", Keyring("keyring"))
    profile = Profile(base_url=f"{platform.url}/v1", keyring="https://llm/x/me", key_env="NOT_SET")
    _, headers = headers_of(live(profile), platform)
    assert headers["authorization"] == "Bearer sk-kept"


def test_a_keyring_that_has_none_or_fails(monkeypatch):
    """A failing one may quote what it read, so its words are not told."""
    monkeypatch.setitem(sys.modules, "keyring", Keyring("keyring"))
    with pytest.raises(UsageError, match=r"no key of the user me for llm; put it there: keyring set llm me$"):
        live(Profile(keyring="llm/me"))
    with pytest.raises(UsageError, match=r"^the keyring cannot be read \(RuntimeError\)") as caught:
        live(Profile(keyring="broken/me"))
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_keyring_is_an_extra(monkeypatch):
    """The sentence has the command."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(MissingExtra, match=r"pip install 'drytune\[keyring\]'"):
        live(Profile(keyring="llm/me"))
