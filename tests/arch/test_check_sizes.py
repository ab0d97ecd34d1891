"""The size limits of scripts/check_sizes.py are seen, and a written reason lifts them."""

from pathlib import Path

import pytest

from scripts import check_sizes

LONG_FILE = "x = 1\n" * (check_sizes.MAX_FILE_LINES + 1)
LONG_FUNCTION = "async def long():{reason}\n" + "    pass\n" * check_sizes.MAX_FUNCTION_LINES
WIDE_CLASS = "class Wide:{reason}\n" + "    def method(self): ...\n" * (check_sizes.MAX_CLASS_METHODS + 1)
REASON = "  # size: one table, read in one go"


def broken(tmp_path: Path, source: str) -> list[str]:
    path = tmp_path / "module.py"
    path.write_text(source, encoding="utf-8")
    return list(check_sizes.violations(path))


@pytest.mark.parametrize(
    "source",
    [LONG_FILE, LONG_FUNCTION.format(reason=""), WIDE_CLASS.format(reason=""), "# size: \n" + LONG_FILE],
)
def test_too_large_is_reported(tmp_path: Path, source: str) -> None:
    assert len(broken(tmp_path, source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "# size: one table, read in one go\n" + LONG_FILE,
        LONG_FUNCTION.format(reason=REASON),
        WIDE_CLASS.format(reason=REASON),
        "x = 1\n" * check_sizes.MAX_FILE_LINES,
        "def short():\n" + "    pass\n" * (check_sizes.MAX_FUNCTION_LINES - 1),
    ],
)
def test_within_limits_or_reasoned_passes(tmp_path: Path, source: str) -> None:
    assert broken(tmp_path, source) == []


def test_the_exit_status_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_sizes.main([str(tmp_path)]) == 0
    (tmp_path / "module.py").write_text(LONG_FILE, encoding="utf-8")
    assert check_sizes.main([str(tmp_path)]) == 1
    assert "401 lines" in capsys.readouterr().out


def test_the_project_keeps_the_limits(project_root: Path) -> None:
    assert check_sizes.main([str(project_root / "qe_dashboard")]) == 0
