"""Writing keeps what the user wrote, refuses what is invalid, and never leaves a half-written file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.settings.load import Sources, load
from qe_dashboard.settings.migrate import Migration
from qe_dashboard.settings.problems import SettingsError
from qe_dashboard.settings.store import StoreError, backup_of, migrate_file, set_value, set_values

PORT = ("connection", "ibkr-paper", "port")

COMMENTED = """\
# My own words about this file.
schema = 1
broker = "sim" # while I learn

# The gateway on the desk
[connection.ibkr-paper]
client_id   =   7   # never change
port = 4002 # Gateway

[watchlist]
symbols = [
    "AAPL", # core
    "MNQ",
]
"""


def litter(directory: Path) -> list[str]:
    """Return every file beside the settings and their backup."""
    return sorted(
        path.name for path in directory.iterdir() if path.name not in {"settings.toml", "settings.toml.bak"}
    )


class TestKeepsTheUsersText:
    def test_only_the_one_value_changes(self, file: Path) -> None:
        file.write_text(COMMENTED)
        set_value(file, PORT, 7497)
        assert file.read_text() == COMMENTED.replace("4002", "7497")

    def test_new_key_in_an_existing_table_leaves_the_rest(self, file: Path) -> None:
        file.write_text(COMMENTED)
        set_value(file, ("connection", "ibkr-paper", "account"), "DU1234567")
        text = file.read_text()
        assert text.replace('account = "DU1234567"\n', "") == COMMENTED
        assert load(Sources(file)).settings.connection.ibkr_paper.account == "DU1234567"

    def test_new_table_goes_to_the_end(self, file: Path) -> None:
        file.write_text(COMMENTED)
        set_value(file, ("limits", "paper", "allow_short"), False)
        assert file.read_text() == COMMENTED + "\n[limits.paper]\nallow_short = false\n"
        assert load(Sources(file)).settings.limits.paper.allow_short is False

    def test_new_key_of_the_top_table_stays_above_the_tables(self, file: Path) -> None:
        file.write_text("# mine\n[display]\nquotes_fps = 20\n")
        set_value(file, ("broker",), "ibkr-paper")
        settings = load(Sources(file)).settings
        assert (settings.broker, settings.display.quotes_fps) == ("ibkr-paper", 20)

    def test_removed_key_has_its_shipped_default_again(self, file: Path) -> None:
        file.write_text(COMMENTED)
        set_value(file, PORT, None)
        assert file.read_text() == COMMENTED.replace("port = 4002 # Gateway\n", "")

    def test_removing_what_is_absent_changes_nothing(self, file: Path) -> None:
        file.write_text(COMMENTED)
        set_value(file, ("limits", "live", "loosen", "allow_short"), None)
        assert file.read_text() == COMMENTED

    def test_windows_line_ends_stay(self, file: Path) -> None:
        file.write_bytes(COMMENTED.replace("\n", "\r\n").encode())
        set_value(file, PORT, 7497)
        assert file.read_bytes() == COMMENTED.replace("4002", "7497").replace("\n", "\r\n").encode()

    def test_decimals_keep_their_digits(self, file: Path) -> None:
        set_value(file, ("limits", "paper", "max_order_notional_stock"), Decimal("1000.10"))
        assert "max_order_notional_stock = 1000.10\n" in file.read_text()

    def test_inline_table_stays_inline(self, file: Path) -> None:
        file.write_text("limits = { paper = { allow_short = true } } # short\n")
        set_value(file, ("limits", "live", "allow_list"), ["AAPL"])
        assert file.read_text().count("\n") == 1
        assert load(Sources(file)).settings.limits.live.allow_list == ("AAPL",)

    def test_two_keys_that_belong_together_change_together(self, file: Path) -> None:
        file.write_text("[connection.ibkr-paper]\nclient_id = 1\norder_client_id = 2\n")
        paper = ("connection", "ibkr-paper")
        set_values(file, {(*paper, "client_id"): 2, (*paper, "order_client_id"): 1})
        found = load(Sources(file)).settings.connection.ibkr_paper
        assert (found.client_id, found.order_client_id) == (2, 1)


class TestRefuses:
    def test_invalid_value_with_the_same_words_and_an_untouched_file(self, file: Path) -> None:
        file.write_text(COMMENTED)
        with pytest.raises(
            SettingsError, match=r"settings.toml:8: connection.ibkr-paper.port = 0: expected an integer"
        ):
            set_value(file, PORT, 0)
        assert file.read_text() == COMMENTED
        assert not backup_of(file).exists()

    def test_unknown_key_with_the_nearest(self, file: Path) -> None:
        with pytest.raises(SettingsError, match=r"did you mean connection.ibkr-paper.port\?"):
            set_value(file, ("connection", "ibkr-paper", "prt"), 1)
        assert not file.exists()

    def test_value_that_does_not_fit_to_another(self, file: Path) -> None:
        file.write_text("[connection.ibkr-paper]\nclient_id = 7\n")
        with pytest.raises(SettingsError, match="which is 7 too"):
            set_value(file, ("connection", "ibkr-paper", "order_client_id"), 7)

    def test_file_with_broken_syntax(self, file: Path) -> None:
        file.write_text("broker = \n")
        with pytest.raises(SettingsError, match=r"settings.toml:1:10: broken TOML"):
            set_value(file, PORT, 1)

    def test_file_that_stays_invalid_elsewhere(self, file: Path) -> None:
        file.write_text("zzz = 1\n")
        with pytest.raises(SettingsError, match="zzz = 1: no setting has this name"):
            set_value(file, PORT, 1)
        assert file.read_text() == "zzz = 1\n"

    def test_an_edit_that_mends_an_invalid_file_is_taken(self, file: Path) -> None:
        file.write_text("[connection.ibkr-paper]\nport = 0\n")
        set_value(file, PORT, 4002)
        assert load(Sources(file)).settings.connection.ibkr_paper.port == 4002

    def test_value_where_a_table_belongs(self, file: Path) -> None:
        file.write_text("connection = 1\n")
        with pytest.raises((SettingsError, StoreError)):
            set_value(file, PORT, 4002)
        assert file.read_text() == "connection = 1\n"

    def test_edit_by_another_program_in_between(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file.write_text(COMMENTED)
        sync = os.fsync

        def edited_meanwhile(handle: int) -> None:
            file.write_text("schema = 1\n")
            sync(handle)

        monkeypatch.setattr(os, "fsync", edited_meanwhile)
        with pytest.raises(StoreError, match="was changed by another program"):
            set_value(file, PORT, 7497)
        assert file.read_text() == "schema = 1\n"
        assert litter(file.parent) == []

    @pytest.mark.parametrize(
        "written", ["[connection.ibkr-paper]\nport = 7497\n", "port ="], ids=["loses keys", "breaks"]
    )
    def test_a_layout_that_the_library_edits_wrongly_is_left_alone(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, written: str
    ) -> None:
        file.write_text(COMMENTED)
        monkeypatch.setattr(tomlkit, "dumps", lambda _document: written)
        with pytest.raises(StoreError, match=r"Edit it by hand: connection.ibkr-paper.port"):
            set_value(file, PORT, 7497)
        assert file.read_text() == COMMENTED


class TestSurvives:
    def test_failing_rename_leaves_the_old_file_and_no_litter(self, file: Path) -> None:
        file.write_text(COMMENTED)

        def disk_full(_source: Path, _target: Path) -> None:
            raise OSError(28, "No space left on device")

        with pytest.raises(
            StoreError, match=r"could not be written: No space left on device\. It is as it was"
        ):
            set_value(file, PORT, 7497, replace=disk_full)
        assert file.read_text() == COMMENTED
        assert litter(file.parent) == []

    def test_at_the_moment_of_the_rename_both_contents_are_whole_on_disk(self, file: Path) -> None:
        file.write_text(COMMENTED)
        seen: list[tuple[str, str]] = []

        def watched(source: Path, target: Path) -> None:
            seen.append((source.read_text(), target.read_text()))
            os.replace(source, target)

        set_value(file, PORT, 7497, replace=watched)
        assert seen == [(COMMENTED.replace("4002", "7497"), COMMENTED)]

    def test_new_content_is_synced_before_and_the_directory_after_the_rename(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file.write_text(COMMENTED)
        steps: list[str] = []
        sync = os.fsync

        def synced(handle: int) -> None:
            found = os.fstat(handle)
            steps.append("directory" if stat.S_ISDIR(found.st_mode) else f"file of {found.st_size}")
            sync(handle)

        def renamed(source: Path, target: Path) -> None:
            steps.append("rename")
            os.replace(source, target)

        monkeypatch.setattr(os, "fsync", synced)
        set_value(file, PORT, 7497, replace=renamed)
        assert steps[-3:] == [f"file of {len(COMMENTED)}", "rename", "directory"]

    def test_unconfirmed_rename_is_said_and_not_called_a_failure(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sync = os.fsync

        def fails_on_directories(handle: int) -> None:
            if stat.S_ISDIR(os.fstat(handle).st_mode):
                raise OSError(5, "Input/output error")
            sync(handle)

        monkeypatch.setattr(os, "fsync", fails_on_directories)
        with pytest.raises(StoreError, match="was written, but the disk did not confirm it"):
            set_value(file, PORT, 7497)
        assert load(Sources(file)).settings.connection.ibkr_paper.port == 7497

    def test_backup_holds_the_content_before_the_last_write(self, file: Path) -> None:
        file.write_text(COMMENTED)
        written = set_value(file, PORT, 7497)
        assert written.backup == file.with_name("settings.toml.bak")
        assert backup_of(file).read_text() == COMMENTED
        assert written.loaded.settings.connection.ibkr_paper.port == 7497
        assert written.loaded.digest == load(Sources(file)).digest

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
    def test_mode_is_kept_for_the_file_and_its_backup(self, file: Path, mode: int) -> None:
        file.write_text(COMMENTED)
        file.chmod(mode)
        set_value(file, PORT, 7497)
        assert stat.S_IMODE(file.stat().st_mode) == mode
        assert stat.S_IMODE(backup_of(file).stat().st_mode) == mode

    def test_link_stays_a_link_and_its_target_is_written(self, file: Path, tmp_path: Path) -> None:
        target = tmp_path / "dotfiles" / "qe.toml"
        target.parent.mkdir()
        target.write_text(COMMENTED)
        file.symlink_to(target)
        set_value(file, PORT, 7497)
        assert file.is_symlink()
        assert target.read_text() == COMMENTED.replace("4002", "7497")

    def test_directory_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "occupied").write_text("a file, not a directory")
        with pytest.raises(StoreError, match="could not be written"):
            set_value(tmp_path / "occupied" / "settings.toml", PORT, 7497)


class TestNewFile:
    def test_is_made_from_a_commented_template_for_the_owner_only(self, tmp_path: Path) -> None:
        file = tmp_path / "new" / "settings.toml"
        written = set_value(file, ("broker",), "ibkr-paper")
        assert file.read_text().startswith("# Settings of qe_dashboard.")
        assert load(Sources(file)).settings.broker == "ibkr-paper"
        assert written.backup is None
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def headings() -> Iterator[str]:
    """Return the same settings in each layout that TOML allows."""
    yield "[connection.ibkr-paper]\nport = 4002\nclient_id = 3\n[connection.ibkr-live]\nport = 4001\n"
    yield "connection.ibkr-paper.port = 4002\nconnection.ibkr-paper.client_id = 3\nschema = 1\n"
    yield "[connection]\nibkr-paper.port = 4002\nibkr-paper.client_id = 3\n[connection.ibkr-live]\nport = 4001\n"
    yield "[connection]\nibkr-paper = { port = 4002, client_id = 3 }\n[display]\nquotes_fps = 9\n"
    yield "connection = { ibkr-paper = { port = 4002, client_id = 3 } }\n"
    yield (
        "[connection.ibkr-paper]\nclient_id = 3\n[limits.sim]\nallow_short = false\n"
        "[connection.ibkr-live]\nport = 4001\n"
    )
    yield '["connection"."ibkr-paper"]\n"port" = 4002 # x\n\'client_id\' = 3\n'


edits = st.dictionaries(
    st.sampled_from(
        [
            PORT,
            ("connection", "ibkr-paper", "host"),
            ("connection", "ibkr-live", "port"),
            ("limits", "sim", "max_order_qty_stock"),
            ("limits", "live", "loosen", "allow_short"),
            ("broker",),
            ("display", "quotes_fps"),
        ]
    ),
    st.none() | st.just(0),
    min_size=1,
    max_size=4,
)
GOOD: dict[tuple[str, ...], Any] = {
    PORT: 7497,
    ("connection", "ibkr-paper", "host"): "gateway",
    ("connection", "ibkr-live", "port"): 7496,
    ("limits", "sim", "max_order_qty_stock"): Decimal("12.5"),
    ("limits", "live", "loosen", "allow_short"): "hedging",
    ("broker",): "ibkr-paper",
    ("display", "quotes_fps"): 11,
}


@given(st.sampled_from(list(headings())), edits)
def test_in_any_layout_the_keys_asked_for_change_and_no_others(
    tmp_path_factory: pytest.TempPathFactory, text: str, chosen: dict[tuple[str, ...], Any]
) -> None:
    file = tmp_path_factory.mktemp("layout") / "settings.toml"
    file.write_text(text)
    before = load(Sources(file))
    values = {key: None if value is None else GOOD[key] for key, value in chosen.items()}
    try:
        after = set_values(file, values).loaded
    except StoreError:
        # Refusing a layout is honest; writing something else is not.
        assert file.read_text() == text
        return
    for path, origin in after.origins.items():
        if path in values:
            assert (str(origin) == "shipped default") is (values[path] is None)
        else:
            assert (str(origin) == "shipped default") is (str(before.origins[path]) == "shipped default")


class TestMigration:
    @staticmethod
    def renames_colour(document: Any) -> None:
        document["display"]["theme"] = document["display"].pop("colour")

    def test_rewrites_with_a_backup_and_keeps_comments(self, file: Path) -> None:
        old = '# mine\nschema = 0\n[display]\ncolour = "light" # sunny\n'
        file.write_text(old)
        step = Migration(0, "display.colour is called theme", self.renames_colour)
        written = migrate_file(file, migrations=[step])
        assert written is not None
        assert file.read_text() == '# mine\nschema = 1\n[display]\ntheme = "light" # sunny\n'
        assert backup_of(file).read_text() == old

    def test_nothing_to_do_writes_nothing(self, file: Path) -> None:
        file.write_text(COMMENTED)
        assert migrate_file(file) is None
        assert not backup_of(file).exists()

    def test_missing_file_needs_no_migration(self, file: Path) -> None:
        assert migrate_file(file) is None
