"""What is a secret by the name under which it stands, and what only looks like it."""

import json

import pytest

from drytune.cassettes.redaction import Redactor
from drytune.cassettes.redaction.fields import strength

A = "abcDEF1234567890abcDEF12"

SECRET = [
    "https://h/x?sig=ab%2Bcdef12%3D&x=1",
    "https://h/x?token=abcdef&b=2",
    "https://h/x?X-Amz-Signature=0123456789abcdef0123&X-Amz-Date=20261125",
    "https://acct.blob/x?sv=2022&se=2026-01-01&sr=b&sp=r&sig=AbCdEf%2B12345%3D",
    "password=hunter22",
    "username=bob&password=abc&x=1",
    "OPENAI_API_KEY=" + A,
    'OPENAI_API_KEY = "' + A + '"',
    "api_key: " + A,
    '{"api_key":"short1"}',
    '{"client_secret":"abc-def"}',
    '{"password":"x y z w"}',
    '{"access_token":"' + A + '","expires_in":3600}',
    "{'api_key': '" + A + "'}",
    '{"headers":{"authorization":["Bearer ' + A + '"]}}',
    '[["authorization","Bearer ' + A + '"]]',
    '{"name":"cookie","value":"a=b; c=ddddd1"}',
    "Authorization: Basic dXNlcjpwYXNz",
    'curl -H "Authorization: Bearer ' + A + '"',
    '"cookie": "x=12345678"',
    "set-cookie: __cf_bm=Abcdefgh1234; path=/",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AKIA" + "IOSFODNN7EXAMPLE,wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    '{"SecretAccessKey":"wJalrXUtnFEMI\\/K7MDENG\\/bPxRfiCYEXAMPLEKEY"}',
    "postgres://u:p%40ss@h/db",
    "redis://:p4ssw0rd@h",
    "https://" + A + "@sentry.example/1",
    "AccountName=x;AccountKey=" + "Ab1+" * 20 + "==;EndpointSuffix=core",
    '{"token":"' + A + '"}',
    '{"hf_token":"' + A + '"}',
    '{"secretKey":"abc12345"}',
    '{"organization_id":"org-acme"}',
    '{"project_id": "proj_1"}',
    "Incorrect API key provided: sk-" + "abcde*****wxyz. You can find yours",
    '--b\r\nContent-Disposition: form-data; name="api_key"\r\n\r\n' + A + "\r\n--b--",
    '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter2\r\n--b--',
]

NO_SECRET = [
    '{"id":"file-' + A + '","object":"file"}',
    '{"usage":{"prompt_tokens":12,"total_tokens":34,"completion_tokens_details":{"reasoning_tokens":5}}}',
    '{"max_tokens":100,"prompt_cache_key":"' + A + '"}',
    '{"token":" hello","logprob":-0.1,"bytes":[1]}',
    '{"token": "verylongtoken1234567", "logprob": -1}',
    '{"system_fingerprint":"fp_44709d6fcb"}',
    '{"model":"ft:gpt-4o-mini-2024-07-18:acme:cat:abcd1234"}',
    '{"model":"ft:gpt-4.1:my-org-1234567890123456789:x:abcd1234"}',
    '{"key":"color","value":"red"}',
    '{"key":"datasets/2024/file-01.jsonl"}',
    "The password is a secret; the key to success.",
    "Password must be at least 8 characters",
    '{"description":"The API key: a string you get from the dashboard"}',
    '{"properties":{"password":{"type":"string"},"api_key":{"type":"string"}},"required":["password","api_key"]}',
    '{"sha256":"' + "a1" * 32 + '"}',
    "x-request-id: req_" + "a1" * 16,
    "sk-learn and scikit-learn",
    "risk-assessment-2024-version-12-final",
    "org-mode is nice; org-chart-builder-for-everyone",
    "user-friendly-interface-for-2024",
    '{"name":"get_secret","arguments":"{}"}',
    '{"tool_choice":{"type":"function","function":{"name":"reset_password"}}}',
    '{"safety_identifier":"' + A + '"}',
    '{"idempotency_key":"stainless-python-retry-' + A + '"}',
    '{"next_page_token":"' + A + '"}',
    "https://h/v1/files?after=file-abc&limit=2",
    "https://h/?api-version=2024-02-01",
    "token: str = None",
    'def f(api_key: str, password: str = "") -> None:',
    '{"error":{"code":"invalid_api_key","param":null}}',
    '{"token_type":"bearer_abc"}',
    '{"secret_name":"prod"}',
    '{"signature":"def f(x: int) -> int"}',
    '{"passage":"In 1984 abc"}',
    '{"author":"Jane Doe"}',
    '{"monkey":"abcdefgh12345678ij"}',
    '{"compass":"north1234"}',
    '{"api_key":"${OPENAI_API_KEY}","password":"***","secret":"<your secret>"}',
    "https://user:password@host",
]


@pytest.mark.parametrize("text", SECRET)
def test_secrets(text):
    """They are replaced, as they are written, in JSON in a string, and behind a line break in one."""
    for written in (text, json.dumps(text), json.dumps("\n" + text), json.dumps(json.dumps({"a": text}))):
        clean = Redactor().text(written)
        assert clean != written
        assert "REDACTED" in clean
        assert Redactor().text(clean) == clean


@pytest.mark.parametrize("text", NO_SECRET)
def test_what_is_none_stays(text):
    """Ids, names of models, counts, tokens of a text, words, code, and what only tells of a secret."""
    for written in (text, json.dumps(text), json.dumps({"a": json.dumps({"b": text})})):
        assert Redactor().text(written) == written


@pytest.mark.parametrize(
    ("sure", "names"),
    [
        (
            "sure",
            "password DB_PASSWORD dbPassword client-secret apiKey x-api-key AWS_SECRET_ACCESS_KEY accessToken",
        ),
        (
            "sure",
            "Authorization set-cookie connection_string X-Amz-Security-Token openai.api_key OPENAI_APIKEY",
        ),
        ("maybe", "key token sig x-token ssh_key auth password_policy token_key"),
        ("no", "max_tokens prompt_cache_key total_tokens keys author compass passage tokenizer content"),
    ],
)
def test_strengths(sure, names):
    """However the words of a name are joined."""
    assert {name: strength(name) for name in names.split()} == dict.fromkeys(names.split(), sure)
