"""Refusals about fine-tuning jobs, graders and checkpoint permissions."""

from __future__ import annotations

from drytune_simulator.errors.refusal import Refusal

__all__ = ["TUNING"]

TUNING: dict[str, Refusal] = {
    # fine-tuning jobs (FACTS.md §4.3, §4.8)
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
    "training-not-available": Refusal(
        403,
        "OpenAI is winding down the fine-tuning platform and your organization is no longer able to create new "
        "fine-tuning training jobs. Learn more https://developers.openai.com/api/docs/deprecations"
        "#update-to-openais-self-serve-fine-tuning",
        "R",
        "FACTS.md §2",
        code="training_not_available",
    ),
    "too-many-jobs": Refusal(
        429,
        "This fine-tune request has been rate-limited. Your organization has reached the maximum of {limit} "
        "active requests ({running} running, {pending} pending) for the model '{model}'.",
        "R",
        "FACTS.md §4.3",
        code="rate_limit_exceeded",
        headers={"x-should-retry": "false"},
    ),
    "too-many-jobs-a-day": Refusal(
        429,
        "This fine-tune request has been rate-limited. Your organization has reached the maximum of {limit} "
        "fine-tuning requests per day for the model '{model}'.",
        "R",
        "FACTS.md §4.3",
        code="daily_rate_limit_exceeded",
        headers={"x-should-retry": "false"},
    ),
    "unknown-scenario": Refusal(
        400,
        "Unknown drytune_scenario '{scenario}'. Those that exist: {known}.",
        "D",
        "drytune",
        param="metadata.drytune_scenario",
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
    "job-not-running": Refusal(
        400,
        'Cannot pause a job {id} that has status "{status}".',
        "I",
        "that only running jobs can be paused: FACTS.md §4.8 (Azure, O); worded after the refusal to cancel",
    ),
    "job-not-trained-yet": Refusal(
        400,
        "Cannot pause a job {id} that has not trained a step yet.",
        "D",
        "that it is refused: FACTS.md §4.8 (Azure, O); text not found",
    ),
    "job-trained-already": Refusal(
        400,
        "Cannot pause a job {id} whose training is over.",
        "I",
        "a pause stops the training, FACTS.md §4.8, and nothing is left to stop; text not found",
    ),
    "job-not-paused": Refusal(
        400,
        'Cannot resume a job {id} that has status "{status}".',
        "I",
        "worded after the refusal to cancel; text not found",
    ),
    "older-fine-tunes": Refusal(
        400,
        "{model} can only be fine-tuned on the new fine-tuning API (`/fine_tuning/jobs`). This API "
        "(`/fine-tunes`) is being deprecated. Please refer to our documentation for more information: "
        "https://platform.openai.com/docs/api-reference/fine-tuning",
        "R",
        "FACTS.md §4.3, of gpt-3.5-turbo; the status is I",
    ),
    # graders (FACTS.md §4.8); missing fields, types and values are refused as those of any body are
    "wrong-grader": Refusal(
        400, "Invalid grader: {found}", "D", "that they are refused: FACTS.md §4.8 (O)", param="{name}"
    ),
    "grader-not-run": Refusal(
        501,
        "A {type} grader is not run by drytune: {why}. Validate it here, and run it against the real API.",
        "D",
        "drytune",
        param="grader",
        code="not_simulated",
        type="drytune_not_simulated",
    ),
    "graders-not-installed": Refusal(
        501,
        "This metric needs {library}, which is not installed: run `pip install 'drytune[graders]'` where drytune "
        "runs.",
        "D",
        "drytune",
        param="grader",
        code="not_simulated",
        type="drytune_not_simulated",
    ),
    # checkpoint permissions (FACTS.md §4.8)
    "needs-admin-key": Refusal(
        403,
        "You have insufficient permissions for this operation. Missing scopes: {scope}.",
        "U",
        "that an admin key is needed: FACTS.md §4.8 (O); text: answers of the organization's own routes",
    ),
    "not-a-project": Refusal(
        400,
        "Invalid '{name}': '{value}' is not the id of a project.",
        "D",
        "text not found",
        param="{name}",
        code="invalid_value",
    ),
    "unknown-permission": Refusal(
        404,
        "No such checkpoint permission: {id}",
        "D",
        "text not found",
        param="permission_id",
    ),
}
