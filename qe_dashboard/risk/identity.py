"""Whose session is this (D18, S02)? Judged before any order call, from the accounts the login was found to have."""

from __future__ import annotations

from dataclasses import dataclass

from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.reports import Identity

PAPER_PREFIX = "D"
"""IBKR's paper accounts are DU..., DF...; every other prefix counts as live."""

_WANTED = {Profile.IBKR_PAPER: AccountKind.PAPER, Profile.IBKR_LIVE: AccountKind.LIVE}


@dataclass(frozen=True, slots=True)
class IdentityRefused:
    """The session must be dropped; `reason` says what was found and what to do, `accounts` lists the login's."""

    reason: str
    accounts: tuple[AccountId, ...]


def kind_of(profile: Profile, account: AccountId) -> AccountKind:
    """Return what an account is; profile `sim` has no broker behind it, so its accounts are simulated."""
    if profile is Profile.SIM:
        return AccountKind.SIM
    return AccountKind.PAPER if account.startswith(PAPER_PREFIX) else AccountKind.LIVE


def check_identity(
    *, profile: Profile, bound_account: AccountId, found: tuple[AccountId, ...]
) -> Identity | IdentityRefused:
    """Return the session's account, or why there is none. An empty `bound_account` means the only one found."""
    accounts = tuple(account for account in found if account != "")
    listed = ", ".join(accounts)
    if len(accounts) == 0:
        return IdentityRefused(
            "The login reports no account. Disconnected before any order call; log the Gateway in again, then"
            " `reconnect`.",
            accounts,
        )
    if bound_account != "" and bound_account not in accounts:
        return IdentityRefused(
            f"Settings bind profile {profile} to account {bound_account}, the login has {listed}."
            " Disconnected before any order call; log in with the right user or change `account`, then"
            " `reconnect`.",
            accounts,
        )
    if bound_account == "" and len(accounts) > 1:
        return IdentityRefused(
            f"The login has several accounts: {listed}. Disconnected before any order call; set"
            f" `account` in [connection.{profile}] to one of them, then `reconnect`.",
            accounts,
        )
    account = bound_account if bound_account != "" else accounts[0]
    kind = kind_of(profile, account)
    wanted = _WANTED.get(profile, kind)
    if kind is not wanted:
        return IdentityRefused(
            f"Profile {profile} is for {wanted} accounts, and {account} is a {kind} account."
            f" Disconnected before any order call; log in with the {wanted.lower()} user or correct the port,"
            " then `reconnect`; or start the other profile.",
            accounts,
        )
    return Identity(account, kind)
