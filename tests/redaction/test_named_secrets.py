"""What is a secret only by the name under which it stands: passwords, keys without a shape, signatures."""

import base64
import json

import pytest

from drytune.cassettes.redaction import Redactor, places_in_text

WORD = "hunter" + "2-Horse"
LONG = "Zq7Rk2Vd9Xw4Ym1N" + "c8Bt5LpA3sHf6GjKuTeQ"

TEXTS = {
    "JSON": '{{"password": "{word}"}}',
    "JSON with spaces": '{{ "db" : {{ "client_secret" :\n "{word}" }} }}',
    "camel case": '{{"clientSecret":"{word}"}}',
    "a list": '{{"api_keys": ["x"], "api_key": ["{long}"]}}',
    "JSON in JSON": '{{"arguments": "{{\\"password\\": \\"{word}\\"}}"}}',
    "Python": "connect(user='anna', password='{word}')",
    "an environment": "OPENAI_API_KEY={long}\nDB_PASSWORD={word}\n",
    "YAML": "db:\n  password: {word}\n",
    "a header in text": "Authorization: Basic {long}\r\nHost: h\r\n",
    "a header in JSON": '{{"authorization": "Bearer {long}"}}',
    "a header in HAR": '{{"name": "Authorization", "value": "Bearer {long}"}}',
    "another in HAR": '{{"name": "x-api-key", "value": "{long}"}}',
    "a pair": '["authorization", "Bearer {long}"]',
    "curl": "curl https://h.example -H 'api-key: {long}'",
    "a query": "https://h.example/a?limit=2&sig={long}&x=1",
    "a signed address": "https://h.example/a?X-Amz-Signature={long}&X-Amz-Date=20260101T000000Z",
    "Azure SAS": "https://h.example/c/b?sv=2022-11-02&sig={long}%3D&se=2026-01-01",
    "a connection": "Endpoint=sb://h.example/;SharedAccessKeyName=Root;SharedAccessKey={long}=",
    "an account": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={long}==;EndpointSuffix=h",
    "AWS": '{{"aws_secret_access_key": "{long}abcd"}}',
    "only a key": '{{"key": "{long}"}}',
    "only a token": '{{"token": "{long}"}}',
    "a form": "grant=x&refresh_token={long}&scope=a",
    "a part of a form": '--b\r\ncontent-disposition: form-data; name="password"\r\n\r\n{word}\r\n--b--\r\n',
}


@pytest.mark.parametrize("way", ["as it is", "base64", "percent", "escaped"])
@pytest.mark.parametrize("name", TEXTS)
def test_the_value_goes_and_the_name_stays(name, way):
    """However the text is written."""
    text = TEXTS[name].format(word=WORD, long=LONG)
    write = {
        "as it is": str,
        "base64": lambda plain: base64.b64encode(b"- " + plain.encode() + b" -").decode(),
        "percent": lambda plain: "".join(f"%{byte:02x}" for byte in plain.encode()),
        "escaped": lambda plain: json.dumps("".join(f"\\u{ord(letter):04x}" for letter in plain)),
    }[way]
    read = {
        "as it is": str,
        "base64": lambda code: base64.b64decode(code).decode(),
        "percent": lambda code: bytes.fromhex(code.replace("%", "")).decode() if "%" in code else code,
        "escaped": str,
    }[way]
    assert list(places_in_text(write(text).encode()))
    redacted = Redactor().text(write(text))
    assert "REDACTED" in redacted or way == "base64"
    assert not list(places_in_text(redacted.encode()))
    if way == "as it is":
        assert WORD not in redacted
        assert LONG not in redacted
        assert len(TEXTS[name].split("{")[0]) == 0 or redacted.startswith(TEXTS[name].split("{")[0])
    if way == "base64":
        assert WORD not in read(redacted)
        assert LONG not in read(redacted)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("authorization", f"Bearer {LONG}", "Bearer REDACTED-1"),
        ("Authorization", f"Basic {LONG}", "Basic REDACTED-1"),
        ("proxy-authorization", LONG, "REDACTED-1"),
        ("api-key", "short", "REDACTED-1"),
        ("x-custom-api-key", "short", "REDACTED-1"),
        ("cookie", "a=b; c=d", "REDACTED-cookie-1"),
        ("set-cookie", "a=b; Path=/", "REDACTED-cookie-1"),
        ("openai-organization", "my-firm", "org-REDACTED-1"),
        ("openai-project", "my-project", "proj_REDACTED-1"),
        ("x-request-id", "req_0123456789abcdef0123456789abcdef", None),
        ("idempotency-key", "stainless-python-retry-0f1e2d3c-4b5a", None),
        ("x-ratelimit-remaining-tokens", "149984", None),
        ("etag", f'W/"{LONG}"', None),
    ],
)
def test_header_fields(name, value, kept):
    """By their names, of any scheme; the rest stays."""
    from drytune.cassettes.model import Asked, Exchange, Told

    fields = ((name, value),)
    exchange = Exchange(
        request=Asked(method="GET", uri="/", headers=fields), response=Told(status=200, headers=fields)
    )
    clean = Redactor().exchange(exchange)
    assert clean.request.headers == clean.response.headers == ((name, kept or value),)
