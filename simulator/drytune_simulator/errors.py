"""The platform's refusals about keys, routes, files, jobs and models, in one table.

Those about the type and range of a parameter are worded in `checks`, those about a chat in `inference`.

`grade` says how sure the wording is (the grades of FACTS.md): O official, R recorded real answer, U one
user's report, I inferred, M from memory, D drytune's own because no wording is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from drytune_simulator.http import ApiError

__all__ = ["REFUSALS", "Refusal", "refuse"]

_KEYS_PAGE = "https://platform.openai.com/account/api-keys."


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way in which the platform says no."""

    status: int
    message: str
    grade: Literal["O", "R", "U", "I", "M", "D"]
    source: str
    param: str | None = None
    code: str | None = None
    type: str = "invalid_request_error"
    headers: Mapping[str, str] = field(default_factory=dict)


REFUSALS: dict[str, Refusal] = {
    # -- any route (FACTS.md §6)
    "no-key": Refusal(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using "
        "Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if "
        "you're accessing the API from your browser and are prompted for a username and password. You can "
        f"obtain an API key from {_KEYS_PAGE}",
        "R",
        "FACTS.md §6",
    ),
    "no-bearer": Refusal(401, "Missing bearer authentication in header", "R", "FACTS.md §6"),
    "bad-key": Refusal(
        401,
        f"Incorrect API key provided: {{key}}. You can find your API key at {_KEYS_PAGE}",
        "R",
        "FACTS.md §6",
        code="invalid_api_key",
        headers={"www-authenticate": 'Basic realm="OpenAI API"'},
    ),
    "unknown-url": Refusal(404, "Invalid URL ({method} {path})", "R", "FACTS.md §6"),
    "wrong-method": Refusal(
        405,
        "Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)",
        "R",
        "FACTS.md §6",
    ),
    "not-simulated": Refusal(
        501,
        "{what} is documented by the platform but not simulated by drytune {version}.",
        "D",
        "drytune",
        code="not_simulated",
        type="drytune_not_simulated",
    ),
    "body-too-large": Refusal(
        413, "The request body is larger than {limit} bytes.", "D", "limit: FACTS.md §3.1; text not found"
    ),
    "bad-json": Refusal(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
        "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you "
        "have trouble figuring out how to fix this, please contact us through our help center at "
        "help.openai.com.)",
        "R",
        "FACTS.md §6",
    ),
    "missing-parameter": Refusal(
        400,
        "Missing required parameter: '{name}'.",
        "R",
        "FACTS.md §6",
        param="{name}",
        code="missing_required_parameter",
    ),
    "no-model": Refusal(400, "you must provide a model parameter", "M", "FACTS.md §6"),
    "wrong-type": Refusal(
        400,
        "Invalid type for '{name}': expected {expected}, but got {got} instead.",
        "R",
        "FACTS.md §6",
        param="{name}",
        code="invalid_type",
    ),
    "out-of-range": Refusal(
        400,
        "Invalid '{name}': {kind} {direction}. Expected a value {bound}, but got {got} instead.",
        "R",
        "FACTS.md §6, §9",
        param="{name}",
        code="{code}",
    ),
    "empty-string": Refusal(
        400,
        "Invalid '{name}': empty string. Expected a string with minimum length 1, but got an empty string "
        "instead.",
        "I",
        "after FACTS.md §6",
        param="{name}",
        code="empty_string",
    ),
    "unknown-parameter": Refusal(
        400, "Unknown parameter: '{name}'.", "R", "FACTS.md §6", param="{name}", code="unknown_parameter"
    ),
    "bad-cursor": Refusal(
        400, "Invalid 'after': no object with the id '{id}'.", "D", "text not found", param="after"
    ),
    # -- files (FACTS.md §3.2)
    "no-purpose": Refusal(400, "'purpose' is a required property", "R", "FACTS.md §3.2"),
    "no-file": Refusal(400, "'file' is a required property", "I", "as for purpose, FACTS.md §3.2"),
    "bad-purpose": Refusal(
        400,
        "'{purpose}' is not one of ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'] - "
        "'purpose'",
        "R",
        "FACTS.md §3.2, §9",
        param="purpose",
    ),
    "unknown-file": Refusal(404, "No such File object: {id}", "R", "FACTS.md §3.2", param="id"),
    "forbidden-content": Refusal(
        400, "Not allowed to download files of purpose: {purpose}", "R", "FACTS.md §3.2"
    ),
    # -- fine-tuning jobs (FACTS.md §4.3, §4.8)
    "invalid-training-file": Refusal(
        400, "invalid training_file: {id}", "R", "FACTS.md §4.3", param="training_file"
    ),
    "invalid-validation-file": Refusal(
        400, "invalid validation_file: {id}", "R", "FACTS.md §9", param="validation_file"
    ),
    "model-not-available": Refusal(
        400,
        "Model {model} is not available for fine-tuning or does not exist.",
        "R",
        "FACTS.md §4.3, §9",
        code="model_not_available",
    ),
    "wrong-method-of-finetuning": Refusal(
        400,
        "Finetuning with {model} requires the {method} method of finetuning.",
        "R",
        "FACTS.md §4.3 (Azure)",
    ),
    "suffix-too-long": Refusal(
        400,
        "invalid suffix: {suffix}, ensure this value has at most 64 characters",
        "R",
        "FACTS.md §4.3; the limit is that of §4.1",
        param="suffix",
    ),
    "unknown-job": Refusal(
        404,
        "Could not find fine tune: {id}",
        "R",
        "FACTS.md §4.8",
        param="fine_tune_id",
        code="fine_tune_not_found",
    ),
    "job-has-ended": Refusal(
        400,
        'Cannot cancel a job {id} that already has status "{status}".',
        "I",
        "FACTS.md §4.8: recorded on the older /fine-tunes; the text of this endpoint was not found",
    ),
    # -- models (FACTS.md §1.5, §2)
    "no-such-model": Refusal(
        404,
        "The model '{model}' does not exist",
        "R",
        "FACTS.md §1.5",
        param="model",
        code="model_not_found",
    ),
    "model-not-found": Refusal(
        404,
        "The model `{model}` does not exist or you do not have access to it.",
        "R",
        "FACTS.md §2",
        code="model_not_found",
    ),
    "not-yours-to-delete": Refusal(
        403, "You have insufficient permissions for this operation.", "M", "FACTS.md §1.5"
    ),
    "not-a-chat-model": Refusal(
        404,
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to "
        "use v1/completions?",
        "M",
        "not in FACTS.md",
        param="model",
    ),
}


def refuse(key: str, /, *, reason: str | None = None, **values: object) -> ApiError:
    """The refusal `key` of the table as an exception, its wording filled in.

    Raises:
        KeyError: No such refusal, or a value that its wording needs is missing.
    """
    row = REFUSALS[key]
    return ApiError(
        row.status,
        row.message.format(**values),
        type=row.type,
        param=row.param.format(**values) if row.param else None,
        code=row.code.format(**values) if row.code else None,
        headers=row.headers,
        reason=reason,
    )
