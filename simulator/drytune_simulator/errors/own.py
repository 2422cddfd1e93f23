"""What is refused because it was asked for (faults), and what drytune's own control API refuses."""

from __future__ import annotations

from drytune_simulator.errors.refusal import Refusal

__all__ = ["OWN"]

OWN: dict[str, Refusal] = {
    # faults that are asked for (FACTS.md §6)
    "fault-quota": Refusal(
        429,
        "You exceeded your current quota, please check your plan and billing details. For more information on "
        "this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        "U",
        "code: FACTS.md §6 (O); text: answers pasted into public code",
        code="insufficient_quota",
        type="insufficient_quota",
    ),
    "fault-server-error": Refusal(
        500,
        "The server had an error processing your request. Sorry about that! You can retry your request, or "
        "contact us through our help center at help.openai.com if you keep seeing this error. (Please include "
        "the request ID {request_id} in your email.)",
        "R",
        "FACTS.md §6",
        type="server_error",
    ),
    "fault-overloaded": Refusal(
        503,
        "The engine is currently overloaded, please try again later",
        "O",
        "FACTS.md §6; type and code are of a newer copy (U)",
        code="server_is_overloaded",
        type="service_unavailable_error",
    ),
    "fault-slow-down": Refusal(
        429,
        "Requests are coming in faster than before; slow down, and raise your rate step by step.",
        "D",
        "type and code: FACTS.md §6 (U); text not found",
        code="slow_down",
        type="rate_limit_error",
    ),
    "fault-bad-gateway": Refusal(502, "Bad gateway", "D", "drytune: sent as a gateway's page, not as JSON"),
    "fault-other": Refusal(400, "drytune answers with this error, as it was asked to.", "D", "drytune"),
    # scripted answers
    "script-does-not-fit": Refusal(
        501,
        "drytune cannot give the scripted answer '{script}' to this request: {why}.",
        "D",
        "drytune",
        code="script_does_not_fit",
        type="drytune_script",
    ),
    # drytune's own control API
    "control-unknown": Refusal(
        404, "drytune's control API has no {method} {path}; GET /_drytune lists what it has.", "D", "drytune"
    ),
    "control-bad": Refusal(400, "{problem}", "D", "drytune"),
    "control-not-found": Refusal(404, "{problem}", "D", "drytune"),
    "control-of-one-worker": Refusal(
        409,
        "This server has {workers} worker processes, and {what} of one of them would not hold for the others; "
        "{instead}.",
        "D",
        "drytune",
        code="several_workers",
    ),
    "clock-cannot-move": Refusal(409, "{problem}", "D", "drytune", code="clock_cannot_move"),
}
