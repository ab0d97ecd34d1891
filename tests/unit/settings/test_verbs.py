"""`qe-dashboard settings ...`: words and exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from qe_dashboard.settings.layers import Override
from qe_dashboard.settings.load import Sources
from qe_dashboard.settings.migrate import Migration
from qe_dashboard.settings.verbs import Outcome, check_verb, path_verb, set_verb, show_verb


def rows(outcome: Outcome) -> dict[str, list[str]]:
    return {line.split()[0]: line.split() for line in outcome.text.splitlines()}


def test_path_is_the_path_and_nothing_else(file: Path) -> None:
    assert path_verb(file) == Outcome(str(file), 0)


class TestShow:
    def test_every_value_with_its_unit_and_where_it_comes_from(self, file: Path) -> None:
        file.write_text('schema = 1\n[connection.ibkr-paper]\naccount = "DU1234567"\n')
        environ = {"QE__LIMITS__PAPER__MAX_ORDER_QTY_STOCK": "5"}
        outcome = show_verb(Sources(file, environ, [Override(("broker",), "--profile", "ibkr-paper")]))
        found = rows(outcome)
        assert outcome.code == 0
        assert found["broker"] == ["broker", '"ibkr-paper"', "--profile"]
        assert found["connection.ibkr-paper.account"][1:] == ['"DU***567"', f"{file}:3"]
        assert found["limits.paper.max_order_qty_stock"][1:] == [
            "5",
            "shares",
            "environment",
            "QE__LIMITS__PAPER__MAX_ORDER_QTY_STOCK",
        ]
        assert found["simulated.seed"][1:] == ["7", "shipped", "default"]
        assert "limits.live.loosen.allow_short" not in found

    def test_reasons_that_are_given_are_listed(self, file: Path) -> None:
        file.write_text('[limits.live]\nallow_short = true\nloosen.allow_short = "hedging"\n')
        assert rows(show_verb(Sources(file)))["limits.live.loosen.allow_short"][1:] == [
            '"hedging"',
            f"{file}:3",
        ]

    def test_invalid_settings_end_in_2(self, file: Path) -> None:
        file.write_text("zzz = 1\n")
        outcome = show_verb(Sources(file))
        assert outcome.code == 2
        assert outcome.text == (
            "Settings refused, 1 problem. Nothing was started and no order was touched.\n"
            f"  {file}:1: zzz = 1: no setting has this name"
        )


class TestCheck:
    def test_valid(self, file: Path) -> None:
        file.write_text("schema = 1\n")
        assert check_verb(Sources(file)) == Outcome(f"Settings are valid ({file}); profile sim.", 0)

    def test_no_file(self, file: Path) -> None:
        assert check_verb(Sources(file)).text == (
            f"Settings are valid (no file at {file}, shipped defaults); profile sim."
        )

    def test_warnings_do_not_fail(self, file: Path) -> None:
        file.write_text("limits.paper.max_orders_per_minute = 5\n")
        outcome = check_verb(Sources(file))
        assert outcome.code == 0
        assert outcome.text.startswith(
            "Warning: limits.paper.max_orders_per_symbol_10s = 10 can never be reached"
        )

    @pytest.mark.parametrize(
        "text",
        [
            'broker = "ibkr-live"\n',
            'limits.live.max_order_qty_stock = "off"\n',
            "broken = \n",
            "schema = 2\n",
        ],
    )
    def test_errors_end_in_2(self, file: Path, text: str) -> None:
        file.write_text(text)
        outcome = check_verb(Sources(file))
        assert outcome.code == 2
        assert str(file) in outcome.text

    def test_migrating_a_current_file_leaves_it_alone(self, file: Path) -> None:
        file.write_text("schema = 1\n")
        assert check_verb(Sources(file), migrate=True) == check_verb(Sources(file))
        assert list(file.parent.iterdir()) == [file]

    def test_migrating_an_older_file_says_where_the_old_one_is(self, file: Path) -> None:
        file.write_text("schema = 0\n")
        step = Migration(0, "nothing but the number", lambda _document: None)
        outcome = check_verb(Sources(file), migrate=True, migrations=[step])
        assert outcome.code == 0
        assert outcome.text.startswith(
            f"{file} was rewritten; the old one is {file}.bak.\nSettings are valid"
        )

    def test_migrating_broken_syntax_ends_in_2(self, file: Path) -> None:
        file.write_text("broken = \n")
        assert check_verb(Sources(file), migrate=True).code == 2


class TestSet:
    def test_says_what_changed_when_it_applies_and_where_it_was_written(self, file: Path) -> None:
        file.write_text("schema = 1\n")
        outcome = set_verb(Sources(file), "limits.live.max_order_qty_stock", "500")
        assert outcome == Outcome(
            "limits.live.max_order_qty_stock: 1000 -> 500 (tighter, at once). A running dashboard takes it at once.\n"
            f"Written to {file}.\n"
            f"The file as it was: {file}.bak.",
            0,
        )

    @pytest.mark.parametrize(
        ("key", "text", "line"),
        [
            ("broker", "ibkr-paper", 'broker = "ibkr-paper"'),
            ("broker", '"ibkr-paper"', 'broker = "ibkr-paper"'),
            ("connection.ibkr-paper.account", "DU1234567", 'account = "DU1234567"'),
            ("watchlist.symbols", '["TSLA"]', 'symbols = ["TSLA"]'),
            ("limits.paper.max_order_notional_stock", "min(5000, 5%)", '"min(5000, 5%)"'),
            ("limits.paper.max_order_qty_stock", "off", 'max_order_qty_stock = "off"'),
            ("limits.paper.allow_short", "false", "allow_short = false"),
            ("limits.live.loosen.allow_short", "hedging a long book", 'allow_short = "hedging a long book"'),
        ],
    )
    def test_values_are_toml_or_bare_words(self, file: Path, key: str, text: str, line: str) -> None:
        assert set_verb(Sources(file), key, text).code == 0
        assert line in file.read_text()

    def test_an_account_id_is_written_but_not_echoed(self, file: Path) -> None:
        outcome = set_verb(Sources(file), "connection.ibkr-paper.account", "DU1234567")
        assert "DU1234567" not in outcome.text

    def test_the_value_already_in_force(self, file: Path) -> None:
        for text in (None, "# mine\nsimulated.seed = 7\n"):
            if text is not None:
                file.write_text(text)
            said = set_verb(Sources(file), "simulated.seed", "7").text
            assert said == "simulated.seed = 7 was in force already. Nothing was written."
            assert (file.read_text() if file.exists() else None) == text
            assert not list(file.parent.glob("*.bak*"))

    def test_an_edit_of_the_profile_a_flag_selected_is_of_the_running_one(self, file: Path) -> None:
        file.write_text('broker = "sim"\n')
        flag = (Override(("broker",), "--profile", "ibkr-paper"),)
        said = set_verb(Sources(file, overrides=flag), "connection.ibkr-paper.port", "7497").text
        assert "(at once). A running dashboard takes it at once, or with Save in `connection`" in said
        without = set_verb(Sources(file), "connection.ibkr-paper.port", "4002").text
        assert "(next launch). A running dashboard takes it at its next launch." in without

    def test_a_bare_key_is_taken_for_the_selected_profiles(self, file: Path) -> None:
        flag = (Override(("broker",), "--profile", "ibkr-paper"),)
        for key, nearest in (
            ("port", "connection.ibkr-paper.port"),
            ("connection.port", "connection.ibkr-paper.port"),
            ("connection.ibkr-live.prot", "connection.ibkr-live.port"),
            ("conection.ibkr-live.port", "connection.ibkr-live.port"),
            ("allow_list", "limits.paper.allow_list"),
        ):
            assert f"Did you mean {nearest}?" in set_verb(Sources(file, overrides=flag), key, "1").text

    def test_an_edit_that_mends_the_file(self, file: Path) -> None:
        file.write_text("simulated.seed = -1\n")
        assert set_verb(Sources(file), "simulated.seed", "8").text.startswith(
            "simulated.seed = 8; the file was not valid before and is now."
        )

    def test_invalid_value_ends_in_2_and_writes_nothing(self, file: Path) -> None:
        outcome = set_verb(Sources(file), "connection.ibkr-paper.port", "0")
        assert outcome.code == 2
        assert "connection.ibkr-paper.port = 0: expected an integer from 1 to 65535" in outcome.text
        assert not file.exists()

    def test_unknown_key_ends_in_2_and_names_the_nearest(self, file: Path) -> None:
        outcome = set_verb(Sources(file), "connection.ibkr-paper.prt", "1")
        assert outcome == Outcome(
            "No setting is called connection.ibkr-paper.prt. Did you mean connection.ibkr-paper.port? "
            "Nothing was written.",
            2,
        )

    def test_unknown_key_like_no_other_points_to_the_list(self, file: Path) -> None:
        assert "`qe-dashboard settings show` lists them all" in set_verb(Sources(file), "qqq", "1").text

    def test_a_table_is_not_a_key(self, file: Path) -> None:
        assert set_verb(Sources(file), "connection", "1").code == 2

    def test_a_variable_that_overrides_it_is_mentioned(self, file: Path) -> None:
        outcome = set_verb(Sources(file, {"QE__SIMULATED__SEED": "3"}), "simulated.seed", "8")
        assert "Warning: QE__SIMULATED__SEED in the environment overrides it." in outcome.text

    def test_a_file_that_cannot_be_written_ends_in_2(self, tmp_path: Path) -> None:
        (tmp_path / "occupied").write_text("")
        outcome = set_verb(Sources(tmp_path / "occupied" / "settings.toml"), "simulated.seed", "8")
        assert outcome.code == 2
        assert "could not be written" in outcome.text
