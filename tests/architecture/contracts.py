"""Two kinds of contract for import-linter, which say what is allowed instead of listing all that is not.

They are used by `[tool.importlinter]` in pyproject.toml. Both look at direct imports: what is allowed is bound by a
contract of its own.
"""

import sys
from collections.abc import Iterable

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

ANYTHING = "*"


def _is_within(module: str, packages: Iterable[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def _line(graph: ImportGraph, importer: str, imported: str) -> str:
    lines = sorted(
        {detail["line_number"] for detail in graph.get_import_details(importer=importer, imported=imported)}
    )
    return f"- {importer} -> {imported} (l.{', '.join(map(str, lines))})"


def _render(check: ContractCheck) -> None:
    for line in check.metadata["illegal"]:
        output.print_error(line, bold=False)
    output.new_line()


class ImportsOnly(Contract):
    """Each source package imports the standard library, itself, and nothing but what is named.

    Options:
        source_modules: packages or modules of ours; each must exist.
        allowed_modules: packages or modules of ours that they may import.
        allowed_packages: top-level names of installed packages that they may import; `*` for any.
    """

    type_name = "imports_only"

    source_modules = fields.ListField(subfield=fields.StringField())
    allowed_modules = fields.ListField(subfield=fields.StringField(), required=False, default=[])
    allowed_packages = fields.ListField(subfield=fields.StringField(), required=False, default=[])

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Collect each direct import that is not allowed.

        Raises:
            ValueError: when a source does not exist: the contract would say nothing.
        """
        del verbose
        ours = self.session_options["root_packages"]
        sources: list[str] = self.source_modules  # type: ignore[assignment]
        for source in sources:
            if source not in graph.modules:
                raise ValueError(f"{self.name}: there is no module {source}")
        illegal = [
            _line(graph, importer, imported)
            for source in sources
            for importer in sorted({source, *graph.find_descendants(source)})
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not self._allows(source, imported, ours)
        ]
        return ContractCheck(kept=not illegal, metadata={"illegal": illegal})

    def _allows(self, source: str, imported: str, ours: list[str]) -> bool:
        if _is_within(imported, ours):
            return _is_within(imported, [source, *self.allowed_modules])  # type: ignore[misc]
        package = imported.partition(".")[0]
        allowed: list[str] = self.allowed_packages  # type: ignore[assignment]
        return package in sys.stdlib_module_names or package in allowed or ANYTHING in allowed

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each forbidden import with its lines."""
        _render(check)


class ImportedOnlyBy(Contract):
    """Each of these modules or installed packages is imported in the named places, and nowhere else.

    A module of ours may always be imported from within itself. What nobody imports yet is no error.

    Options:
        modules: modules of ours, or top-level names of installed packages.
        importers: the places where they may be imported.
    """

    type_name = "imported_only_by"

    modules = fields.ListField(subfield=fields.StringField())
    importers = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Collect each direct import from another place."""
        del verbose
        illegal = [
            _line(graph, importer, imported)
            for module in self.modules  # type: ignore[attr-defined]
            for imported in sorted(graph.modules)
            if _is_within(imported, [module])
            for importer in sorted(graph.find_modules_that_directly_import(imported))
            if not _is_within(importer, [module, *self.importers])  # type: ignore[misc]
        ]
        return ContractCheck(kept=not illegal, metadata={"illegal": illegal})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each forbidden import with its lines."""
        _render(check)
