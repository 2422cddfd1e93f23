"""Refusals of any route: keys, paths, bodies, types and ranges."""

from __future__ import annotations

from drytune_simulator.errors.refusal import Refusal

__all__ = ["GENERAL"]

_KEYS_PAGE = "https://platform.openai.com/account/api-keys."

GENERAL: dict[str, Refusal] = {
    # any route (FACTS.md §6)
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
    "no-bearer-or-basic": Refusal(
        401, "Missing bearer or basic authentication in header", "R", "FACTS.md §6"
    ),
    "bad-key": Refusal(
        401,
        f"Incorrect API key provided: {{key}}. You can find your API key at {_KEYS_PAGE}",
        "R",
        "FACTS.md §6",
        code="invalid_api_key",
        headers={"www-authenticate": 'Basic realm="OpenAI API"'},
    ),
    "no-such-organization": Refusal(
        401,
        "No such organization: {organization}.",
        "U",
        "BerriAI/litellm's tests against the real API, and others; not in FACTS.md",
        code="invalid_organization",
    ),
    "no-such-project": Refusal(
        401, "No such project: {project}.", "I", "as for an organization", code="invalid_project"
    ),
    "state-unavailable": Refusal(
        503,
        "drytune cannot read or write its state: {why}",
        "D",
        "drytune",
        code="state_unavailable",
        type="server_error",
    ),
    "contents-missing": Refusal(
        503,
        "The contents of {what} are not where this server keeps contents ({where}): they were deleted or moved "
        "from outside. Put them back, or upload the file again.",
        "D",
        "drytune",
        code="contents_missing",
        type="server_error",
    ),
    "bad-client-request-id": Refusal(
        400,
        "Invalid header 'X-Client-Request-Id': expected at most 512 ASCII characters.",
        "D",
        "that it is refused: FACTS.md §6 (O); text not found",
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
    "parameter-not-simulated": Refusal(
        501,
        "'{name}' is not simulated: this version of drytune has no {what}. Leave it out, or run this call against "
        "the real API.",
        "D",
        "drytune",
        param="{name}",
        code="not_simulated",
        type="drytune_not_simulated",
    ),
    "body-too-large": Refusal(
        413, "The request body is larger than {limit} bytes.", "D", "limit: FACTS.md §3.1; text not found"
    ),
    "target-too-long": Refusal(
        414, "The path and query of the request are longer than {limit} bytes.", "D", "a server's own bound"
    ),
    "too-many-headers": Refusal(
        431, "The headers of the request are more than {limit}.", "D", "a server's own bound"
    ),
    "bad-content-length": Refusal(
        400, "The header 'Content-Length' is not a number.", "D", "HTTP's own rule"
    ),
    "bad-http": Refusal(400, "This is not an HTTP request: {why}.", "D", "HTTP's own rule"),
    "too-slow": Refusal(
        408,
        "The request did not go on for {seconds} seconds.",
        "D",
        "a server's own bound",
        type="server_error",
    ),
    "no-browsers": Refusal(
        403,
        "The control API does not answer web pages, unless the server was started with --allow-browsers.",
        "D",
        "drytune",
    ),
    "no-metrics": Refusal(
        501,
        "Metrics need the package prometheus-client; install it with: pip install 'drytune[server]'",
        "D",
        "drytune",
        code="not_simulated",
        type="drytune_not_simulated",
    ),
    "no-room": Refusal(
        507,
        "drytune cannot keep the body of the request: {why}.",
        "D",
        "a server's own bound",
        type="server_error",
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
    "wrong-value": Refusal(
        400,
        "Invalid value: '{value}'. {supported}.",
        "M",
        "not in FACTS.md",
        param="{name}",
        code="invalid_value",
    ),
    "string-too-long": Refusal(
        400,
        "Invalid '{name}': string too long. Expected a string with maximum length {longest}, but got a string "
        "with length {length} instead.",
        "I",
        "after FACTS.md §6, §9",
        param="{name}",
        code="string_above_max_length",
    ),
    "empty-array": Refusal(
        400,
        "Invalid '{name}': empty array. Expected an array with minimum length {shortest}, but got an empty array "
        "instead.",
        "I",
        "after FACTS.md §6, §9",
        param="{name}",
        code="empty_array",
    ),
    "array-too-long": Refusal(
        400,
        "Invalid '{name}': array too long. Expected an array with maximum length {longest}, but got an array with "
        "length {length} instead.",
        "I",
        "after FACTS.md §6, §9",
        param="{name}",
        code="array_above_max_length",
    ),
    "too-many-properties": Refusal(
        400,
        "Invalid '{name}': too many properties. Expected an object with at most {most} properties, but got an "
        "object with {count} properties instead.",
        "M",
        "limit: FACTS.md §4.1; text from memory",
        param="{name}",
        code="object_above_max_properties",
    ),
    "property-name-too-long": Refusal(
        400,
        "Invalid property name in '{name}': '{shown}' is too long. Expected a property name with maximum length "
        "{longest}, but got a property name with length {length} instead.",
        "M",
        "limit: FACTS.md §4.1; text from memory",
        param="{name}",
        code="property_name_above_max_length",
    ),
    "unknown-parameter": Refusal(
        400, "Unknown parameter: '{name}'.", "R", "FACTS.md §6", param="{name}", code="unknown_parameter"
    ),
    "bad-cursor": Refusal(
        400, "Invalid 'after': no object with the id '{id}'.", "D", "text not found", param="after"
    ),
}
