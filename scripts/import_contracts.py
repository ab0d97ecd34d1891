"""Two import-linter contract types by allow-list, for direct imports; a named module may be missing.

The built-in ``protected`` type stops when a named library is imported by nobody, and the built-in
``forbidden`` type needs every other module listed, so that a new one slips through.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


def _within(module: str, packages: Iterable[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


class _AllowListContract(Contract):
    @abstractmethod
    def _offends(self, importer: str, imported: str) -> bool: ...

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        found = sorted(
            (importer, imported, detail["line_number"])
            for importer in graph.modules
            if not graph.is_module_squashed(importer)
            for imported in graph.find_modules_directly_imported_by(importer)
            if self._offends(importer, imported)
            for detail in graph.get_import_details(importer=importer, imported=imported)
        )
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported, line in check.metadata["found"]:
            output.print_error(f"{importer} (line {line}) may not import {imported}")
            output.new_line()


class OnlyImporters(_AllowListContract):
    """Only ``importers`` may import ``modules``, which are libraries or parts of this project."""

    type_name = "only_importers"
    modules: Any = fields.ListField(subfield=fields.StringField())
    importers: Any = fields.ListField(subfield=fields.StringField())

    def _offends(self, importer: str, imported: str) -> bool:
        return _within(imported, self.modules) and not _within(importer, [*self.importers, *self.modules])


class OnlyImports(_AllowListContract):
    """``importers`` may import, of this project, themselves and ``modules`` and nothing else."""

    type_name = "only_imports"
    importers: Any = fields.ListField(subfield=fields.StringField())
    modules: Any = fields.ListField(subfield=fields.StringField())

    def _offends(self, importer: str, imported: str) -> bool:
        root = importer.partition(".")[0]
        return (
            _within(importer, self.importers)
            and _within(imported, [root])
            and not _within(imported, [*self.importers, *self.modules])
        )
