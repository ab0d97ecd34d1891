"""The command line: the dashboard, and verbs that print and exit. `--help` and `--version` load next to nothing."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from qe_dashboard import __version__

OK = 0
REFUSED = 2

VERBS = {
    "doctor": "check the connection to TWS or IB Gateway: each rung, the first failure and its fix",
    "gateway-sim": "serve the simulated venue over the TWS API protocol",
    "settings": "path | show | check | set KEY VALUE",
    "journal": "verify | tail | export of a profile's journal",
    "sim": "reset: start a new simulated account",
    "bundle": "write a masked zip file for whoever helps you; nothing is sent",
}


class _Parser(argparse.ArgumentParser):
    """Errors name the nearest verb and never fall through to a default action (R34)."""

    def error(self, message: str) -> NoReturn:
        self.exit(
            REFUSED,
            f"{self.prog}: {message}\nNothing was started. `{self.prog} --help` lists what there is.\n",
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit code.

    0 well, 2 refused, 3 something is wrong, 4 profile in use, 5 could not check.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    verb = _verb_of(arguments)
    parser = _parser()
    if verb is not None and verb not in VERBS:
        close = difflib.get_close_matches(verb, VERBS, n=1)
        hint = f" Did you mean `{close[0]}`?" if close else f" There are: {', '.join(VERBS)}."
        parser.error(f"there is no verb `{verb}`.{hint}")
    options = parser.parse_args(arguments)
    match options.verb:
        case None:
            return _dashboard(options)
        case "gateway-sim":
            from qe_dashboard.gateway_sim.cli import run

            return run(options)
        case "settings":
            return _settings(options)
        case "journal":
            return _journal(options)
        case "doctor":
            return _doctor(options)
        case "bundle":
            return _bundle(options)
        case _:
            return _sim(options)


def _verb_of(arguments: Sequence[str]) -> str | None:
    """Return the first word that is neither an option nor the value of one that may stand before the verb."""
    words = iter(arguments)
    for word in words:
        if word in ("--profile", "--settings"):
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="qe-dashboard",
        description="A keyboard-driven terminal for Interactive Brokers. Without a verb it opens the dashboard.",
    )
    parser.add_argument("--version", action="version", version=f"qe-dashboard {__version__}")
    _add_places(parser)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", parser_class=_Parser)
    gateway = verbs.add_parser("gateway-sim", help=VERBS["gateway-sim"])
    _add_gateway_arguments(gateway)
    settings = verbs.add_parser("settings", help=VERBS["settings"])
    settings.add_argument("act", metavar="path|show|check|set", choices=("path", "show", "check", "set"))
    settings.add_argument("key", nargs="?")
    settings.add_argument("value", nargs="?")
    settings.add_argument(
        "--migrate", action="store_true", help="check: rewrite a file of an older layout first"
    )
    _add_places(settings, again=True)
    journal = verbs.add_parser("journal", help=VERBS["journal"])
    journal.add_argument("act", metavar="verify|tail|export", choices=("verify", "tail", "export"))
    journal.add_argument("path", nargs="?", help="export: the CSV file to write")
    journal.add_argument("--count", type=int, default=20, help="tail: how many rows (20)")
    journal.add_argument("--json", action="store_true", help="tail: one JSON object per line")
    _add_places(journal, again=True)
    sim = verbs.add_parser("sim", help=VERBS["sim"])
    sim.add_argument("act", metavar="reset", choices=("reset",))
    _add_places(sim, again=True)
    doctor = verbs.add_parser("doctor", help=VERBS["doctor"], description=_DOCTOR_ABOUT)
    doctor.add_argument("--json", action="store_true", help="one JSON object instead of text")
    _add_places(doctor, again=True)
    bundle = verbs.add_parser("bundle", help=VERBS["bundle"])
    bundle.add_argument("path", nargs="?", help="the zip file to write; an existing one is left alone")
    _add_places(bundle, again=True)
    return parser


def _add_places(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    # Given before or after the verb; after it, an absent option must not undo the one before.
    default = argparse.SUPPRESS if again else None
    parser.add_argument("--profile", choices=("sim", "ibkr-paper"), default=default, help=_PROFILE_HELP)
    parser.add_argument("--settings", metavar="PATH", default=default, help="use this settings.toml")


_PROFILE_HELP = "profile of this launch; ibkr-live is chosen in settings.toml only"


_DOCTOR_ABOUT = (
    "Climbs the connection ladder with client ids of its own: it arms nothing, sends no order and disconnects. "
    'A live connection is checked when settings.toml says broker = "ibkr-live". '
    "Exit code: 0 all rungs pass or do not apply, 2 settings not valid, 3 a rung failed, 5 could not check everything."
)


def _add_gateway_arguments(parser: argparse.ArgumentParser) -> None:
    from qe_dashboard.gateway_sim.cli import add_arguments

    add_arguments(parser)


def _dashboard(options: argparse.Namespace) -> int:
    # Before Textual is imported: at its default 60 a key waits 17-33 ms behind a repaint, at 240 it is 4-8 ms.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    # A shell may export the size it once had; Textual would believe that before the terminal's own word.
    for stale in ("COLUMNS", "LINES"):
        os.environ.pop(stale, None)
    from qe_dashboard.bootstrap.launch import make_launch
    from qe_dashboard.settings.problems import SettingsError
    from qe_dashboard.settings.quick import peek

    launch = make_launch(environ=os.environ, profile=options.profile, settings=options.settings)
    try:
        first = peek(launch.home.settings_file, profile=options.profile, environ=os.environ)
    except SettingsError as error:
        print(error.report("Nothing was started and no order was touched."), file=sys.stderr)
        return REFUSED
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("The dashboard needs a terminal; run it in one, not through a pipe.", file=sys.stderr)
        return REFUSED
    from qe_dashboard.bootstrap.screen import run_dashboard

    return run_dashboard(launch, first)


def _settings(options: argparse.Namespace) -> int:
    from qe_dashboard.bootstrap.launch import make_launch
    from qe_dashboard.settings.load import Sources
    from qe_dashboard.settings.verbs import check_verb, path_verb, set_verb, show_verb

    launch = make_launch(environ=os.environ, settings=options.settings)
    sources = Sources(launch.home.settings_file, os.environ)
    match options.act:
        case "path":
            outcome = path_verb(launch.home.settings_file)
        case "show":
            outcome = show_verb(sources)
        case "check":
            outcome = check_verb(sources, migrate=options.migrate)
        case _:
            if options.key is None or options.value is None:
                return _say(
                    "settings set needs KEY and VALUE, as in: settings set limits.paper.allow_short false",
                    REFUSED,
                )
            outcome = set_verb(sources, options.key, options.value)
    return _say(outcome.text, outcome.code)


def _journal(options: argparse.Namespace) -> int:
    from qe_dashboard.bootstrap.launch import make_launch
    from qe_dashboard.bootstrap.verbs import journal_verb

    launch = make_launch(environ=os.environ, profile=options.profile, settings=options.settings)
    return _say(*journal_verb(launch, options))


def _sim(options: argparse.Namespace) -> int:
    from qe_dashboard.bootstrap.launch import make_launch
    from qe_dashboard.bootstrap.verbs import sim_reset

    return _say(*sim_reset(make_launch(environ=os.environ, settings=options.settings)))


def _doctor(options: argparse.Namespace) -> int:
    from qe_dashboard.bootstrap.doctor import as_json, as_text, diagnose
    from qe_dashboard.bootstrap.launch import make_launch

    found = diagnose(make_launch(environ=os.environ, profile=options.profile, settings=options.settings))
    if options.json:
        print(as_json(found))
    else:
        print(as_text(found), file=sys.stdout if found.ladder is not None else sys.stderr)
    return found.code


def _bundle(options: argparse.Namespace) -> int:
    from qe_dashboard.bootstrap.bundle import bundle
    from qe_dashboard.bootstrap.launch import make_launch

    launch = make_launch(environ=os.environ, profile=options.profile, settings=options.settings)
    print("Collecting; the connection is checked too, for up to 20 s.", file=sys.stderr)
    return _say(*bundle(launch, options.path))


def _say(text: str, code: int) -> int:
    print(text, file=sys.stdout if code == OK else sys.stderr)
    return code
