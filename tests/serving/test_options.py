"""Each option of `drytune serve` does what it says; what cannot be is one sentence."""

import socket

import openai
import pytest

from drytune.cli.serve import _listen
from drytune.errors import UsageError


def told(done) -> str:
    """The sentence of a command that was used wrongly."""
    error = done.stderr.decode()
    assert (done.returncode, error.count("\n"), done.stdout) == (2, 1, b""), error
    return error


def test_only_the_keys_of_a_file_are_taken(serving, client_of, tmp_path):
    """One a line; comments and empty lines are none."""
    keys = tmp_path / "keys"
    keys.write_text("# the team\nsk-team-1\n\nanything-goes\n")
    with serving("--api-key-file", keys) as (url, process):
        assert client_of(url, "sk-team-1").models.list().data
        assert client_of(url, "anything-goes").models.list().data
        with pytest.raises(openai.AuthenticationError):
            client_of(url, "sk-test").models.list()
        process.terminate()
        assert "team-1" not in process.stderr.read()


def test_keys_may_come_from_the_environment(serving, client_of):
    """Separated by commas; a command line is no place for them, since all users of a machine can read it."""
    with serving(variables={"DRYTUNE_SERVER_KEYS": "sk-a,sk-b"}) as (url, _):
        assert client_of(url, "sk-b").models.list().data
        with pytest.raises(openai.AuthenticationError):
            client_of(url, "sk-c").models.list()


def test_other_machines_are_let_in_only_with_a_key(drytune, serving, client_of):
    """Without one it is refused, in a sentence that says what to do."""
    assert "--api-key-file" in told(drytune("serve", "--port", "0", "--host", "0.0.0.0"))
    with serving("--host", "0.0.0.0", variables={"DRYTUNE_SERVER_KEYS": "sk-a"}) as (url, _):
        assert url.startswith("http://127.0.0.1:")  # how this machine's clients reach it
        assert client_of(url, "sk-a").models.list().data


@pytest.mark.parametrize(
    ("host", "shown"), [("localhost", "127.0.0.1"), ("127.0.0.2", "127.0.0.2"), ("::1", "[::1]")]
)
def test_any_loopback_address_needs_no_key(host, shown):
    """By name, by another number, by the newer protocol."""
    try:
        listener, url = _listen(host, 0)
    except UsageError as error:
        pytest.skip(f"this machine has no {host}: {error}")
    with listener:
        if host == "localhost" and listener.family == socket.AF_INET6:
            shown = "[::1]"
        assert url == f"http://{shown}:{listener.getsockname()[1]}/v1"


def test_the_platform_is_as_the_options_say(serving, client_of, tuned):
    """Organization, form of answers, limits on jobs, day of the catalog."""
    options = ["--organization", "acme", "--form", "specified", "--concurrent-jobs", 1, "--speed", "manual"]
    with serving(*options, "--seed", 5) as (url, _):
        client = client_of(url)
        job = tuned(client)
        assert (
            client.fine_tuning.jobs.with_raw_response.retrieve(job.id).http_response.json()["error"] is None
        )
        with pytest.raises(openai.RateLimitError, match="maximum of 1 active requests"):
            tuned(client)


def test_a_day_applies_the_catalog_of_that_day(serving, client_of, tuned):
    """By then the platform creates no jobs any more."""
    with serving("--as-of", "2027-06-01") as (url, _):
        with pytest.raises(openai.APIStatusError) as raised:
            tuned(client_of(url))
        assert raised.value.status_code in (403, 404)


def test_faults_and_scenarios_are_given_as_text_or_as_a_file(serving, client_of, tuned, tmp_path):
    """All of them count."""
    file = tmp_path / "faults.toml"
    file.write_text('[[fault]]\nroute = "GET /v1/files"\nwhat = 503\n')
    options = ["--fault", "GET /v1/models: 500", "--faults", file, "--scenario", "fails_in_training"]
    with serving(*options, "--speed", "instant") as (url, _):
        client = client_of(url)
        with pytest.raises(openai.InternalServerError):
            client.models.list()
        with pytest.raises(openai.InternalServerError):
            client.files.list()
        assert client.fine_tuning.jobs.retrieve(tuned(client).id).status == "failed"


def test_a_fault_may_break_the_connection(serving, client_of):
    """Over a real socket it is a connection that ends without an answer, or in its middle."""
    faults = ["--fault", "GET /v1/models: drop", "--fault", "GET /v1/files: truncate, at=5"]
    with serving(*faults) as (url, _):
        client = client_of(url)
        with pytest.raises(openai.APIConnectionError):
            client.models.list()
        with pytest.raises(openai.APIConnectionError):
            client.files.list()
        assert client.fine_tuning.jobs.list().data == []


def test_a_secret_that_was_given_is_told_nobody(serving, tmp_path):
    """From a file, or the environment."""
    secret = tmp_path / "secret"
    secret.write_text("whsec_c2VjcmV0\n")
    hook = ("--webhook", "http://127.0.0.1:9/hook")
    for options, variables in (
        ((*hook, "--webhook-secret-file", secret), {}),
        (hook, {"DRYTUNE_WEBHOOK_SECRET": "whsec_c2VjcmV0"}),
    ):
        with serving(*options, variables=variables) as (url, process):
            assert url
            process.terminate()
            assert "whsec" not in process.stderr.read()


def test_webpages_may_not_move_the_clock(serving, wire, request_head, parsed):
    """A browser sends such requests for any page; only the user may allow that."""
    request = request_head("POST", "/_drytune/reset", "origin: http://evil.example", "content-length: 0")
    with serving() as (url, _):
        connection = wire(url)
        connection.send(request)
        assert parsed(connection.read(b"}}"))[0] == 403


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--host", "a..b"], "--host a..b is no address"),
        (["--api-key-file", "missing"], "--api-key-file missing cannot be read"),
        (["--organization", ":"], "--organization: an organization's name must have 1 to 64 letters"),
        (["--as-of", "soon"], "expected a day such as 2027-01-07"),
        (["--fault", "nonsense"], "nonsense"),
        (["--faults", "missing.toml"], "missing.toml cannot be read"),
        (["--scenario", "nonsense"], "there is no scenario"),
        (["--webhook", "ftp://127.0.0.1/"], "expected a URL"),
        (["--webhook", "https://example.com/hook"], "--allow-webhooks-to-anywhere"),
        (["--webhook", "http://127.0.0.1/", "--webhook-secret-file", "missing"], "missing cannot be read"),
        (["--database-url", "nonsense://"], "database"),
    ],
)
def test_what_cannot_be_is_one_sentence(drytune, options, sentence):
    """It names the option, and what may be."""
    assert sentence in told(drytune("serve", "--port", "0", *options))


def test_a_bad_secret_is_one_sentence_that_does_not_repeat_it(drytune, environment, tmp_path):
    """Wherever it comes from."""
    hook = ("serve", "--port", "0", "--webhook", "http://127.0.0.1:9/")
    done = drytune(*hook, env={**environment, "DRYTUNE_WEBHOOK_SECRET": "hunter2"})
    assert "DRYTUNE_WEBHOOK_SECRET is not `whsec_` and base64" in told(done)
    assert b"hunter2" not in done.stderr
    keys = tmp_path / "keys"
    keys.write_text("hunter 2\n")
    done = drytune("serve", "--port", "0", "--api-key-file", keys)
    assert "key 1 has a space" in told(done)
    assert b"hunter" not in done.stderr


def test_the_password_of_a_database_is_told_nobody(drytune):
    """Not when it cannot be reached either."""
    url = "postgresql://user:hunter2@127.0.0.1:9/none"
    error = told(drytune("serve", "--port", "0", "--database-url", url))
    assert "hunter2" not in error
