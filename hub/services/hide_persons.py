"""Disclosure control with the network as it is now, for whoever makes reports (`hub.services.statistics_desk`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.domain.disclosure import Nesting, Solver, disclose
from hub.domain.disclosure.system import SolverFailed
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
        self, findings: Sequence[Finding], ledger: Sequence[Printed], audience: Audience
    ) -> Sequence[Printed]:
        """Return the rows for an audience.

        Raises:
            RuleRefused: when the audit can't tell whether they would give somebody away: then none is printed.
        """
        nesting = Nesting.of(self.towns())
        try:
            return disclose(findings, ledger, audience, nesting=nesting, solver=self.solver())
        except SolverFailed as error:
            raise RuleRefused(
                f"the audit could not tell whether these numbers give somebody away ({error}): nothing is printed; "
                "try again later, or a shorter period",
                code="audit_failed",
            ) from error
