"""The venue's file: whole or not at all, never silently replaced (D28)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qe_dashboard.broker.simulated.store import FIRST_ACCOUNT, SavedVenue, VenueStore, VenueStoreError
from qe_dashboard.model.identifiers import AccountId

STATE = {"schema": 1, "orders": []}


@pytest.fixture
def store(tmp_path: Path) -> VenueStore:
    return VenueStore(tmp_path / "state" / "venue.json")


def account(number: int) -> AccountId:
    return AccountId(f"SIM{number}")


def test_without_a_file_the_first_account_begins(store: VenueStore) -> None:
    assert store.load() == SavedVenue(FIRST_ACCOUNT, None)
    assert not store.path.exists()


def test_what_is_saved_is_loaded_and_nothing_else_is_left(store: VenueStore) -> None:
    saved = SavedVenue(account(1000004), STATE)
    store.save(SavedVenue(FIRST_ACCOUNT, None))
    store.save(saved)
    assert store.load() == saved
    assert [path.name for path in store.path.parent.iterdir()] == ["venue.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"format": "qe-dashboard simulated venue", "account": "SIM1000001", "sta',
        b"[]",
        b'{"account": "SIM1000001", "state": null}',
        b'{"format": "qe-dashboard simulated venue", "state": null}',
        b'{"format": "qe-dashboard simulated venue", "account": 7, "state": null}',
        b'{"format": "qe-dashboard simulated venue", "account": "SIM1000001"}x',
        b'{"format": "qe-dashboard simulated venue", "account": "SIM1000001", "state": []}',
        b"\xff\xfe\x00",
    ],
)
def test_a_damaged_file_is_reported_with_the_way_out_and_left_alone(
    store: VenueStore, content: bytes
) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(content)
    with pytest.raises(VenueStoreError) as caught:
        store.load()
    assert str(store.path) in str(caught.value)
    assert "qe-dashboard sim reset" in str(caught.value)
    assert "no order can be placed" in str(caught.value)
    assert store.path.read_bytes() == content


def test_a_directory_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(VenueStoreError, match=r"could not be saved.*restart would return to the last save"):
        VenueStore(blocked / "venue.json").save(SavedVenue(FIRST_ACCOUNT, None))


def test_a_failed_save_keeps_the_one_before_and_leaves_no_debris(
    store: VenueStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(SavedVenue(FIRST_ACCOUNT, STATE))

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(VenueStoreError, match="No space left"):
        store.save(SavedVenue(FIRST_ACCOUNT, None))
    assert store.load() == SavedVenue(FIRST_ACCOUNT, STATE)
    assert [path.name for path in store.path.parent.iterdir()] == ["venue.json"]


def test_reset_begins_the_next_account_and_keeps_the_old_state(store: VenueStore) -> None:
    store.save(SavedVenue(account(1000001), STATE))
    report = store.reset()
    assert report.account == account(1000002)
    assert store.load() == SavedVenue(account(1000002), None)
    assert report.kept is not None
    assert json.loads(report.kept.read_text())["state"] == STATE
    assert store.reset().account == account(1000003)


def test_reset_without_a_file_begins_the_first_account(store: VenueStore) -> None:
    report = store.reset()
    assert (report.account, report.kept) == (FIRST_ACCOUNT, None)
    assert store.load() == SavedVenue(FIRST_ACCOUNT, None)


def test_reset_gets_past_a_damaged_file_without_using_an_account_twice(store: VenueStore) -> None:
    store.save(SavedVenue(account(1000001), STATE))
    store.reset()
    store.path.write_text("garbage")
    report = store.reset()
    assert report.account == account(1000002)
    assert report.kept is not None
    assert report.kept.read_text() == "garbage"


def test_reset_never_overwrites_what_was_put_aside(store: VenueStore) -> None:
    store.save(SavedVenue(account(1000001), STATE))
    first = store.reset().kept
    store.save(SavedVenue(account(1000001), None))
    second = store.reset().kept
    assert first is not None
    assert second is not None
    assert first != second
    assert json.loads(first.read_text())["state"] == STATE
