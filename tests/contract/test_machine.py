"""Laws of the platform: whatever is called, by several keys and while time passes, they hold.

A state machine of Hypothesis calls files, uploads, jobs, models and the clock in any order. Each answer has the
type that its route states; at the end everything is looked at, and the same calls are made once more.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

import drytune
from drytune_simulator import Headers, ManualClock, Request, Simulator
from drytune_simulator.profile import Profile
from drytune_simulator.routes import match
from drytune_simulator.wire import objects

# the documented graph; a look may come after several steps, and a paused job goes on only if it is told to
NEXT = {
    "validating_files": {"queued", "failed", "cancelled"},
    "queued": {"running", "failed", "cancelled"},
    "running": {"paused", "succeeded", "failed", "cancelled"},
    "paused": {"running", "cancelled"},
    "succeeded": set(),
    "failed": set(),
    "cancelled": set(),
}
ENDED = {status for status, after in NEXT.items() if not after}
# who is asking: a key of its own, another one, and the first in a project
WHO = (
    {"authorization": "Bearer sk-one"},
    {"authorization": "Bearer sk-two"},
    {"authorization": "Bearer sk-one", "openai-project": "proj_three"},
)
MODELS = ("gpt-4o-mini", "gpt-4.1-nano", "gpt-3.5-turbo-0125")
HOUR = 3600


def line(number: int, word: str) -> bytes:
    messages = [
        {"role": "user", "content": f"{word} {number}?"},
        {"role": "assistant", "content": f"{number}!"},
    ]
    return json.dumps({"messages": messages}).encode() + b"\n"


CONTENTS = {
    "good": b"".join(line(number, "What is") for number in range(10)),
    "longer": b"".join(line(number, "And what would be") for number in range(23)),
    "short": b"".join(line(number, "Who is") for number in range(7)),
    "wrong": b'{"prompt": "a", "completion": "b"}\n' * 10,
}


@cache
def billed(content: str, model: str, n_epochs: int | None) -> int:
    """Tokens of all epochs, as `drytune.check` tells them before anything is sent."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.jsonl"
        path.write_bytes(CONTENTS[content])
        report = drytune.check(path, model, method="supervised", n_epochs=n_epochs)
    return report.tokens.billed


def reachable(status: str) -> set[str]:
    """What a job may have become since it had this status, if nobody resumed it."""
    after = NEXT[status] - ({"running"} if status == "paused" else set())
    return {status, *(further for one in after for further in reachable(one))}


@dataclass
class Tenant:
    """What one of them has, as far as the answers have told."""

    files: dict[str, str] = field(default_factory=dict)  # id: the name of its content
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)  # id: the job as last seen
    asked: dict[str, tuple[str, str, int | None]] = field(default_factory=dict)  # id: content, model, epochs
    events: dict[str, list[str]] = field(default_factory=dict)  # id: ids of its events, oldest first
    uploads: dict[str, list[str]] = field(default_factory=dict)  # id: parts
    upload_status: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)


@dataclass
class Walk:
    """A list that somebody reads page by page."""

    who: int
    path: str
    query: str
    there: set[str]  # at its beginning
    seen: list[str] = field(default_factory=list)
    more: bool = True


class Platform(RuleBasedStateMachine):
    """The calls, and what is expected of them."""

    files = Bundle("files")
    jobs = Bundle("jobs")
    uploads = Bundle("uploads")
    walks = Bundle("walks")
    who = st.sampled_from(range(len(WHO)))

    @initialize(seed=st.integers(0, 3))
    def begin(self, seed: int) -> None:
        """A platform on which time stands still until it is told to move."""
        self.seed = seed
        self.clock = ManualClock()
        self.simulator = Simulator(clock=self.clock, seed=seed, profile=Profile(concurrent_jobs=None))
        self.tenants = [Tenant() for _ in WHO]
        self.ids: set[str] = set()
        self.done: list[tuple[float, Request, int, dict[str, str], bytes]] = []

    # -- calling

    def ask(self, who: int, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        request = Request(method, target, Headers({**WHO[who], **headers}), body)
        response = self.simulator(request)
        assert isinstance(response.body, bytes)
        self.done.append((self.clock.now(), request, response.status, dict(response.headers), response.body))
        assert response.status < 500, response.body
        if response.headers["content-type"] != "application/json":
            return response.status, response.body
        kind: Any = objects.ErrorEnvelope if response.status != 200 else match(request)[0].answer
        assert msgspec.json.encode(msgspec.json.decode(response.body, type=kind)) == response.body
        return response.status, json.loads(response.body)

    def post(self, who: int, target: str, **fields: object) -> tuple[int, Any]:
        body = json.dumps(fields).encode()
        return self.ask(who, "POST", target, body, **{"content-type": "application/json"})

    def form(self, who: int, target: str, data: bytes, name: str, **fields: str) -> tuple[int, Any]:
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="t.jsonl"\r\n\r\n'.encode()
        body = b"".join(parts) + head + data + b"\r\n--b--\r\n"
        return self.ask(who, "POST", target, body, **{"content-type": "multipart/form-data; boundary=b"})

    def fresh(self, object_id: str) -> str:
        """No id is given twice, to nobody."""
        assert object_id not in self.ids
        self.ids.add(object_id)
        return object_id

    def seen(self, who: int, job: dict[str, Any]) -> None:
        """A job only goes forward, and when it has ended it stays as it is."""
        before = self.tenants[who].jobs.get(job["id"])
        if before is not None:
            assert job["status"] in reachable(before["status"]), (before, job)
            if before["status"] in ENDED:
                assert job == before
            constant = (
                "id",
                "created_at",
                "training_file",
                "seed",
                "user_provided_suffix",
                "metadata",
                "model",
            )
            assert [job[name] for name in constant] == [before[name] for name in constant]
        if job["status"] == "succeeded":
            assert job["trained_tokens"] == billed(*self.tenants[who].asked[job["id"]])
            assert job["created_at"] <= job["finished_at"] <= self.clock.now()
        else:
            assert (job["trained_tokens"], job["fine_tuned_model"], job["result_files"]) == (None, None, [])
        assert (job["error"] != {}) == (job["status"] == "failed")
        self.tenants[who].jobs[job["id"]] = job

    def everything(self, who: int, path: str, limit: int = 7) -> list[dict[str, Any]]:
        """All that a list has, page by page."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            _, page = self.ask(who, "GET", f"{path}?limit={limit}{after}")
            found += page["data"]
            assert len(page["data"]) <= limit
            if not page["has_more"]:
                return found
            assert len(page["data"]) == limit
            after = f"&after={page['data'][-1]['id']}"

    # -- files and uploads

    @rule(
        target=files, who=who, content=st.sampled_from(sorted(CONTENTS)), hours=st.none() | st.integers(1, 3)
    )
    def upload_a_file(self, who: int, content: str, hours: int | None) -> tuple[int, str]:
        more = {} if hours is None else {"expires_after[anchor]": "created_at"}
        more |= {} if hours is None else {"expires_after[seconds]": str(hours * HOUR)}
        status, file = self.form(who, "/v1/files", CONTENTS[content], "file", purpose="fine-tune", **more)
        assert (status, file["bytes"]) == (200, len(CONTENTS[content]))
        self.tenants[who].files[self.fresh(file["id"])] = content
        return who, file["id"]

    @rule(file=files)
    def delete_a_file(self, file: tuple[int, str]) -> None:
        who, file_id = file
        status, _ = self.ask(who, "DELETE", f"/v1/files/{file_id}")
        assert status in (200, 404)
        self.tenants[who].deleted.add(file_id)
        assert self.ask(who, "GET", f"/v1/files/{file_id}")[0] == 404
        assert self.ask(who, "GET", f"/v1/files/{file_id}/content")[0] == 404

    @rule(file=files)
    def download_a_file(self, file: tuple[int, str]) -> None:
        who, file_id = file
        status, content = self.ask(who, "GET", f"/v1/files/{file_id}/content")
        assert status == 404 or content == CONTENTS[self.tenants[who].files[file_id]]

    @rule(target=uploads, who=who, content=st.sampled_from(sorted(CONTENTS)))
    def begin_an_upload(self, who: int, content: str) -> tuple[int, str, str]:
        size = len(CONTENTS[content])
        form = {"filename": "t.jsonl", "purpose": "fine-tune", "bytes": size, "mime_type": "text/jsonl"}
        status, upload = self.post(who, "/v1/uploads", **form)
        assert (status, upload["status"]) == (200, "pending")
        self.tenants[who].uploads[self.fresh(upload["id"])] = []
        return who, upload["id"], content

    @rule(upload=uploads, half=st.booleans())
    def add_a_part(self, upload: tuple[int, str, str], half: bool) -> None:
        who, upload_id, content = upload
        data = CONTENTS[content]
        status, part = self.form(
            who, f"/v1/uploads/{upload_id}/parts", data[: len(data) // 2] if half else data, "data"
        )
        if status == 200:
            assert upload_id not in self.tenants[who].upload_status
            self.tenants[who].uploads[upload_id].append(self.fresh(part["id"]))

    @rule(target=files, upload=uploads, every=st.booleans())
    def complete_an_upload(self, upload: tuple[int, str, str], every: bool) -> Any:
        who, upload_id, content = upload
        parts = self.tenants[who].uploads[upload_id]
        status, done = self.post(
            who, f"/v1/uploads/{upload_id}/complete", part_ids=parts if every else parts[-1:]
        )
        if status != 200:
            return self.upload_a_file(who, content, None)
        assert upload_id not in self.tenants[who].upload_status
        assert (done["status"], done["file"]["bytes"]) == ("completed", len(CONTENTS[content]))
        self.tenants[who].upload_status[upload_id] = "completed"
        _, whole = self.ask(who, "GET", f"/v1/files/{done['file']['id']}/content")
        assert whole == CONTENTS[content]
        self.tenants[who].files[self.fresh(done["file"]["id"])] = content
        return who, done["file"]["id"]

    @rule(target=files, who=who, content=st.sampled_from(sorted(CONTENTS)))
    def upload_in_one_part(self, who: int, content: str) -> Any:
        upload = self.begin_an_upload(who, content)
        self.add_a_part(upload, half=False)
        return self.complete_an_upload(upload, every=True)

    @rule(upload=uploads)
    def cancel_an_upload(self, upload: tuple[int, str, str]) -> None:
        who, upload_id, _ = upload
        status, done = self.ask(who, "POST", f"/v1/uploads/{upload_id}/cancel")
        if status == 200:
            assert upload_id not in self.tenants[who].upload_status
            self.tenants[who].upload_status[upload_id] = done["status"]
            assert done["status"] == "cancelled"

    # -- jobs

    @rule(
        target=jobs,
        file=files,
        model=st.sampled_from(MODELS),
        n_epochs=st.none() | st.integers(1, 3),
        suffix=st.none() | st.sampled_from(["cat", "A_b c"]),
    )
    def create_a_job(
        self, file: tuple[int, str], model: str, n_epochs: int | None, suffix: str | None
    ) -> Any:
        who, file_id = file
        method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": n_epochs}}}
        fields = {"model": model, "training_file": file_id, "suffix": suffix, "method": method}
        status, job = self.post(who, "/v1/fine_tuning/jobs", **fields)
        if status != 200:
            assert (status, self.ask(who, "GET", f"/v1/files/{file_id}")[0]) == (400, 404)
            return who, None
        assert job["status"] == "validating_files"
        self.tenants[who].asked[self.fresh(job["id"])] = (self.tenants[who].files[file_id], model, n_epochs)
        self.seen(who, job)
        return who, job["id"]

    @rule(
        target=jobs,
        who=who,
        content=st.sampled_from(["good", "good", "longer", "short"]),
        model=st.sampled_from(MODELS),
    )
    def upload_and_create(self, who: int, content: str, model: str) -> Any:
        return self.create_a_job(self.upload_a_file(who, content, None), model, None, None)

    @rule(target=jobs, file=files, which=st.integers(0, 20))
    def tune_a_tuned_model(self, file: tuple[int, str], which: int) -> Any:
        who, _ = file
        models = sorted(self.models_of(who))
        return self.create_a_job(file, models[which % len(models)] if models else MODELS[0], None, None)

    @rule(job=jobs, most=st.integers(1, 40))
    def wait_for_a_job(self, job: tuple[int, str | None], most: int) -> None:
        """As programs do: look, sleep a minute, look again."""
        who, job_id = job
        for _ in range(most if job_id is not None else 0):
            self.look_at_a_job(job)
            if self.tenants[who].jobs[job_id or ""]["status"] in ENDED:
                break
            self.clock.advance(60)

    @rule(job=jobs)
    def look_at_a_job(self, job: tuple[int, str | None]) -> None:
        who, job_id = job
        if job_id is not None:
            self.seen(who, self.ask(who, "GET", f"/v1/fine_tuning/jobs/{job_id}")[1])

    @rule(job=jobs, wait=st.sampled_from([90, 70, 120, 200, 0]), hours=st.integers(0, 2))
    def pause_a_job_in_training(self, job: tuple[int, str | None], wait: int, hours: int) -> None:
        """A while after it has begun; it goes on when it is told to."""
        who, job_id = job
        if job_id is None:
            return
        while self.tenants[who].jobs[job_id]["status"] in ("validating_files", "queued"):
            self.clock.advance(10)
            self.look_at_a_job(job)
        self.clock.advance(wait)
        self.change_a_job(job, "pause")
        self.clock.advance(hours * HOUR)
        self.look_at_a_job(job)
        if hours:
            self.change_a_job(job, "resume")

    @rule(job=jobs, verb=st.sampled_from(["cancel", "pause", "resume"]))
    def change_a_job(self, job: tuple[int, str | None], verb: str) -> None:
        who, job_id = job
        if job_id is None:
            return
        _, before = self.ask(who, "GET", f"/v1/fine_tuning/jobs/{job_id}")
        self.seen(who, before)
        status, after = self.ask(who, "POST", f"/v1/fine_tuning/jobs/{job_id}/{verb}")
        came_from = {"cancel": set(NEXT) - ENDED, "pause": {"running"}, "resume": {"paused"}}[verb]
        if status != 200:
            assert status == 400
            assert verb == "pause" or before["status"] not in came_from
            return
        assert before["status"] in came_from
        assert after["status"] == {"cancel": "cancelled", "pause": "paused", "resume": "running"}[verb]
        if verb == "resume":
            self.tenants[who].jobs[job_id] = {**before, "status": "running"}
        self.seen(who, after)

    @rule(job=jobs, limit=st.integers(1, 100))
    def read_what_has_happened(self, job: tuple[int, str | None], limit: int) -> None:
        who, job_id = job
        if job_id is None:
            return
        told = [
            event["id"] for event in self.everything(who, f"/v1/fine_tuning/jobs/{job_id}/events", limit)
        ][::-1]
        known = self.tenants[who].events.get(job_id, [])
        assert told[: len(known)] == known
        for event in told[len(known) :]:
            self.fresh(event)
        self.tenants[who].events[job_id] = told

    @rule(seconds=st.sampled_from([1, 20, 60, 300, HOUR, 24 * HOUR]))
    def let_time_pass(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(who=who, which=st.integers(0, 20))
    def delete_a_model(self, who: int, which: int) -> None:
        models = self.models_of(who)
        if models:
            name = sorted(models)[which % len(models)]
            assert self.ask(who, "DELETE", f"/v1/models/{name}")[0] == 200
            assert self.ask(who, "GET", f"/v1/models/{name}")[0] == 404
            self.tenants[who].deleted.add(name)

    # -- paging, while things come and go

    @rule(
        target=walks,
        who=who,
        path=st.sampled_from(["/v1/files", "/v1/fine_tuning/jobs"]),
        limit=st.integers(1, 4),
        order=st.sampled_from(["", "&order=asc", "&order=desc"]),
    )
    def begin_to_read_a_list(self, who: int, path: str, limit: int, order: str) -> Walk:
        query = f"?limit={limit}" + (order if path == "/v1/files" else "")
        return Walk(who, path, query, {one["id"] for one in self.everything(who, path, 100)})

    @rule(walk=walks)
    def read_the_next_page(self, walk: Walk) -> None:
        if not walk.more:
            return
        after = f"&after={walk.seen[-1]}" if walk.seen else ""
        status, page = self.ask(walk.who, "GET", walk.path + walk.query + after)
        assert status == 200, page
        found = [one["id"] for one in page["data"]]
        assert not set(found) & set(walk.seen), "an object was met twice"
        walk.seen += found
        walk.more = page["has_more"]
        if not walk.more:
            _, whole = self.ask(walk.who, "GET", f"{walk.path}?limit=100")
            still = {one["id"] for one in whole["data"]}
            assert walk.there & still <= set(walk.seen), "an object was skipped"

    # -- what always holds

    def models_of(self, who: int) -> set[str]:
        return {
            one["id"] for one in self.ask(who, "GET", "/v1/models")[1]["data"] if one["id"].startswith("ft:")
        }

    @invariant()
    def nobody_sees_what_is_another_s(self) -> None:
        """The object that was made last is unknown to everybody else."""
        for who, tenant in enumerate(getattr(self, "tenants", ())):
            other = (who + 1) % len(WHO)
            for path, ids in (("/v1/files", tenant.files), ("/v1/fine_tuning/jobs", tenant.jobs)):
                for object_id in itertools.islice(reversed(ids), 1):
                    assert self.ask(other, "GET", f"{path}/{object_id}")[0] == 404

    def teardown(self) -> None:
        """Look at everything, then do it all again."""
        if not hasattr(self, "tenants"):
            return
        listed: list[set[str]] = []
        for who, tenant in enumerate(self.tenants):
            jobs = self.everything(who, "/v1/fine_tuning/jobs", 5)
            assert [job["id"] for job in jobs] == list(tenant.jobs)[::-1]
            models, finals, kept = self.models_of(who), set(), set()
            for job in jobs:
                self.seen(who, job)
                finals |= {job["fine_tuned_model"]} - {None}
                checkpoints = self.everything(who, f"/v1/fine_tuning/jobs/{job['id']}/checkpoints", 2)
                kept |= {one["fine_tuned_model_checkpoint"] for one in checkpoints}
                assert bool(checkpoints) or job["status"] != "succeeded"
            # a model is there exactly if its job succeeded, or left it when it was paused, and nobody deleted it
            assert finals <= kept
            assert models == kept - tenant.deleted
            listed.append(
                models | {file["id"] for file in self.everything(who, "/v1/files", 100)} | set(tenant.jobs)
            )
        for one, other in itertools.combinations(listed, 2):
            assert not one & other
        self.simulator.close()
        self._again()

    def _again(self) -> None:
        """The same seed, times and calls give the same bytes."""
        clock = ManualClock()
        simulator = Simulator(clock=clock, seed=self.seed, profile=Profile(concurrent_jobs=None))
        for moment, request, status, headers, body in self.done:
            clock.advance_to(moment)
            response = simulator(request)
            assert (response.status, dict(response.headers), response.body) == (status, headers, body)
        simulator.close()


Platform.TestCase.settings = settings(
    max_examples=150, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestPlatform = Platform.TestCase
