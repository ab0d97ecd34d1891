"""Masks what must not leave the machine with a log or a report: account ids, secrets, and the paths of URLs."""

from __future__ import annotations

import re

# U1234567; F and I for advisors and brokers, a D before it for paper, up to two letters more for demo and household
# accounts (DUM111222, DUH1234567), a letter behind it for groups. In small letters only the plain forms: `id12345`.
_ACCOUNT = re.compile(
    r"(?<![A-Za-z0-9])(?:(D?[UFI][A-Z]{0,2})([0-9]{3,})([A-Z]?)|(?i:(D?[UFI])([0-9]{5,})([A-Z]?)))(?![A-Za-z0-9])"
)
# The path of a webhook or ntfy address is its password (D34), and no rule tells it from another URL.
_URL = re.compile(r"(https?://)(?:[^\s/?#\"'<>]*@)?([^\s/?#\"'<>@]+)([/?#][^\s\"'<>]*)?", re.IGNORECASE)
_NAME = (
    r"[a-z0-9_-]*?(?:tokens?|secret|pass(?:wor[dt]|wd|phrase|code)?|kennwort|pwd|credentials?|api[ _-]?key"
    r"|authorization)"
)
# `pwd: x`, `"pwd":"x"` (escaped once more in JSON), `pass=x`, `my_token = 'a b'`, `token is x`, `api-key 12345`,
# `Authorization: Bearer x`. A name begins where a word does, which keeps the search linear.
_SECRET = re.compile(
    rf"(?i)(?<![a-z0-9_-])({_NAME})"
    r"(\\?[\"']?\s*(?:[=:]|\bis\b|\bwas\b)\s*|\s+(?=[^\s\"']{4})(?=[^\s\"']*[0-9]))"
    r"(\\?\"(?:[^\"\\]|\\[^\"])*\\?\"|'[^']*'|\\?[\"'][^\s]*|(?:bearer\s+|basic\s+)?[^\s\"',;}\\]+)"
)


def redact(text: str) -> str:
    """Return the text with account ids as `DU***567`, URLs cut behind the host, and what follows a secret's name."""
    return _ACCOUNT.sub(_account, _SECRET.sub(_secret, _URL.sub(_cut, text)))


def _account(found: re.Match[str]) -> str:
    letters, digits, group = (found[1], found[2], found[3]) if found[1] else (found[4], found[5], found[6])
    # Of a short one the last three digits are all there is.
    return f"{letters}***{digits[-3:] + group if len(digits) > 3 else ''}"


def _secret(found: re.Match[str]) -> str:
    name, between, value = found.groups()
    quote = re.match(r"\\?[\"']", value)
    return f"{name}{between}{quote[0]}***{quote[0]}" if quote is not None else f"{name}{between}***"


def _cut(url: re.Match[str]) -> str:
    scheme, host, rest = url.groups()
    return f"{scheme}{host}/***" if rest else f"{scheme}{host}"
