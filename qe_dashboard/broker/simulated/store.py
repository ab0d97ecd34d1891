"""The file in which the simulated venue survives a restart (D28), and `sim reset`."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qe_dashboard.model.identifiers import AccountId

FIRST_ACCOUNT = AccountId("SIM1000001")
WAY_OUT = (
    "Run `qe-dashboard sim reset` to start a new simulated account; the old file is kept beside the new one."
)
_ACCOUNT_IN_STATE = re.compile(r'"account":\s*"SIM(\d{7,})"')
_ACCOUNT_IN_NAME = re.compile(r"\.SIM(\d{7,})\.")
_FORMAT = "qe-dashboard simulated venue"


class VenueStoreError(Exception):
    """The venue's file cannot be read or written; the text names it, the cause and what to do."""


@dataclass(frozen=True, slots=True)
class SavedVenue:
    """What the file holds: the account, and its state (None = a new account that has done nothing yet)."""

    account: AccountId
    state: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class ResetReport:
    """What `sim reset` did. `kept` is where the old state is, None when there was none."""

    account: AccountId
    kept: Path | None


class VenueStore:
    """One JSON file, replaced whole: a reader finds the last complete save or the one before, never half of one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> SavedVenue:
        """Read the file; a missing one is the first account. Raises VenueStoreError for anything unreadable."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return SavedVenue(FIRST_ACCOUNT, None)
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(str(error)) from error
        try:
            saved = json.loads(text)
        except json.JSONDecodeError as error:
            raise self._unreadable(f"it is not complete JSON ({error})") from error
        if not isinstance(saved, dict) or saved.get("format") != _FORMAT:
            raise self._unreadable("it was not written by this program")
        account, state = saved.get("account"), saved.get("state")
        if not isinstance(account, str) or not (state is None or isinstance(state, dict)):
            raise self._unreadable("its account or its state is missing")
        return SavedVenue(AccountId(account), state)

    def save(self, saved: SavedVenue) -> None:
        """Write the file durably; blocks on the disk. Raises VenueStoreError."""
        document = {"format": _FORMAT, "account": saved.account, "state": saved.state}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _replace(self.path, json.dumps(document, separators=(",", ":")))
        except OSError as error:
            raise VenueStoreError(
                f"The simulated venue could not be saved to {self.path}: {error.strerror or error}. Orders go on "
                "working, but a restart would return to the last save. Free disk space or make the directory writable."
            ) from error

    def reset(self) -> ResetReport:
        """Put the present state aside and begin the next account. Raises VenueStoreError."""
        number = self._latest_number()
        kept = None
        if self.path.exists():
            number = max(number, _number(FIRST_ACCOUNT))
            kept = self._free_name(f"SIM{number}")
            try:
                self.path.rename(kept)
            except OSError as error:
                raise VenueStoreError(
                    f"{self.path} could not be put aside: {error.strerror or error}. Nothing was changed. "
                    "Make its directory writable and try again."
                ) from error
        account = AccountId(f"SIM{number + 1}")
        self.save(SavedVenue(account, None))
        return ResetReport(account, kept)

    def unusable(self, cause: str) -> VenueStoreError:
        """Return the error for a file that reads but whose state makes no sense."""
        return self._unreadable(cause)

    def _unreadable(self, cause: str) -> VenueStoreError:
        return VenueStoreError(
            f"The simulated venue's state in {self.path} cannot be used: {cause}. It was left as it is, and no order "
            f"can be placed. {WAY_OUT}"
        )

    def _latest_number(self) -> int:
        """Return the highest account number in this file and in the names of those put aside."""
        names = "\n".join(path.name for path in self.path.parent.glob(f"{self.path.stem}.SIM*"))
        try:
            text = self.path.read_bytes().decode("utf-8", errors="replace")
        except OSError:
            text = ""
        found = _ACCOUNT_IN_NAME.findall(names) + _ACCOUNT_IN_STATE.findall(text)
        return max(map(int, found), default=_number(FIRST_ACCOUNT) - 1)

    def _free_name(self, account: str) -> Path:
        kept = self.path.with_name(f"{self.path.stem}.{account}{self.path.suffix}")
        again = 2
        while kept.exists():
            kept = self.path.with_name(f"{self.path.stem}.{account}{self.path.suffix}.{again}")
            again += 1
        return kept


def _number(account: AccountId) -> int:
    return int(account.removeprefix("SIM"))


def _replace(path: Path, text: str) -> None:
    """Write beside the file, make it durable, then put it in place."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:  # whatever stopped it, no half-written neighbour stays behind
        Path(name).unlink(missing_ok=True)
        raise
