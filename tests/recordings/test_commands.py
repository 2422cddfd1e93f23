"""`drytune serve --record/--replay`, `drytune cassette`, `drytune ctl rewind`: what they take and say."""

import json
import urllib.error
import urllib.request

import openai
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def walk(root):
    """A shipped cassette."""
    return root / "recordings" / "2023-tutorial.yaml"


def models(url: str) -> int:
    try:
        with urllib.request.urlopen(f"{url}/models") as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--record", "a.yaml"), "needs --upstream"),
        (("--record", "a.yaml", "--replay", "b.yaml"), "say one of them"),
        (
            ("--record", "a.yaml", "--upstream", "http://127.0.0.1:9/v1", "--seed", "7"),
            "--seed has no meaning",
        ),
        (("--replay", "a.yaml", "--fault", "*: 500"), "--fault has no meaning"),
        (("--upstream", "http://127.0.0.1:9/v1"), "--upstream has a meaning only with"),
        (("--replay", "none.yaml"), "There is no cassette none.yaml"),
        (("--replay", "none.yaml", "--mode", "once"), "--mode once needs --upstream"),
        (("--replay", "none.yaml", "--upstream", "http://127.0.0.1:9/v1"), "asked nothing with --mode none"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(drytune, options, words):
    """Exit code 2, and nothing is asked."""
    done = drytune("serve", "--port", "0", *options)
    assert done.returncode == 2
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_cassette_that_is_there_is_not_replaced(drytune, tmp_path):
    """Without --overwrite."""
    (tmp_path / "there.yaml").write_text("precious")
    done = drytune("serve", "--port", "0", "--record", "there.yaml", "--upstream", "http://127.0.0.1:9/v1")
    assert done.returncode == 2
    assert (tmp_path / "there.yaml").read_text() == "precious"


def test_a_server_of_a_recording_says_what_it_is_and_can_be_rewound(serving, drytune, walk, cat):
    """One upload was recorded, so a second is refused until it is rewound."""
    with serving("--replay", walk) as (url, _):
        place = url.removesuffix("/v1")
        client = openai.OpenAI(base_url=url, api_key="sk-any", max_retries=0)
        content = ("cat.jsonl", cat.read_bytes())
        assert client.files.create(file=content, purpose="fine-tune").status == "uploaded"
        with pytest.raises(openai.APIStatusError, match="nothing recorded answers POST /v1/files"):
            client.files.create(file=content, purpose="fine-tune")
        status = json.loads(drytune("ctl", "--url", place, "status", "--json").stdout)
        assert (status["drytune"], status["played"], status["unmatched"]) == ("replays", 1, 1)
        assert drytune("ctl", "--url", place, "rewind").returncode == 0
        assert client.files.create(file=content, purpose="fine-tune").status == "uploaded"
        advanced = drytune("ctl", "--url", place, "advance", "1h")
        assert advanced.returncode == 1
        assert b"a server of recordings has no" in advanced.stderr


def test_the_end_comes_at_the_poll_that_is_asked_for(serving, walk, cat):
    """Four polls were recorded."""
    with serving("--replay", walk, "--polls", 6) as (url, _):
        client = openai.OpenAI(base_url=url, api_key="sk-any", max_retries=0)
        file = client.files.create(file=("cat.jsonl", cat.read_bytes()), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(
            training_file=file.id, model="gpt-3.5-turbo", hyperparameters={"n_epochs": 3}
        )
        seen = [client.fine_tuning.jobs.retrieve(job.id).status for _ in range(8)]
        assert [number for number, status in enumerate(seen, 1) if status == "succeeded"] == [6, 7, 8]


def test_new_episodes_are_asked_and_kept(serving, walk, tmp_path):
    """And answered from the file afterwards."""
    file = tmp_path / "grows.yaml"
    file.write_bytes(walk.read_bytes())
    options = ("--replay", file, "--mode", "new_episodes", "--upstream")
    with serving() as (upstream, _), serving(*options, upstream) as (url, process):
        openai.OpenAI(base_url=url, api_key="sk-any", max_retries=0).models.list()
        process.terminate()
        assert process.wait(30) == 0
    with serving("--replay", file) as (url, _):
        assert models(url) == 200


def test_an_unreachable_upstream_is_a_gateway_s_answer(serving, tmp_path):
    """No traceback, no file."""
    with serving("--record", tmp_path / "x.yaml", "--upstream", "http://127.0.0.1:9/v1") as (url, _):
        assert models(url) == 502
    assert not (tmp_path / "x.yaml").exists()


def test_a_kept_model_answers_over_http(serving, drytune, cat, tmp_path):
    """Kept from a server, served without it: the same conversation as a stream; any other prompt is refused."""
    with serving("--speed", "instant") as (upstream, _):
        client = openai.OpenAI(base_url=upstream, api_key="sk-keeps-a-model")
        file = client.files.create(file=("cat.jsonl", cat.read_bytes()), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4o-mini-2024-07-18")
        model = client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
        (tmp_path / "prompts.jsonl").write_bytes(b"".join(cat.read_bytes().splitlines(keepends=True)[:2]))
        environment = {"OPENAI_BASE_URL": upstream, "OPENAI_API_KEY": "sk-keeps-a-model"}
        done = drytune("keep", model, "--prompts", "prompts.jsonl", "--out", "kept.yaml", env=environment)
        assert done.returncode == 0, done.stderr
        compared = drytune("compare", "kept.yaml", "--model", model, "--format", "json", env=environment)
        assert json.loads(compared.stdout)["verdicts"]["same"] == 2
    messages = json.loads(cat.read_text("utf-8").splitlines()[0])["messages"]
    with serving("--replay", tmp_path / "kept.yaml") as (url, _):
        client = openai.OpenAI(base_url=url, api_key="sk-any", max_retries=0)
        stream = client.chat.completions.create(
            model=model, messages=messages[:2], stream=True, temperature=0.3
        )
        assert "".join(piece.choices[0].delta.content or "" for piece in stream) == messages[2]["content"]
        with pytest.raises(openai.APIStatusError) as refused:
            client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": "Who are you?"}]
            )
        assert refused.value.status_code == 501


def test_cassettes_are_checked_shown_and_accepted_anew(drytune, walk, tmp_path):
    """A change is found; what looks like a secret is named by its place."""
    file = tmp_path / "walk.yaml"
    file.write_bytes(walk.read_bytes())
    assert drytune("cassette", "check", file).returncode == 0
    shown = json.loads(drytune("cassette", "show", "--json", file).stdout)
    assert (shown["provenance"], len(shown["exchanges"])) == ("documented", 10)
    file.write_bytes(file.read_bytes().replace(b"gpt-3.5-turbo-0613", b"gpt-3.5-turbo-0614"))
    changed = drytune("cassette", "check", file)
    assert (changed.returncode, b"was changed" in changed.stdout) == (1, True)
    assert drytune("cassette", "seal", file).returncode == 0
    assert drytune("cassette", "check", file).returncode == 0
    secret = b"sk-proj-" + b"Abcdefgh1234" * 4
    file.write_bytes(file.read_bytes().replace(b"fine-tune", secret, 1))
    told = drytune("cassette", "check", file)
    assert told.returncode == 1
    assert b"exchange 1" in told.stdout
    assert secret not in told.stdout
    assert drytune("cassette", "seal", file).returncode == 1
