"""Takes out of a text what must not leave the machine: accounts, orders' references, secrets, addresses, the user."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

from qe_dashboard.core.ids import ALPHABET, LENGTH
from qe_dashboard.core.redact import redact

# What looks like an address; whether it is one, ipaddress decides.
_ADDRESS = re.compile(r"(?<![\w.:])[0-9A-Fa-f]*[:.][0-9A-Fa-f:.]+(?![\w:])")
# Anybody's, not only this user's: a path in a log may be another program's.
_USERS_HOME = re.compile(r"(?i)((?:/home/|/Users/|\b[A-Z]:(?:\\{1,2}|/)Users(?:\\{1,2}|/)))[^/\\\s\"'<>|:]+")
# Names of machines: behind the word, and with an ending that only private networks have.
_HOST = re.compile(r"(?i)(?<![\w-])(host(?:name)?)(\\?[\"']?\s*[=:]\s*\\?[\"']?)([\w.-]+)")
_PRIVATE = re.compile(
    r"(?i)(?<![\w.-])[a-z0-9][\w-]*(?:\.[\w-]+)*\.(?:lan|local|home|internal|intranet|corp|localdomain)(?![\w-])"
)
_THIS_MACHINE = frozenset({"host", "localhost", "remote-host", "this-machine", "x.x.x.x"})
# Ours: an intent's id, bare or behind the prefix it has as an order's reference; ids of this century begin with 0 or 1.
_REFERENCE = re.compile(rf"\bQE:[^\s\"',;}}\])]+|\b[01][{ALPHABET}]{{{LENGTH - 1}}}\b")
_REFERENCE_KEYS = frozenset({"order_ref", "intent_id"})
# References of other programs are masked where they stand; shorter ones elsewhere could be any word.
_LEAST_REFERENCE = 6


class Masker:
    """Masks one bundle: the same reference gets the same stand-in, so that rows can still be matched."""

    def __init__(self, literals: Mapping[str, str]) -> None:
        """Take exact words to replace and what stands in for them, such as a remote host."""
        self._literals = dict(literals)
        self._hosts: dict[str, str] = {}
        self._references: dict[str, str] = {}

    def know_accounts(self, accounts: Iterable[str]) -> None:
        """Mask these ids wherever they stand, also glued to other letters."""
        self._literals |= {account: _masked_account(account) for account in accounts if len(account) > 3}

    def know_host(self, name: str, stand_in: str) -> None:
        """Mask the name of a machine where it stands as a word, in whatever letters."""
        self._hosts[name.casefold()] = stand_in

    def text(self, text: str) -> str:
        """Return a text without anything of the kind."""
        for word in sorted(self._literals, key=len, reverse=True):
            text = text.replace(word, self._literals[word])
        for reference in sorted(self._references, key=len, reverse=True):
            if len(reference) >= _LEAST_REFERENCE:
                text = text.replace(reference, self._references[reference])
        text = _REFERENCE.sub(lambda found: self._reference(found[0]), text)
        text = _USERS_HOME.sub(r"\1***", redact(text))
        text = _ADDRESS.sub(lambda found: _masked_address(found[0]), text)
        for name in sorted(self._hosts, key=len, reverse=True):
            # A stand-in has no backslash, so it may be a template.
            text = re.sub(rf"(?i)(?<![\w.-]){re.escape(name)}(?![\w-])", self._hosts[name], text)
        return _HOST.sub(_masked_host, _PRIVATE.sub("HOST***", text))

    def value(self, value: Any, key: str = "") -> Any:
        """Return a JSON value with every text in it masked, and references and accounts by their key."""
        if isinstance(value, dict):
            return {self.text(name): self.value(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, key) for item in value]
        if not isinstance(value, str) or value == "":
            return value
        if key in _REFERENCE_KEYS:
            return self._reference(value)
        return _masked_account(value) if key == "account" else self.text(value)

    def _reference(self, reference: str) -> str:
        # An order's reference is the intent's id behind a prefix: both are the same order.
        intent = reference.removeprefix("QE:")
        return self._references.setdefault(intent, f"ref-{len(self._references) + 1}")


def _masked_account(account: str) -> str:
    masked = redact(account)
    return masked if masked != account else "ACCOUNT***"


def _masked_address(word: str) -> str:
    stripped = word.rstrip(".:")
    try:
        address = ipaddress.ip_address(stripped)
    except ValueError:
        return _masked_with_port(word)
    return word if address.is_loopback or address.is_unspecified else f"x.x.x.x{word[len(stripped) :]}"


def _masked_with_port(word: str) -> str:
    host, colon, port = word.rpartition(":")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return word
    return word if address.is_loopback or address.is_unspecified else f"x.x.x.x{colon}{port}"


def _masked_host(found: re.Match[str]) -> str:
    word, between, name = found.groups()
    try:
        is_ours = ipaddress.ip_address(name.rstrip(".")).is_loopback
    except ValueError:
        is_ours = name.casefold().rstrip(".") in _THIS_MACHINE
    return found[0] if is_ours else f"{word}{between}HOST***"
