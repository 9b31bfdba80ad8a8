"""The solver of the audit (`hub.domain.disclosure.Solver`): HiGHS, exact in whole numbers."""

from collections.abc import Mapping, Sequence
from typing import Final

import highspy

# The class that users are meant to take says "Running HiGHS" on standard output before anyone can ask it not to.
from highspy._core import _Highs

from hub.domain.disclosure.system import Range, SolverFailed, System

_MAX_S: Final = 30.0
"""For one question; they take milliseconds."""


class HighsSolver:
    """Asks HiGHS for the least and the greatest value of each number; thread-safe, as it keeps nothing."""

    def ranges(self, system: System, names: tuple[str, ...]) -> Mapping[str, Range] | None:
        """Return how far numbers are known; None when nothing solves the system."""
        if any(bounds.low > bounds.high for _, bounds in system.variables):
            return None
        bounds = dict(system.variables)
        model = _Model(system)
        lows = model.ends(names, {name: bounds[name].low for name in names}, highspy.ObjSense.kMinimize)
        if lows is None:
            return None
        highs = model.ends(names, {name: bounds[name].high for name in names}, highspy.ObjSense.kMaximize)
        return None if highs is None else {name: Range(lows[name], highs[name]) for name in names}


class _Model:
    def __init__(self, system: System) -> None:
        self._highs = _Highs()
        self._highs.setOptionValue("output_flag", False)
        self._highs.setOptionValue("time_limit", _MAX_S)
        # The questions are small: more threads wait for each other.
        self._highs.setOptionValue("threads", 1)
        self._highs.setOptionValue("parallel", "off")
        self._highs.setOptionValue("mip_rel_gap", 0.0)
        self._highs.setOptionValue("mip_abs_gap", 0.0)
        self._columns = {name: at for at, (name, _) in enumerate(system.variables)}
        for at, (_, bounds) in enumerate(system.variables):
            self._highs.addCol(0.0, float(bounds.low), float(bounds.high), 0, [], [])
            self._highs.changeColIntegrality(at, highspy.HighsVarType.kInteger)
        for one in system.constraints:
            columns = [self._columns[name] for name, _ in one.terms]
            factors = [float(by) for _, by in one.terms]
            self._highs.addRow(float(one.low), highspy.kHighsInf, len(columns), columns, factors)

    def ends(
        self, names: Sequence[str], bounds: Mapping[str, int], sense: highspy.ObjSense
    ) -> dict[str, int] | None:
        """Return how far down, or up, each number goes; None when nothing solves the system.

        One solution for the sum of all takes most of them to their own bounds, where no further question is needed.
        """
        self._highs.changeObjectiveSense(sense)
        best = self._best(names)
        if best is None:
            return None
        for name in names:
            if best[name] != bounds[name]:
                alone = self._best((name,))
                if alone is None:
                    return None
                best[name] = alone[name]
        return {name: best[name] for name in names}

    def _best(self, names: Sequence[str]) -> dict[str, int] | None:
        for name in names:
            self._highs.changeColCost(self._columns[name], 1.0)
        self._highs.run()
        status = self._highs.getModelStatus()
        values = self._highs.getSolution().col_value
        for name in names:
            self._highs.changeColCost(self._columns[name], 0.0)
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverFailed(
                f"the audit of what was printed ended with {self._highs.modelStatusToString(status)}: nothing may be "
                "published on that; try again, and report it when it comes back"
            )
        return {name: round(values[self._columns[name]]) for name in names}
