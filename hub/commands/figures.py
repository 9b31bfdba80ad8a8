"""Commands on key figures: what there is, and what each means."""

from typing import TYPE_CHECKING, Final

import click

from hub.domain.statistics.figures import REGISTRY, Guard, Level, figure_of

if TYPE_CHECKING:
    from hub.cli import Invocation

_GUARDS: Final = {
    Guard.SUPPLY: "what is offered, printed as it is",
    Guard.COUNT: "from five persons on, to the nearest ten",
    Guard.SHARE: "from five persons on; a band where one person makes up more than half",
    Guard.RATE: "of printed counts, not below 20 cases",
    Guard.PERSONS: "in bands alone",
    Guard.DERIVED: "arithmetic on printed values",
    Guard.HAND: "to the nearest ten, flagged",
}


@click.group()
def figures() -> None:
    """Show which key figures the hub tells, and how each is worked out.

    \b
    Examples:
      ankerort-hub figures list
      ankerort-hub figures show occupancy
    """


@figures.command("list")
@click.option("--level", type=click.Choice([one.value for one in Level]), help="Only those of one level.")
@click.pass_obj
def list_figures(_invocation: "Invocation", /, level: str | None) -> None:
    """List all key figures: id, method version, unit and name.

    \b
    Examples:
      ankerort-hub figures list
      ankerort-hub figures list --level impact
    """
    for one in REGISTRY.values():
        if level is None or one.level == level:
            inside = "  (internal)" if one.is_internal else ""
            click.echo(f"{one.id:<22} {one.method:<3} {one.unit:<13} {one.name_de} / {one.name_en}{inside}")


@figures.command()
@click.argument("figure")
@click.pass_obj
def show(_invocation: "Invocation", /, figure: str) -> None:
    """Show how a key figure is worked out and guarded.

    \b
    Example:
      ankerort-hub figures show occupancy
    """
    one = figure_of(figure)
    lines = [
        ("name", f"{one.name_de} / {one.name_en}"),
        ("formula", one.formula_de),
        ("", one.formula_en),
        ("numerator", one.numerator_de),
        ("denominator", one.denominator_de),
        ("unit", one.unit.value),
        ("level", one.level.value),
        ("goal", one.goal_de),
        ("source", one.origin.value),
        ("shortest period", one.grain.value),
        ("of", ", ".join(place.value for place in one.places)),
        ("guarded", _GUARDS[one.guard] + ("; for the role statistics alone" if one.is_internal else "")),
        ("method", one.method),
    ]
    for name, text in lines:
        if text:
            click.echo(f"{name:<16} {text}")
