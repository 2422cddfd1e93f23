"""`drytune.recording` and `drytune.replayed`: the SDK's own clients, against a real server."""

import asyncio
import json
import threading
from pathlib import Path

import openai
import pytest

import drytune
from drytune.cassettes.errors import NotKept
from drytune.cassettes.files import load
from drytune_simulator import ManualClock, Simulator

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def file(tmp_path) -> Path:
    """Where the recording goes."""
    return tmp_path / "scenario.yaml"


def walk(client: openai.OpenAI, training: bytes) -> list:
    """A file, a job, its model: whole answers, a stream, a binary body, a page, an error."""
    uploaded = client.files.create(file=("cat.jsonl", training), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=uploaded.id)
    statuses = [job.status]
    while job.status != "succeeded":
        job = client.fine_tuning.jobs.retrieve(job.id)
        statuses.append(job.status)
    asked = {**CHAT, "model": job.fine_tuned_model}
    chunks = list(client.chat.completions.create(**asked, stream=True))
    with pytest.raises(openai.NotFoundError) as missing:
        client.files.retrieve("file-nobody")
    return [
        uploaded.to_dict(),
        statuses,
        client.chat.completions.create(**asked).to_dict(),
        [chunk.to_dict() for chunk in chunks],
        client.files.content(job.result_files[0]).content,
        [event.to_dict() for event in client.fine_tuning.jobs.list_events(job.id, limit=2)],
        missing.value.body,
    ]


async def async_walk(client: openai.AsyncOpenAI, training: bytes) -> list:
    """The same."""
    uploaded = await client.files.create(file=("cat.jsonl", training), purpose="fine-tune")
    job = await client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=uploaded.id)
    statuses = [job.status]
    while job.status != "succeeded":
        job = await client.fine_tuning.jobs.retrieve(job.id)
        statuses.append(job.status)
    asked = {**CHAT, "model": job.fine_tuned_model}
    chunks = [chunk async for chunk in await client.chat.completions.create(**asked, stream=True)]
    with pytest.raises(openai.NotFoundError) as missing:
        await client.files.retrieve("file-nobody")
    return [
        uploaded.to_dict(),
        statuses,
        (await client.chat.completions.create(**asked)).to_dict(),
        [chunk.to_dict() for chunk in chunks],
        (await client.files.content(job.result_files[0])).content,
        [event.to_dict() async for event in client.fine_tuning.jobs.list_events(job.id, limit=2)],
        missing.value.body,
    ]


def test_recorded_from_a_server_and_replayed_without_it(serving, cat, file, key):
    """The same results, for sync and async clients, whoever recorded; and no key on the disk."""
    training = cat.read_bytes()
    with serving("--speed", "poll") as (url, _), drytune.recording(file, base_url=url, api_key=key) as client:
        recorded = walk(client, training)
        assert not file.exists()
    text = file.read_text("utf-8")
    assert key not in text
    assert training.decode().splitlines()[0] not in text
    with drytune.replayed(file) as client:
        assert walk(client, training) == recorded

    async def again():
        async with drytune.async_replayed(file) as client:
            return await async_walk(client, training)

    assert asyncio.run(again()) == recorded


def test_an_async_client_records_the_same(serving, cat, file, key, tmp_path):
    """Of the same platform, the same exchanges."""
    training = cat.read_bytes()

    async def record(url):
        async with drytune.async_recording(file, base_url=url, api_key=key) as client:
            return await async_walk(client, training)

    with serving("--speed", "poll", "--seed", 3) as (url, _):
        recorded = asyncio.run(record(url))
    with drytune.replayed(file) as client:
        replayed = walk(client, training)
    assert replayed == recorded
    assert [one.request.method for one in load(file).exchanges][:3] == ["POST", "POST", "GET"]


def test_the_header_says_where_it_is_from(platform, file, key):
    """Of a real platform, recorded."""
    clock = ManualClock(1_795_600_800.0)
    with drytune.recording(
        file, base_url=platform.base_url, api_key=key, title="A title.", clock=clock
    ) as client:
        client.models.list()
    header = load(file).header
    assert (header.provenance, header.source, header.title) == ("recorded", platform.base_url, "A title.")
    assert header.sdk == f"openai-python {openai.__version__}"
    assert header.recorded_at == "2026-11-25T10:00:00Z"


def test_what_a_simulator_answered_is_called_simulated(serving, file, tmp_path):
    """In this process, and from a server, which says so in its answers."""
    with drytune.recording(file, upstream=Simulator()) as client:
        client.models.list()
    assert load(file).header.provenance == "simulated"
    other = tmp_path / "other.yaml"
    with serving() as (url, _), drytune.recording(other, base_url=url, api_key="sk-test") as client:
        client.models.list()
    assert load(other).header.provenance == "simulated"


def test_recordings_of_a_simulator_are_the_same_each_time(cat, tmp_path):
    """Where time is an argument: one cassette, byte by byte."""

    def record(name):
        made = tmp_path / name
        options = {"upstream": Simulator(seed=5), "clock": ManualClock()}
        with drytune.recording(made, **options) as client, cat.open("rb") as training:
            client.files.create(file=training, purpose="fine-tune")
            list(client.chat.completions.create(**CHAT, stream=True))
        return made.read_bytes()

    assert record("one.yaml") == record("two.yaml")


def test_a_file_that_is_there_stays(file):
    """Unless it may be overwritten, and then until the client is closed."""
    file.write_text("mine")
    for make in (drytune.recording, drytune.async_recording):
        with pytest.raises(drytune.UsageError, match="is there already"):
            make(file, upstream=Simulator())
    with drytune.recording(file, upstream=Simulator(), overwrite=True) as client:
        client.models.list()
        assert file.read_text() == "mine"
    assert len(load(file).exchanges) == 1


def test_nothing_asked_is_nothing_written(file):
    """Neither a cassette nor a journal."""
    with drytune.recording(file, upstream=Simulator()):
        pass
    assert list(file.parent.iterdir()) == []


@pytest.mark.parametrize("is_async", [False, True])
def test_without_a_key_nobody_is_asked(file, monkeypatch, is_async):
    """One sentence; and nothing is left behind."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    make = drytune.async_recording if is_async else drytune.recording
    with pytest.raises(drytune.UsageError, match="give api_key, or set OPENAI_API_KEY"):
        make(file)
    assert list(file.parent.iterdir()) == []


def test_the_environment_says_whom_to_ask(platform, file, key, monkeypatch):
    """As it does to the SDK."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv("OPENAI_BASE_URL", platform.base_url)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-" + "a1B2c3D4" * 3)
    with drytune.recording(file) as client:
        client.models.list()
    (seen,) = platform.seen
    assert (seen.target, seen.headers["authorization"]) == ("/v1/models", f"Bearer {key}")
    assert seen.headers["openai-organization"].startswith("org-a1")
    text = file.read_text("utf-8")
    assert key not in text
    assert "org-a1" not in text


def test_a_simulator_is_asked_without_the_environment(file, key, monkeypatch):
    """So that the same program makes the same recording everywhere."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    seen = []
    simulator = Simulator()

    def upstream(request):
        seen.append(request.headers)
        return simulator(request)

    with drytune.recording(file, upstream=upstream) as client:
        client.models.list()
    assert seen[0]["authorization"] == "Bearer sk-simulated"
    assert "openai-organization" not in seen[0]


@pytest.mark.parametrize("is_async", [False, True])
def test_parallel_calls_are_asked_at_the_same_time(platform, file, key, is_async):
    """Each waits until all twenty are there."""
    together = threading.Barrier(20, timeout=30)

    def answer(door):
        together.wait()
        door.told(
            200,
            json.dumps({"id": door.path[-2:], "object": "model"}).encode(),
            content_type="application/json",
        )

    platform.answer = answer
    names = [str(number) for number in range(10, 30)]

    async def gathered():
        async with drytune.async_recording(file, base_url=platform.base_url, api_key=key) as client:
            return await asyncio.gather(*(client.models.retrieve(name) for name in names))

    def threaded():
        with drytune.recording(file, base_url=platform.base_url, api_key=key) as client:
            given = {}
            threads = [
                threading.Thread(target=lambda name=name: given.update({name: client.models.retrieve(name)}))
                for name in names
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return [given[name] for name in names]

    models = asyncio.run(gathered()) if is_async else threaded()
    assert [model.id for model in models] == names
    assert sorted(one.request.uri[-2:] for one in load(file).exchanges) == names


def events(*texts: str) -> list[bytes]:
    made = []
    for text in texts:
        delta = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [delta]}
        made.append(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    return [*made, b"data: [DONE]\n\n"]


@pytest.mark.parametrize("is_async", [False, True])
def test_events_come_while_the_platform_still_speaks(platform, file, key, is_async):
    """It says the next one only when the client has read the one before."""
    read = threading.Semaphore(0)

    def answer(door):
        door.stream()
        for event in events("a", "b", "c"):
            door.piece(event)
            assert read.acquire(timeout=20)
        door.end()

    platform.answer = answer
    said = []

    def sync():
        with drytune.recording(file, base_url=platform.base_url, api_key=key) as client:
            for chunk in client.chat.completions.create(**CHAT, stream=True):
                said.append(chunk.choices[0].delta.content)
                read.release()

    async def async_():
        async with drytune.async_recording(file, base_url=platform.base_url, api_key=key) as client:
            async for chunk in await client.chat.completions.create(**CHAT, stream=True):
                said.append(chunk.choices[0].delta.content)
                read.release()

    asyncio.run(async_()) if is_async else sync()
    read.release()
    assert said == ["a", "b", "c"]
    (exchange,) = load(file).exchanges
    assert not exchange.response.interrupted
    assert [size for size, _ in exchange.response.chunks] == [len(event) for event in events("a", "b", "c")]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_platform_that_dies_in_the_middle_of_a_stream(platform, file, key, is_async):
    """The client sees what it would have seen, now and in the replay."""

    def answer(door):
        door.stream()
        door.piece(events("a")[0])
        door.drop()

    platform.answer = answer

    def sync(client):
        said = []
        try:
            with client:
                said.extend(chunk for chunk in client.chat.completions.create(**CHAT, stream=True))
        except Exception as error:  # noqa: BLE001 - which one it is depends on the SDK
            said.append(type(error))
        return said

    async def async_(make):
        said = []
        try:
            async with make() as client:
                async for chunk in await client.chat.completions.create(**CHAT, stream=True):
                    said.append(chunk)  # noqa: PERF401 - what came before the error counts
        except Exception as error:  # noqa: BLE001 - which one it is depends on the SDK
            said.append(type(error))
        return said

    live = {"base_url": platform.base_url, "api_key": key}
    if is_async:
        plain = asyncio.run(async_(lambda: openai.AsyncOpenAI(**live)))
        recorded = asyncio.run(async_(lambda: drytune.async_recording(file, **live)))
        replayed = asyncio.run(async_(lambda: drytune.async_replayed(file)))
    else:
        plain = sync(openai.OpenAI(**live))
        recorded = sync(drytune.recording(file, **live))
        replayed = sync(drytune.replayed(file))
    assert plain == recorded == replayed
    assert len(plain) == 2
    assert plain[0].choices[0].delta.content == "a"
    assert load(file).exchanges[0].response.interrupted


def list_models(is_async: bool, file: Path, options: dict, **asked: object) -> None:
    async def ask():
        async with drytune.async_recording(file, **options) as client:
            await client.models.list(**asked)

    if is_async:
        asyncio.run(ask())
        return
    with drytune.recording(file, **options) as client:
        client.models.list(**asked)


@pytest.mark.parametrize("is_async", [False, True])
def test_nobody_is_there(file, key, is_async):
    """The SDK's own error; and nothing is kept."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    options = {"base_url": url, "api_key": key, "max_retries": 0}

    with pytest.raises(openai.APIConnectionError) as raised:
        list_models(is_async, file, options)
    assert "cannot be reached" in str(raised.value.__cause__)
    assert list(file.parent.iterdir()) == []


@pytest.mark.parametrize("is_async", [False, True])
def test_a_platform_that_is_silent_is_a_timeout(platform, file, key, is_async):
    """After the time that the client waits."""
    platform.answer = lambda door: platform.over.wait(20)
    options = {"base_url": platform.base_url, "api_key": key, "max_retries": 0}

    with pytest.raises(openai.APITimeoutError):
        list_models(is_async, file, options, timeout=0.05)


@pytest.mark.parametrize("where", ["answer", "stream"])
def test_a_cancelled_client_waits_for_nobody(platform, file, key, where):
    """Neither does closing it; of a stream, what came is kept."""
    asked = threading.Event()

    def answer(door):
        if where == "stream":
            door.stream()
            door.piece(events("a")[0])
        else:
            asked.set()
        platform.over.wait(20)

    platform.answer = answer

    async def ask(client):
        async for _ in await client.chat.completions.create(**CHAT, stream=True):
            asked.set()

    async def run():
        async with drytune.async_recording(file, base_url=platform.base_url, api_key=key) as client:
            task = asyncio.create_task(ask(client))
            assert await asyncio.to_thread(asked.wait, 20)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert not platform.over.is_set()
    assert file.exists() == (where == "stream")


def test_every_try_is_kept(platform, file, key):
    """And all of them are replayed, without the pause."""
    statuses = iter([500, 200])

    def answer(door):
        status = next(statuses)
        body = b'{"object":"list","data":[]}' if status == 200 else b'{"error":{"message":"no"}}'
        door.told(status, body, content_type="application/json", retry_after_ms="1")

    platform.answer = answer
    with drytune.recording(file, base_url=platform.base_url, api_key=key) as client:
        assert client.models.list().data == []
    assert [one.response.status for one in load(file).exchanges] == [500, 200]
    with drytune.replayed(file) as client:
        assert client.models.list().data == []


def test_contents_of_uploads_by_choice(cat, file):
    """They are in the file then."""
    with (
        drytune.recording(file, upstream=Simulator(), keep_uploads=True) as client,
        cat.open("rb") as training,
    ):
        client.files.create(file=training, purpose="fine-tune")
    cassette = load(file)
    assert cassette.header.uploads == "kept"
    assert cat.read_bytes() in cassette.exchanges[0].request.body


def test_a_large_upload_passes(platform, file, key):
    """In pieces from here on; its hash is kept."""
    platform.answer = lambda door: door.told(
        200, b'{"id":"file-1","object":"file"}', content_type="application/json"
    )
    content = b"0123456789abcdef" * 2**16 * 9
    with drytune.recording(file, base_url=platform.base_url, api_key=key) as client:
        client.files.create(file=("big.jsonl", content), purpose="fine-tune")

    async def again():
        async with drytune.async_recording(
            file, base_url=platform.base_url, api_key=key, overwrite=True
        ) as client:
            await client.files.create(file=("big.jsonl", content), purpose="fine-tune")

    before = load(file).exchanges[0].request
    asyncio.run(again())
    assert all(content in seen.body for seen in platform.seen)
    assert load(file).exchanges[0].request == before
    assert sorted(part.size for part in before.parts) == [9, len(content)]


def test_own_patterns_are_hidden(file):
    """Whatever looks like them."""
    with drytune.recording(file, upstream=Simulator(), redact=["Project [A-Z]+"]) as client:
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Project ZEUS?"}]
        )
    assert "ZEUS" not in file.read_text("utf-8")


def test_what_could_not_be_kept_is_told_when_the_client_is_closed(file, monkeypatch):
    """The answers are there all the same."""

    def broken(*_, **__):
        raise RuntimeError

    client = drytune.recording(file, upstream=Simulator())
    client.models.list()
    monkeypatch.setattr("drytune.handlers.recording.asked_of", broken)
    assert client.models.list().data
    with pytest.raises(
        NotKept, match=r"lacks what was asked and answered: .* GET /v1/models could not be kept"
    ):
        client.close()
    assert len(load(file).exchanges) == 1


@pytest.mark.parametrize("is_async", [False, True])
def test_mode_none_asks_nobody(file, is_async):
    """There has to be a recording, and what is not in it is an error."""
    with pytest.raises(drytune.UsageError, match="There is no cassette"):
        (drytune.async_replayed if is_async else drytune.replayed)(file)
    with drytune.recording(file, upstream=Simulator()) as client:
        client.models.list()
    with (
        drytune.replayed(file, upstream=Simulator()) as client,
        pytest.raises(openai.InternalServerError) as raised,
    ):
        client.files.list()
    assert (raised.value.status_code, raised.value.code) == (501, "no_recording")


def test_mode_once_records_if_there_is_no_file(file):
    """And replays if there is; then it needs nobody."""
    with drytune.replayed(file, mode="once", upstream=Simulator(seed=1)) as client:
        first = client.chat.completions.create(**CHAT).to_dict()
    with drytune.replayed(file, mode="once") as client:
        assert client.chat.completions.create(**CHAT).to_dict() == first
        with pytest.raises(openai.InternalServerError):
            client.files.list()
    assert len(load(file).exchanges) == 1


def test_mode_new_episodes_adds_what_is_missing(platform, file, key):
    """Behind what is there, whose header stays; it says of whom the rest is."""
    with drytune.recording(file, upstream=Simulator(seed=1), title="Mine.") as client:
        first = client.chat.completions.create(**CHAT).to_dict()
    platform.answer = lambda door: door.told(
        200, b'{"object":"list","data":[]}', content_type="application/json"
    )
    with drytune.replayed(file, mode="new_episodes", base_url=platform.base_url, api_key=key) as client:
        assert client.chat.completions.create(**CHAT).to_dict() == first
        assert client.files.list().data == []
    cassette = load(file)
    assert [one.request.uri.rpartition("/v1")[2] for one in cassette.exchanges] == [
        "/chat/completions",
        "/files",
    ]
    assert (cassette.header.title, cassette.header.provenance) == ("Mine.", "simulated")
    assert cassette.header.note == "From exchange 2 on it is recorded, before that it was simulated."
    before = file.read_bytes()
    with drytune.replayed(file, mode="new_episodes", base_url=platform.base_url, api_key=key) as client:
        assert client.files.list().data == []
    assert file.read_bytes() == before


def test_mode_all_records_anew(file):
    """What is asked again is replaced; what is not stays, and stands first, at its time."""
    with drytune.recording(file, upstream=Simulator(seed=1), title="Mine.") as client:
        old = client.chat.completions.create(**CHAT).to_dict()
        files = client.files.list().to_dict()
        client.chat.completions.create(**CHAT)
    stayed = load(file).exchanges[1]
    with drytune.replayed(file, mode="all", upstream=Simulator(seed=2)) as client:
        new = client.chat.completions.create(**CHAT).to_dict()
    assert new["id"] != old["id"]
    cassette = load(file)
    first, second = cassette.exchanges
    assert first == stayed
    assert json.loads(second.response.body)["id"] == new["id"]
    assert second.at >= first.at
    assert cassette.header.title == "Mine."
    assert "from an earlier one" in cassette.header.note
    with drytune.replayed(file) as client:
        assert client.files.list().to_dict() == files
        assert client.chat.completions.create(**CHAT).to_dict() == new


def test_mode_all_in_which_nothing_is_asked_leaves_the_file(file):
    """Nothing was recorded anew, so nothing is replaced."""
    with drytune.recording(file, upstream=Simulator()) as client:
        client.files.list()
    before = file.read_bytes()
    with drytune.replayed(file, mode="all", upstream=Simulator()):
        pass
    assert file.read_bytes() == before


def test_mode_all_knows_a_request_again_in_which_a_secret_was_hidden(file):
    """Whatever the number of its placeholder; nothing of it is there twice."""
    secret = "-".join(["sk", "proj", "Zq8" * 12])
    asked = {**CHAT, "messages": [{"role": "user", "content": f"My key is {secret}, keep it."}]}
    for seed in (1, 2):
        with drytune.replayed(file, mode="all", upstream=Simulator(seed=seed)) as client:
            client.chat.completions.create(**asked)
    assert len(load(file).exchanges) == 1
    assert secret not in file.read_text("utf-8")


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_key_that_is_learnt_late_is_hidden_everywhere(file, goes_on):
    """It stood in a body before anybody knew that it is one, even in an earlier recording."""
    late = "Qwertyuiop" + "99"
    asked = {**CHAT, "messages": [{"role": "user", "content": f"It is {late}."}]}
    if goes_on:
        with drytune.recording(file, upstream=Simulator()) as client:
            client.chat.completions.create(**asked)
        assert late in file.read_text("utf-8")  # nobody could know
    with drytune.replayed(file, mode="new_episodes", upstream=Simulator()) as client:
        client.chat.completions.create(**asked)
        with pytest.raises(openai.AuthenticationError):
            client.with_options(api_key=late).models.list()
    assert late not in file.read_text("utf-8")
    assert len(load(file).exchanges) == 2
    assert not file.with_name(file.name + ".part").exists()


def test_a_cassette_in_memory_is_replayed(file):
    """And kept nowhere."""
    with drytune.recording(file, upstream=Simulator()) as client:
        models = client.models.list().to_dict()
    cassette = load(file)
    with drytune.replayed(cassette, mode="once") as client:
        assert client.models.list().to_dict() == models
    with pytest.raises(drytune.UsageError, match="needs a file, and not a cassette in memory"):
        drytune.replayed(cassette, mode="all", upstream=Simulator())
    with pytest.raises(drytune.UsageError, match="a mode of replay is one of none, once, new_episodes, all"):
        drytune.replayed(cassette, mode="never")


def test_modes_that_ask_need_to_know_whom(file, monkeypatch):
    """One sentence."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(drytune.UsageError, match="give api_key, or set OPENAI_API_KEY"):
        drytune.replayed(file, mode="once")
