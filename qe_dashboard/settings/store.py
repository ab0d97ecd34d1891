"""Write the settings file: comments and order kept, validated first, atomic, with a backup."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import InlineTable

from qe_dashboard.settings.content import decode, read_if_present
from qe_dashboard.settings.load import Loaded, Sources, load_bytes
from qe_dashboard.settings.migrate import MIGRATIONS, Migration, migrated
from qe_dashboard.settings.paths import make_directory
from qe_dashboard.settings.problems import SettingsError, parse_toml
from qe_dashboard.settings.values import flattened, key_text, toml_text

Replace = Callable[[Path, Path], None]

TEMPLATE = """\
# Settings of qe_dashboard. A key that is absent has its shipped default.
# `qe-dashboard settings show` lists every key, its value and where it comes from.

schema = 1
"""
# A new file may come to hold an account id.
_NEW_FILE_MODE = 0o600


class StoreError(Exception):
    """The file could not be written, in words; what was there before is still there."""


@dataclass(frozen=True, slots=True)
class Written:
    """A finished write: what the file now gives, and the copy of what it was (None when it was new)."""

    loaded: Loaded
    backup: Path | None


def set_value(path: Path, key: tuple[str, ...], value: Any, *, replace: Replace = os.replace) -> Written:
    """Set one key of the file; None removes it, so that the shipped default holds again.

    Raise SettingsError when the result would not be valid and StoreError when it could not be written.
    """
    return set_values(path, {key: value}, replace=replace)


def set_values(
    path: Path, values: Mapping[tuple[str, ...], Any], *, replace: Replace = os.replace
) -> Written:
    """Set several keys at once, so that two that belong together never stand half changed."""
    before = read_if_present(path)
    text = TEMPLATE if before is None else decode(before, path)
    # tomllib's error first: it names line and column.
    parse_toml(text, str(path))
    document = tomlkit.parse(text)
    for key, value in values.items():
        _edit(document, key, value)
    after = tomlkit.dumps(document)
    _prove_edit(path, before=text, after=after, values=values)
    return _write(path, before=before, text=after, replace=replace)


def migrate_file(
    path: Path, *, migrations: Sequence[Migration] = MIGRATIONS, replace: Replace = os.replace
) -> Written | None:
    """Rewrite the file in the current layout, with a backup; None when there is nothing to do."""
    before = read_if_present(path)
    if before is None:
        return None
    text = decode(before, path)
    parse_toml(text, str(path))
    after = migrated(text, migrations)
    return None if after == text else _write(path, before=before, text=after, replace=replace)


def backup_of(path: Path) -> Path:
    """Return where the previous content of the file is kept."""
    return path.with_name(path.name + ".bak")


def _edit(document: tomlkit.TOMLDocument, key: tuple[str, ...], value: Any) -> None:
    table: Any = document
    for part in key[:-1]:
        if part not in table:
            if value is None:
                return
            is_inline = isinstance(table, InlineTable)
            table[part] = tomlkit.inline_table() if is_inline else tomlkit.table(part != key[-2])
        table = table[part]
        if not isinstance(table, Mapping):
            # The file has a value where a table belongs; validation says so better.
            return
    if value is not None:
        table[key[-1]] = tomlkit.value(toml_text(value))
    elif key[-1] in table:
        del table[key[-1]]


def _prove_edit(path: Path, *, before: str, after: str, values: Mapping[tuple[str, ...], Any]) -> None:
    """Compare both texts as tomllib reads them: only the keys asked for may differ.

    A layout that tomlkit edits wrongly must not cost the user another limit.
    """
    expected = flattened(parse_toml(before, str(path)))
    for key, value in values.items():
        expected.pop(key, None)
        if value is not None:
            expected[key] = parse_toml(f"value = {toml_text(value)}", str(path))["value"]
    try:
        is_proven = flattened(parse_toml(after, str(path))) == expected
    except SettingsError:
        is_proven = False
    if not is_proven:
        raise StoreError(
            f"{path} is laid out in a way that could not be edited safely. Nothing was written and the limits in "
            f"force are as they were. Edit it by hand: {', '.join(key_text(key) for key in values)}."
        )


def _write(path: Path, *, before: bytes | None, text: str, replace: Replace) -> Written:
    data = text.encode()
    loaded = load_bytes(data, Sources(path))
    # A link stays a link: the file it points to is the one replaced.
    target = path.resolve()
    try:
        make_directory(target.parent)
        backup = None
        if before is not None:
            backup = backup_of(path)
            _put(backup, before, mode=_mode(target), replace=os.replace)
        _put(target, data, mode=_mode(target), replace=replace, unless_changed_from=(path, before))
    except OSError as error:
        reason = error.strerror if error.strerror is not None else str(error)
        raise StoreError(
            f"{path} could not be written: {reason}. It is as it was and so are the limits in force. "
            "Check the directory's permissions and free space, then save again."
        ) from error
    return Written(loaded, backup)


def _mode(target: Path) -> int:
    with suppress(FileNotFoundError):
        return stat.S_IMODE(target.stat().st_mode)
    return _NEW_FILE_MODE


def _put(
    target: Path,
    data: bytes,
    *,
    mode: int,
    replace: Replace,
    unless_changed_from: tuple[Path, bytes | None] | None = None,
) -> None:
    """Replace a file in one step that survives a power cut: temporary file, fsync, rename, fsync again."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        if unless_changed_from is not None:
            _refuse_if_changed(*unless_changed_from)
        replace(temporary, target)
    except BaseException:  # cancelled or failed alike, no half-written copy is left beside the file
        temporary.unlink(missing_ok=True)
        raise
    try:
        _sync_directory(target.parent)
    except OSError as error:
        raise StoreError(
            f"{target} was written, but the disk did not confirm it ({error}): after a power cut the old file may "
            "be back. Check the disk before you trade on the new settings."
        ) from error


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":
        # Windows opens no directories and flushes the rename itself.
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refuse_if_changed(path: Path, before: bytes | None) -> None:
    if read_if_present(path) != before:
        raise StoreError(
            f"{path} was changed by another program while this edit was made. Nothing was written and the "
            "limits in force are as they were. Look at the file, then save again."
        )
