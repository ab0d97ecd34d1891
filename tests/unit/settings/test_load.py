"""A settings error names file, line, key, value, expectation and nearest key, and all of them come at once (D29)."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from qe_dashboard.settings.layers import Override
from qe_dashboard.settings.load import Loaded, Sources, load
from qe_dashboard.settings.problems import Problem, SettingsError
from qe_dashboard.settings.schema import Settings

Load = Callable[[str], Loaded]
ProblemsOf = Callable[[str], tuple[Problem, ...]]
MessageOf = Callable[[str], str]


def refused(sources: Sources) -> str:
    with pytest.raises(SettingsError) as caught:
        load(sources)
    return str(caught.value)


class TestMessages:
    def test_wrong_type(self, message_of: MessageOf) -> None:
        assert message_of('[connection.ibkr-paper]\nport = "4002"\n') == (
            'settings.toml:2: connection.ibkr-paper.port = "4002": expected an integer from 1 to 65535'
        )

    def test_unknown_key_names_the_nearest_of_its_table(self, message_of: MessageOf) -> None:
        assert message_of("\n[limits.paper]\nmax_oder_qty_stock = 5\n") == (
            "settings.toml:3: limits.paper.max_oder_qty_stock = 5: no setting has this name; "
            "did you mean limits.paper.max_order_qty_stock?"
        )

    def test_unknown_table_names_the_nearest_table(self, message_of: MessageOf) -> None:
        assert message_of("[limits.papr]\nallow_short = false\n") == (
            "settings.toml:1: limits.papr = {allow_short = false}: no setting has this name; "
            "did you mean limits.paper?"
        )

    def test_key_in_the_wrong_table_names_where_it_belongs(self, message_of: MessageOf) -> None:
        assert message_of("port = 4002\n") == (
            "settings.toml:1: port = 4002: no setting has this name; did you mean connection.ibkr-paper.port?"
        )

    def test_key_like_no_other_gets_no_suggestion(self, message_of: MessageOf) -> None:
        assert message_of("zzz = 1\n") == "settings.toml:1: zzz = 1: no setting has this name"

    def test_equal_client_ids(self, message_of: MessageOf) -> None:
        text = "[connection.ibkr-paper]\nclient_id = 5\norder_client_id = 5\n"
        assert message_of(text) == (
            "settings.toml:3: connection.ibkr-paper.order_client_id = 5: "
            'expected "auto" or an id other than client_id, which is 5 too'
        )

    def test_equal_client_ids_when_one_is_the_default(self, message_of: MessageOf) -> None:
        assert "order_client_id = 1: expected" in message_of("connection.ibkr-live.order_client_id = 1\n")

    def test_a_shipped_value_that_does_not_fit_is_reported_where_the_other_was_written(
        self, message_of: MessageOf
    ) -> None:
        assert message_of("[connection.ibkr-paper]\nretry_min_s = 31\n") == (
            "settings.toml:2: connection.ibkr-paper.retry_max_s = 30: expected at least retry_min_s, which is 31"
        )

    def test_negative_limit(self, message_of: MessageOf) -> None:
        assert message_of("[limits.sim]\nmax_order_notional_stock = -1500\n") == (
            "settings.toml:2: limits.sim.max_order_notional_stock = -1500: expected a positive amount "
            '(account currency), "min(AMOUNT, PERCENT%)" with a share of NLV, or "off"'
        )

    def test_wrong_broker(self, message_of: MessageOf) -> None:
        assert message_of('broker = "paper"\n') == (
            'settings.toml:1: broker = "paper": expected "sim", "ibkr-paper" or "ibkr-live"'
        )

    @pytest.mark.parametrize("table", ["display", "connection", "limits.live", "limits.live.loosen"])
    def test_value_where_a_table_belongs(self, message_of: MessageOf, table: str) -> None:
        assert message_of(f"{table} = 3\n") == f"settings.toml:1: {table} = 3: expected a table"

    def test_off_on_live_without_a_reason(self, message_of: MessageOf) -> None:
        assert message_of('[limits.live]\nmax_order_qty_stock = "off"\n') == (
            'settings.toml:2: limits.live.max_order_qty_stock = "off": looser than the shipped live default 1000; '
            "expected a tighter value, or your reason in the settings file: "
            '[limits.live.loosen] max_order_qty_stock = "why"'
        )

    def test_unknown_limit_among_the_reasons(self, message_of: MessageOf) -> None:
        message = message_of('[limits.live.loosen]\nmax_order_qty_stok = "big account"\n')
        assert message.startswith(
            'settings.toml:2: limits.live.loosen.max_order_qty_stok = "big account": expected the name of a limit: '
            "max_order_qty_stock, "
        )
        assert message.endswith("; did you mean limits.live.loosen.max_order_qty_stock?")

    def test_blank_reason(self, message_of: MessageOf) -> None:
        text = '[limits.live.loosen]\nallow_short = "  "\n'
        assert message_of(text) == (
            'settings.toml:2: limits.live.loosen.allow_short = "  ": expected a reason in words'
        )

    def test_reason_that_is_no_text_for_a_limit_that_is_none(self, message_of: MessageOf) -> None:
        assert message_of("limits.live.loosen.foo = 3\n") == (
            "settings.toml:1: limits.live.loosen.foo = 3: expected a reason in words"
        )

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("broker = \n", ":1:10: broken TOML: invalid value"),
            ("schema = 1\n[limits.sim\nx = 1\n", ":2:12: broken TOML: expected ']'"),
            ("watchlist = [1,\n", ":1:16: broken TOML: "),
            ("schema = 1\nschema = 1\n", ":2:11: broken TOML: cannot overwrite a value"),
        ],
    )
    def test_broken_toml_names_line_and_column(self, message_of: MessageOf, text: str, place: str) -> None:
        assert place in message_of(text)

    def test_text_that_is_not_utf8_names_the_line(self, file: Path) -> None:
        file.write_bytes(b'schema = 1\nbroker = "\xff"\n')
        assert refused(Sources(file)) == f"{file}:2: expected UTF-8 text, found the byte 0xff"

    def test_unreadable_file_gives_the_systems_reason(self, tmp_path: Path) -> None:
        assert refused(Sources(tmp_path)) == f"{tmp_path}: cannot be read: Is a directory"

    def test_dangling_link_is_not_taken_for_no_settings(self, file: Path, tmp_path: Path) -> None:
        file.symlink_to(tmp_path / "gone")
        assert "cannot be read: No such file" in refused(Sources(file))

    def test_report_ends_the_headline_in_what_it_means(self, problems_of: ProblemsOf) -> None:
        error = SettingsError(problems_of("a = 1\nb = 2\n"))
        assert error.report("The last good settings stay in force.").split("\n")[0] == (
            "Settings refused, 2 problems. The last good settings stay in force."
        )
        assert len(error.report("").split("\n")) == 3


class TestAllAtOnce:
    def test_every_problem_of_every_source_in_order_of_lines(self, file: Path) -> None:
        file.write_text(
            'brokr = "sim"\n'
            "[connection.ibkr-paper]\n"
            "client_id = 7\n"
            "order_client_id = 7\n"
            "port = 0\n"
            "[limits.live]\n"
            "max_order_qty_future = 3\n"
            "max_order_qty_stock = -1\n"
        )
        sources = Sources(file, {"QE__DISPLAY__THEME": "neon"}, [Override(("display", "fps"), "--fps", "3")])
        with pytest.raises(SettingsError) as caught:
            load(sources)
        assert [(problem.line, problem.key) for problem in caught.value.problems] == [
            (None, "display.fps"),
            (1, "brokr"),
            (4, "connection.ibkr-paper.order_client_id"),
            (5, "connection.ibkr-paper.port"),
            (7, "limits.live.max_order_qty_future"),
            (8, "limits.live.max_order_qty_stock"),
            (None, "display.theme"),
        ]

    def test_a_key_is_not_blamed_for_a_neighbour_that_is_wrong_itself(self, problems_of: ProblemsOf) -> None:
        problems = problems_of('[connection.ibkr-paper]\nclient_id = "x"\norder_client_id = 1\n')
        assert [problem.key for problem in problems] == ["connection.ibkr-paper.client_id"]

    def test_broken_file_and_bad_variable_are_both_reported(self, file: Path) -> None:
        file.write_text("broker = \n")
        assert refused(Sources(file, {"QE__SIMULATED__SEED": "x"})).count("\n") == 1


class TestPrecedence:
    def test_without_any_source_the_shipped_defaults_hold(self, file: Path) -> None:
        loaded = load(Sources(file))
        assert loaded.settings == Settings()
        assert {str(origin) for origin in loaded.origins.values()} == {"shipped default"}
        assert loaded.digest == ""

    def test_file_over_defaults_environment_over_file_command_line_over_all(self, file: Path) -> None:
        file.write_text("[simulated]\nseed = 1\nstarting_cash = 1\n[display]\nquotes_fps = 1\n")
        environ = {"QE__SIMULATED__STARTING_CASH": "2.50", "QE__DISPLAY__QUOTES_FPS": "2"}
        loaded = load(Sources(file, environ, [Override(("display", "quotes_fps"), "--fps", "3")]))
        assert loaded.settings.simulated.seed == 1
        assert loaded.settings.simulated.starting_cash == Decimal("2.50")
        assert loaded.settings.display.quotes_fps == 3
        origins = loaded.origins
        assert str(origins["simulated", "seed"]) == f"{file}:2"
        assert str(origins["simulated", "starting_cash"]) == "environment QE__SIMULATED__STARTING_CASH"
        assert str(origins["display", "quotes_fps"]) == "--fps"
        assert str(origins["display", "theme"]) == "shipped default"

    def test_a_list_replaces_the_list_below(self, load_text: Load) -> None:
        assert load_text('watchlist.symbols = ["TSLA"]\n').settings.watchlist.symbols == ("TSLA",)

    def test_environment_names_turn_hyphens_into_underscores(self, file: Path) -> None:
        environ = {"QE__CONNECTION__IBKR_PAPER__PORT": "7497", "QE__CONNECTION__IBKR_PAPER__ACCOUNT": "DU1"}
        paper = load(Sources(file, environ)).settings.connection.ibkr_paper
        assert (paper.port, paper.account) == (7497, "DU1")

    @pytest.mark.parametrize(
        ("name", "text", "shown"),
        [
            ("QE__DIAGNOSTICS__LOG_LEVEL", '"DEBUG"', "DEBUG"),
            ("QE__DIAGNOSTICS__LOG_LEVEL", " DEBUG ", "DEBUG"),
            ("QE__CONNECTION__IBKR_PAPER__ACCOUNT", "123", "123"),
            ("QE__LIMITS__PAPER__ALLOW_LIST", '["TSLA"]', ("TSLA",)),
            ("QE__LIMITS__PAPER__MAX_ORDER_QTY_STOCK", "off", None),
            ("QE__CONNECTION__IBKR_PAPER__ORDER_CLIENT_ID", "auto", "auto"),
        ],
    )
    def test_environment_values_are_toml_or_bare_words(
        self, file: Path, name: str, text: str, shown: object
    ) -> None:
        settings = load(Sources(file, {name: text})).settings
        paper = settings.connection.ibkr_paper
        found = {
            "LOG_LEVEL": settings.diagnostics.log_level,
            "ACCOUNT": paper.account,
            "ALLOW_LIST": settings.limits.paper.allow_list,
            "MAX_ORDER_QTY_STOCK": settings.limits.paper.max_order_qty_stock,
            "ORDER_CLIENT_ID": paper.order_client_id,
        }
        assert found[name.rpartition("__")[2]] == shown

    def test_a_value_cannot_smuggle_in_a_second_key(self, file: Path) -> None:
        sources = Sources(file, {"QE__SIMULATED__SEED": '5\nbroker = "ibkr-paper"'})
        assert load(sources).settings.broker == "sim"

    def test_unknown_variable_names_the_nearest(self, file: Path) -> None:
        assert refused(Sources(file, {"QE__CONNECTION__IBKR_PAPER__PRT": "1"})) == (
            'environment QE__CONNECTION__IBKR_PAPER__PRT: no setting has this name, its value "1" was not used; '
            "did you mean QE__CONNECTION__IBKR_PAPER__PORT?"
        )

    def test_bad_value_names_the_variable(self, file: Path) -> None:
        assert refused(Sources(file, {"QE__CONNECTION__IBKR_PAPER__PORT": "none"})) == (
            "environment QE__CONNECTION__IBKR_PAPER__PORT: connection.ibkr-paper.port = "
            '"none": expected an integer from 1 to 65535'
        )

    def test_other_variables_of_ours_are_not_settings(self, file: Path) -> None:
        load(Sources(file, {"QE_LIVE_TRADING": "I_MEAN_IT", "QE_DASHBOARD_HOME": "/x"}))


class TestLive:
    """D17, D19: what real money needs."""

    @pytest.mark.parametrize("text", ["ibkr-live", '"ibkr-live"', "'ibkr-live'", '"ibkr\\u002dlive"'])
    def test_environment_cannot_select_real_money(self, file: Path, text: str) -> None:
        message = refused(Sources(file, {"QE__BROKER": text}))
        assert 'real money is chosen only by broker = "ibkr-live" in the settings file' in message

    def test_command_line_cannot_select_real_money_even_when_the_file_does(self, file: Path) -> None:
        file.write_text('broker = "ibkr-live"\nlimits.live.allow_list = ["AAPL"]\n')
        message = refused(Sources(file, {}, [Override(("broker",), "--profile", "ibkr-live")]))
        assert message.startswith("--profile: broker = ")

    @pytest.mark.parametrize("profile", ["sim", "ibkr-paper"])
    def test_command_line_can_step_down_from_real_money(self, file: Path, profile: str) -> None:
        file.write_text('broker = "ibkr-live"\n')
        loaded = load(Sources(file, {}, [Override(("broker",), "--profile", profile)]))
        assert loaded.settings.broker == profile

    def test_the_file_selects_real_money(self, load_text: Load) -> None:
        loaded = load_text('broker = "ibkr-live"\nlimits.live.allow_list = ["AAPL"]\n')
        assert loaded.settings.broker == "ibkr-live"

    def test_absent_allow_list_is_refused_at_the_broker_line(self, message_of: MessageOf) -> None:
        assert message_of('schema = 1\nbroker = "ibkr-live"\n') == (
            "settings.toml:2: limits.live.allow_list = []: ibkr-live must name the symbols in which it may add "
            'risk, such as ["AAPL", "MNQ"]; exits always pass'
        )

    def test_empty_allow_list_is_refused_at_its_own_line(self, problems_of: ProblemsOf) -> None:
        (problem,) = problems_of('broker = "ibkr-live"\n[limits.live]\nallow_list = []\n')
        assert problem.line == 3

    def test_empty_allow_list_is_reported_together_with_other_problems(self, problems_of: ProblemsOf) -> None:
        keys = [problem.key for problem in problems_of('broker = "ibkr-live"\nx = 1\n')]
        assert keys == ["limits.live.allow_list", "x"]

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("max_order_qty_stock", "1001"),
            ("max_order_qty_future", "3"),
            ("max_order_notional_stock", '"min(25001, 10%)"'),
            ("max_order_notional_stock", '"min(25000, 11%)"'),
            ("max_order_notional_stock", "25000"),
            ("duplicate_window_s", "9"),
            ("duplicate_window_s", '"off"'),
            ("max_orders_per_minute", "11"),
            ("max_orders_per_symbol_10s", '"off"'),
            ("max_messages_per_second", "41"),
            ("ack_timeout_s", "6"),
            ("allow_short", "true"),
        ],
    )
    def test_looser_than_shipped_needs_a_reason_and_is_taken_with_one(
        self, load_text: Load, message_of: MessageOf, key: str, value: str
    ) -> None:
        text = f"[limits.live]\n{key} = {value}\n"
        assert f"limits.live.{key} = {value}: looser than the shipped live default" in message_of(text)
        loaded = load_text(f'{text}[limits.live.loosen]\n{key} = "because"\n')
        assert loaded.settings.limits.live.loosened() == (key,)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("max_order_qty_stock", "999"),
            ("max_order_notional_stock", '"min(25000, 9%)"'),
            ("duplicate_window_s", "11"),
            ("ack_timeout_s", "4"),
            ("allow_list", '["AAPL"]'),
        ],
    )
    def test_tighter_than_shipped_needs_no_reason(self, load_text: Load, key: str, value: str) -> None:
        assert load_text(f"[limits.live]\n{key} = {value}\n").settings.limits.live.loosened() == ()

    @pytest.mark.parametrize("amount", [5000, 25000])
    def test_a_flat_amount_says_how_to_keep_the_share(self, message_of: MessageOf, amount: int) -> None:
        message = message_of(f"limits.live.max_order_notional_stock = {amount}\n")
        assert (
            f'in a small account (write "min({amount}, 10%)" to keep the share of net liquidation)' in message
        )

    def test_a_reason_from_the_environment_does_not_count(self, file: Path) -> None:
        message = refused(Sources(file, {"QE__LIMITS__LIVE__LOOSEN__ALLOW_SHORT": "why not"}))
        assert "counts only in the settings file" in message

    def test_environment_can_tighten_but_not_loosen_a_live_limit(self, file: Path) -> None:
        tight = load(Sources(file, {"QE__LIMITS__LIVE__MAX_ORDER_QTY_STOCK": "10"}))
        assert tight.settings.limits.live.max_order_qty_stock == 10
        message = refused(Sources(file, {"QE__LIMITS__LIVE__MAX_ORDER_QTY_STOCK": "5000"}))
        assert "looser than the shipped live default 1000" in message


def test_a_newer_layout_names_both_and_judges_nothing_else(message_of: MessageOf) -> None:
    assert message_of("schema = 2\nnew_key = 1\n") == (
        "settings.toml:1: schema = 2: this file was written for layout 2, this program reads layout 1; "
        "expected an older file or a newer program, so nothing in it was used"
    )


def test_a_changed_shipped_file_cannot_loosen_live_unnoticed(file: Path, tmp_path: Path) -> None:
    (tmp_path / "default.toml").write_text("limits.live.max_order_qty_stock = 99999\n")
    assert "looser than the shipped live default 1000" in refused(Sources(file, shipped=tmp_path))


def test_a_changed_shipped_file_cannot_select_real_money(file: Path, tmp_path: Path) -> None:
    (tmp_path / "default.toml").write_text('broker = "ibkr-live"\nlimits.live.allow_list = ["AAPL"]\n')
    assert refused(Sources(file, shipped=tmp_path)) == (
        'shipped default: broker = "ibkr-live": expected the user\'s settings file to choose real money, '
        "never the shipped one; reinstall"
    )
