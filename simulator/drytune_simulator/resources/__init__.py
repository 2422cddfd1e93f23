"""One module an API resource: parse, apply the rules, answer in the platform's JSON."""
