"""Disclosure control with the network as it is now, for whoever makes reports (`hub.services.statistics_desk`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hub.domain.disclosure import Nesting, Solver, disclose
from hub.domain.disclosure.system import Range, SolverFailed, System
from hub.domain.errors import RuleRefused
from hub.domain.space import Town
from hub.domain.statistics.findings import Finding
from hub.domain.statistics.printed import Audience, Printed


@dataclass(frozen=True, slots=True)
class HidePersons:
    """Makes of findings what may be printed.

    Args:
        towns: returns the site.
        solver: returns what the audit asks; it is large, and only loaded where something is printed.
    """

    towns: Callable[[], Sequence[Town]]
    solver: Callable[[], Solver]

    def __call__(
        self,
        findings: Sequence[Finding],
        ledger: Sequence[Printed],
        audience: Audience,
        asked: Callable[[], object] = lambda: None,
    ) -> Sequence[Printed]:
        """Return the rows for an audience.

        Args:
            asked: called at each question of the audit.

        Raises:
            RuleRefused: when the audit can't tell whether they would give somebody away: then none is printed.
        """
        nesting = Nesting.of(self.towns())
        try:
            return disclose(
                findings, ledger, audience, nesting=nesting, solver=_Telling(self.solver(), asked)
            )
        except SolverFailed as error:
            raise RuleRefused(
                f"the audit could not tell whether these numbers give somebody away ({error}): nothing is printed; "
                "try again later, or a shorter period",
                code="audit_failed",
            ) from error


@dataclass(frozen=True, slots=True)
class _Telling:
    """A solver that tells when it was asked."""

    solver: Solver
    asked: Callable[[], object]

    def ranges(self, system: System, names: tuple[str, ...]) -> Mapping[str, Range] | None:
        """Return the ranges of some names; see `Solver`."""
        found = self.solver.ranges(system, names)
        self.asked()
        return found
