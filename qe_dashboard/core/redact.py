"""Masks what must not leave the machine with a log or a report: account ids and the secrets in URLs."""

from __future__ import annotations

import re

# U1234567; F and I for advisors and brokers, a D before it for paper, a letter behind it for groups.
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9])(D?[UFI])[0-9]{2,}([0-9]{3}[A-Z]?)(?![A-Za-z0-9])", re.IGNORECASE)
# The path of a webhook or ntfy address is its password (D34), and no rule tells it from another URL.
_URL = re.compile(r"(https?://)(?:[^\s/?#\"'<>]*@)?([^\s/?#\"'<>@]+)([/?#][^\s\"'<>]*)?", re.IGNORECASE)


def redact(text: str) -> str:
    """Return the text with account ids as `DU***567` and URLs cut behind the host."""
    return _ACCOUNT.sub(r"\1***\2", _URL.sub(_cut, text))


def _cut(url: re.Match[str]) -> str:
    scheme, host, rest = url.groups()
    return f"{scheme}{host}/***" if rest else f"{scheme}{host}"
