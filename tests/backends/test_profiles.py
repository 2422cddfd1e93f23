"""`[tool.drytune.profiles]`: what may stand there, and that no key does."""

import re

import pytest

from drytune.config import load_config
from drytune.errors import UsageError
from drytune.profiles import PRICES, Profile, require_variable

ALL = """
[tool.drytune]
backend = "live:azure"
profile = "vendor"

[tool.drytune.profiles.azure]
base-url = "https://cats.openai.azure.com"
keyring = "azure/me"
azure = true
api-version = "2025-04-01-preview"

[tool.drytune.profiles.vendor]
base-url = "https://llm.example.com/v1"
key-env = "VENDOR_KEY"
organization = "org-cats"
project = "proj_cats"
prices = {training = 3, output = 1.2, base-output = 0.6, base_input = 0.1}
"""


def test_all_keys(project):
    """Each has its type."""
    config = load_config(file=project(ALL))
    assert (config.backend, config.profile) == ("live:azure", "vendor")
    assert config.profiles == {
        "azure": Profile(
            name="azure",
            base_url="https://cats.openai.azure.com",
            keyring="azure/me",
            azure=True,
            api_version="2025-04-01-preview",
        ),
        "vendor": Profile(
            name="vendor",
            base_url="https://llm.example.com/v1",
            key_env="VENDOR_KEY",
            organization="org-cats",
            project="proj_cats",
            prices={"training": 3.0, "output": 1.2, "base_output": 0.6, "base_input": 0.1},
        ),
    }


GEHEIM = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
REFUSED = [
    (
        f'api-key = "{GEHEIM}"',
        'has "api-key": a secret does not belong into this file; put it into an environment',
    ),
    (f'key = "{GEHEIM}"', 'has "key": a secret does not belong into this file'),
    (f'API_KEY = "{GEHEIM}"', 'has "API_KEY": a secret does not belong into this file'),
    (f'token = "{GEHEIM}"', 'has "token": a secret does not belong into this file'),
    (f'key-env = "{GEHEIM}"', "key-env is not the name of an environment variable"),
    (f'key-env = "sk-{GEHEIM}"', "key-env is not the name of an environment variable"),
    (f'keyring = "{GEHEIM}"', 'keyring must be where the keyring has the key: "service/user"'),
    (
        f'base-url = "https://me:{GEHEIM}@llm.example.com"',
        "base-url: the base URL of llm.example.com has a user",
    ),
    ('base-url = "llm"', "base-url: the base URL is no address of a server"),
    ('base-ulr = "https://llm"', 'has no key "base-ulr"; did you mean base-url?'),
    ("zzz = 1", 'has no key "zzz"; known are base-url, key-env, keyring,'),
    ('azure = "yes"', 'azure is "yes"; it must be true or false.'),
    (
        "azure = true\napi-version = 2024-10-21",
        "is 2024-10-21; it must be a version of Azure OpenAI in quotes",
    ),
    ('azure = true\napi-version = "v1"', 'is "v1"; it must be a version of Azure OpenAI'),
    ('api-version = "2024-10-21"', "has an api-version, which only Azure OpenAI has; add azure = true"),
    ("prices = {train = 1}", 'prices has no key "train"; did you mean training?'),
    ("prices = {training = -1}", "prices.training is -1; it must be a number of US dollars"),
    ("prices = {training = nan}", "prices.training is nan; it must be a number"),
    ("prices = 3", "prices is 3; it must be a table"),
    ('organization = "a\\nb"', "it must be the id of an organization"),
]


@pytest.mark.parametrize(("lines", "sentence"), REFUSED)
def test_what_cannot_be(project, lines, sentence):
    """One sentence with the file and the table, and without what may be a key."""
    path = project(f"[tool.drytune.profiles.team]\n{lines}\n")
    with pytest.raises(UsageError) as caught:
        load_config(file=path)
    text = str(caught.value)
    assert text.startswith(f"{path}: [tool.drytune.profiles.team] ")
    assert sentence in text
    assert GEHEIM not in text
    assert len(text.splitlines()) == 1


ABOVE = [
    (f'api-key = "{GEHEIM}"', '[tool.drytune] has "api-key": a secret does not belong into this file'),
    (
        'profile = "taem"\n[tool.drytune.profiles.team]',
        'profile: there is no profile "taem"; did you mean team?',
    ),
    ('backend = "live:x"', 'backend: there is no profile "x"; pyproject.toml names none.'),
    (
        'backend = "lvie"',
        'backend is "lvie"; it must be simulated, live, live:PROFILE or replayed:FILE; did you mean',
    ),
    ('backend = "replayed:"', "it must be simulated, live, live:PROFILE or replayed:FILE"),
    ('[tool.drytune.profiles]\nteam = "x"', "[tool.drytune.profiles.team] is no table"),
    ('[tool.drytune.profiles."a b"]', '[tool.drytune.profiles] has "a b"; a profile\'s name is'),
    ("profiles = 3", "profiles is 3; it must be tables"),
]


@pytest.mark.parametrize(("lines", "sentence"), ABOVE)
def test_what_cannot_be_above(project, lines, sentence):
    """In the table of the project."""
    path = project(f"[tool.drytune]\n{lines}\n")
    with pytest.raises(UsageError) as caught:
        load_config(file=path)
    assert sentence in str(caught.value)
    assert GEHEIM not in str(caught.value)


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "_x", "team_key", "A_VERY_LONG_NAME_OF_A_KEY_2026"])
def test_names_of_variables(name):
    """Those that may be."""
    require_variable(name, "--key-env")


@pytest.mark.parametrize("name", ["", "sk-proj-abc", "1A", "A=B", "A B", GEHEIM, "Ä"])
def test_no_names_of_variables(name):
    """Those that cannot be, or are a key, are not repeated."""
    with pytest.raises(UsageError) as caught:
        require_variable(name, "--key-env")
    assert not name or name not in str(caught.value).replace("OPENAI_API_KEY", "")


def test_the_tables_of_the_page_are_some(project, root):
    """As they stand in docs/backends.md."""
    page = (root / "docs" / "backends.md").read_text("utf-8")
    (table,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    config = load_config(file=project(table))
    assert (config.profile, sorted(config.profiles)) == ("team", ["azure", "team", "vendor"])
    assert len(config.profiles["vendor"].prices) == len(PRICES)
