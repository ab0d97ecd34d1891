"""Logging to rotating, redacted files and never to the terminal, which belongs to the dashboard."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from qe_dashboard.core.errors import ConfigurationError
from qe_dashboard.core.log_ring import LogRing
from qe_dashboard.core.plain_file import refuse_special
from qe_dashboard.core.redact import redact

FILE_NAME = "qe_dashboard.log"
MAX_BYTES = 5 * 1024 * 1024
BACKUPS = 5

log = logging.getLogger(__name__)

_active: _Logging | None = None


def configure(directory: Path, level: str | int = logging.INFO, *, ring: LogRing | None = None) -> Path:
    """Send all logging to a file in the directory, and to a ring, and return its path; again replaces the earlier one.

    Raises ConfigurationError when the directory cannot be written (R21).
    """
    global _active
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handler = _SurvivingFileHandler(directory / FILE_NAME)
    except OSError as error:
        raise ConfigurationError(
            f"The log directory {directory} cannot be written: {error.strerror or error}.",
            meaning="Nothing was started and no order was touched: without a log no fault could be traced.",
            remedy="Make it writable, or point QE_DASHBOARD_HOME at a directory that is.",
        ) from error
    shutdown()
    _active = _Logging([handler] if ring is None else [handler, ring], level)
    return directory / FILE_NAME


def shutdown() -> None:
    """Close the log file and give the interpreter its own logging back."""
    global _active
    if _active is not None:
        _active.close()
        _active = None


class _Logging:
    """The process-wide state that logging to a file takes, put back on close.

    ib_insync, ib_async and eventkit pass their records to the root logger, so they need nothing of their own.
    """

    def __init__(self, handlers: list[logging.Handler], level: str | int) -> None:
        root = logging.getLogger()
        self._handlers = handlers
        self._root_level = root.level
        self._last_resort = logging.lastResort
        self._hooks = (sys.unraisablehook, threading.excepthook)
        # A library's basicConfig or Python's last resort would write into the middle of the screen.
        self._muted = [other for other in root.handlers if _writes_to_terminal(other)]
        for other in self._muted:
            root.removeHandler(other)
        for handler in handlers:
            root.addHandler(handler)
        root.setLevel(level)
        logging.lastResort = None
        logging.captureWarnings(True)
        sys.unraisablehook = _log_unraisable
        threading.excepthook = _log_thread_crash

    def close(self) -> None:
        root = logging.getLogger()
        for handler in self._handlers:
            root.removeHandler(handler)
        for other in self._muted:
            root.addHandler(other)
        root.setLevel(self._root_level)
        logging.lastResort = self._last_resort
        logging.captureWarnings(False)
        sys.unraisablehook, threading.excepthook = self._hooks
        for handler in self._handlers:
            handler.close()


class _SurvivingFileHandler(RotatingFileHandler):
    """A rotating file, opened again when somebody moves or deletes it (R17). It never writes to stderr."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8")
        self.setFormatter(_RedactingFormatter())
        self._dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        try:
            reopened = self._reopen_if_lost()
        except OSError:
            # The directory cannot be made again yet; the next record tries anew.
            self._dropped += 1
            return
        if reopened:
            super().emit(_lost_file_record(self.baseFilename, self._dropped))
            self._dropped = 0
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class names it
        """Drop the record: the default prints to stderr, which is the trader's screen."""
        self._dropped += 1

    def _open(self) -> TextIOWrapper:
        """Open the file; a FIFO in its place would block the program until somebody reads it. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            refuse_special(os.stat(self.baseFilename).st_mode, Path(self.baseFilename))
        return super()._open()

    def _reopen_if_lost(self) -> bool:
        lost = self.stream
        try:
            # Without a stream when the last rotation failed half-way.
            if lost is not None and os.path.samestat(os.fstat(lost.fileno()), os.stat(self.baseFilename)):
                return False
        except FileNotFoundError:
            pass
        os.makedirs(os.path.dirname(self.baseFilename), exist_ok=True)
        self.stream = self._open()
        if lost is not None:
            lost.close()
        return True


class _RedactingFormatter(logging.Formatter):
    """UTC with milliseconds, level, logger, message; the whole record redacted, tracebacks included."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-8s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - as above
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _writes_to_terminal(handler: logging.Handler) -> bool:
    streams = (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)
    return isinstance(handler, logging.StreamHandler) and handler.stream in streams


def _lost_file_record(path: str, dropped: int) -> logging.LogRecord:
    message = "the log file was moved or deleted while in use; opened again as %s, records lost: %d"
    return log.makeRecord(log.name, logging.WARNING, __file__, 0, message, (path, dropped), None)


def _log_unraisable(event: sys.UnraisableHookArgs) -> None:
    log.error("%s: %r", event.err_msg or "exception ignored in", event.object, exc_info=event.exc_value)


def _log_thread_crash(event: threading.ExceptHookArgs) -> None:
    name = event.thread.name if event.thread is not None else "unknown"
    log.error("thread %s crashed", name, exc_info=event.exc_value)
