"""Which backend it is, of an argument, the environment, the project and CI."""

import pytest

from drytune.backends import Live, Profile, Replayed, Simulated, choose
from drytune.config import Config
from drytune.errors import UsageError

NONE = Config()
TEAM = {"team": Profile(name="team", base_url="https://llm.example.com/v1", key_env="TEAM_KEY")}
WANTS_LIVE = Config(backend="live:team", profiles=TEAM)
HAS_PROFILE = Config(profile="team", profiles=TEAM)
WANTS_SIMULATED = Config(backend="simulated", profiles=TEAM)
CI = {"CI": "true"}

CHOICES = [
    (None, {}, NONE, Live),
    (None, CI, NONE, Simulated),
    (None, {"CI": "1"}, NONE, Simulated),
    (None, {"CI": "Yes"}, NONE, Simulated),
    (None, {"CI": "false"}, NONE, Live),
    (None, {"CI": ""}, NONE, Live),
    ("live", CI, NONE, Live),
    ("live:team", CI, HAS_PROFILE, Live),
    (None, {**CI, "DRYTUNE_BACKEND": "live"}, NONE, Live),
    (None, {**CI, "DRYTUNE_BACKEND": "  "}, NONE, Simulated),
    (None, CI, WANTS_LIVE, Simulated),
    (None, CI, HAS_PROFILE, Simulated),
    (None, {**CI, "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, NONE, Simulated),
    (None, {}, WANTS_SIMULATED, Simulated),
    (None, {"DRYTUNE_BACKEND": "live"}, WANTS_SIMULATED, Live),
    ("simulated", {"DRYTUNE_BACKEND": "live"}, WANTS_LIVE, Simulated),
]


@pytest.mark.parametrize(("backend", "environ", "config", "kind"), CHOICES)
def test_order(backend, environ, config, kind):
    """An argument, DRYTUNE_BACKEND, the project unless it wants a live one in CI, and then CI decides."""
    assert type(choose(backend, environ=environ, config=config)) is kind


@pytest.mark.parametrize(
    ("backend", "more", "profile", "url"),
    [
        ("live", {}, None, "https://api.openai.com/v1"),
        ("live:team", {}, "team", "https://llm.example.com/v1"),
        ("live", {"profile": "team"}, "team", "https://llm.example.com/v1"),
        ("live:team", {"profile": "team"}, "team", "https://llm.example.com/v1"),
        ("live", {"base_url": "http://127.0.0.1:9/v1/"}, None, "http://127.0.0.1:9/v1"),
    ],
)
def test_which_live_one(backend, more, profile, url):
    """A profile may be named in two ways."""
    chosen = choose(backend, config=Config(profiles=TEAM), environ={}, **more)
    assert (chosen.endpoint.profile, chosen.endpoint.base_url) == (profile, url)
    assert (chosen.is_live, chosen.sleep) == (True, None)


def test_the_projects_profile_is_the_default_one():
    """Of any live backend, unless an address or another profile is given."""
    assert choose("live", config=HAS_PROFILE, environ={}).endpoint.profile == "team"
    assert choose("live", config=HAS_PROFILE, environ={}, base_url="http://x/v1").endpoint.profile is None
    assert choose("live", config=HAS_PROFILE, environ={}, profile=Profile(name="y")).endpoint.profile == "y"


def test_words():
    """They say where it goes, and how far from money it is."""
    assert choose("live:team", config=HAS_PROFILE, environ={}).words == (
        "live: https://llm.example.com/v1 (profile team)"
    )
    azure = Profile(base_url="https://cats.openai.azure.com", azure=True, api_version="2024-10-21")
    assert choose("live", profile=azure, config=NONE, environ={}).words == (
        "live: https://cats.openai.azure.com (Azure OpenAI 2024-10-21)"
    )
    assert "not encrypted" in choose("live", base_url="http://llm/v1", config=NONE, environ={}).words
    assert (
        "not encrypted" not in choose("live", base_url="http://127.0.0.1/v1", config=NONE, environ={}).words
    )
    assert choose("simulated", config=NONE).words == "simulated: nothing is sent, trained or billed"
    assert choose(config=WANTS_LIVE, environ=CI).words == (
        "simulated: nothing is sent, trained or billed (this is CI; live needs --backend live:team)"
    )


REFUSED = [
    (
        "lve",
        {},
        NONE,
        {},
        'the backend is "lve"; it must be simulated, live, live:PROFILE or replayed:FILE; did you',
    ),
    ("", {}, NONE, {}, "it must be simulated"),
    ("live:", {}, NONE, {}, "it must be simulated"),
    ("simulated:x", {}, NONE, {}, "it must be simulated"),
    ("replayed", {}, NONE, {}, "it must be simulated"),
    (None, {"DRYTUNE_BACKEND": "x"}, NONE, {}, 'DRYTUNE_BACKEND is "x"; it must be simulated'),
    ("live:taem", {}, HAS_PROFILE, {}, 'there is no profile "taem"; did you mean team?'),
    ("live", {}, NONE, {"profile": "x"}, 'there is no profile "x"; pyproject.toml names none.'),
    ("live:team", {}, HAS_PROFILE, {"profile": "other"}, "are two; choose one of them"),
    ("replayed:nothing.yaml", {}, NONE, {}, "nothing.yaml: there is no such recording"),
    ("live", {}, NONE, {"key_env": "sk-geheim"}, "--key-env is not the name of an environment variable"),
    (
        "simulated",
        {},
        NONE,
        {"base_url": "http://x"},
        "base_url (--base-url) is for a live API, and the backend is",
    ),
    (
        None,
        {},
        WANTS_SIMULATED,
        {"profile": "team"},
        "has the backend simulated: say --backend live, or leave",
    ),
    *(
        (None, CI, config, given, "in CI live must be asked for in words: say --backend live")
        for config in (NONE, HAS_PROFILE, WANTS_LIVE)
        for given in ({"profile": "team"}, {"base_url": "http://x"}, {"key_env": "X"})
    ),
]


@pytest.mark.parametrize(("backend", "environ", "config", "more", "sentence"), REFUSED)
def test_what_cannot_be(backend, environ, config, more, sentence):
    """In a sentence that says what to do."""
    with pytest.raises(UsageError) as caught:
        choose(backend, environ=environ, config=config, **more)
    assert sentence in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_the_environment_switches_code_that_names_a_profile():
    """That is what it is for: the code need not change."""
    chosen = choose(profile="team", config=HAS_PROFILE, environ={"DRYTUNE_BACKEND": "simulated"})
    assert isinstance(chosen, Simulated)


def test_a_recording_of_the_project_is_beside_its_file(project, tmp_path, monkeypatch, root):
    """Wherever in the project it is asked for."""
    project('[tool.drytune]\nbackend = "replayed:tape.yaml"')
    (tmp_path / "tape.yaml").write_bytes(b"")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    chosen = choose(environ={})
    assert isinstance(chosen, Replayed)
    assert chosen.endpoint.recording == str(tmp_path / "tape.yaml")
