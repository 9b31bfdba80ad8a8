"""Why something can't be written down for statistics, in words; codes of `hub.domain.statistics`."""

from typing import Final

from hub.web.language import N_

WRITTEN_REFUSALS: Final[dict[str, str]] = {
    "before_first_desk": N_(
        "%(space)s has its first desk since %(since)s. Choose a later day, or write it down for the town."
    ),
    "figure_by_month": N_("This figure is told by the month. Write one entry for each month."),
    "figure_by_year": N_("This figure is told by the year. Choose days of one year, or a longer period."),
    "figure_not_by_hand": N_("“%(figure)s” is measured and not written down by hand. Choose another figure."),
    "figure_to_come": N_("%(last)s is still to come. Write down what was counted until today."),
    "figure_twice": N_(
        "This figure stands there already for these days, from the same source. Correct that entry."
    ),
    "half_baseline": N_("A baseline has a value and the day on which it held. Write both, or neither."),
    "half_report_date": N_("A report has a day on which it is due and a period. Write both, or neither."),
    "no_emission_factor": N_(
        "A car gives off %(least)s to %(most)s g CO₂ for a kilometre. Correct the number."
    ),
    "no_factor_year": N_("This is no year to which an emission factor applies."),
    "no_figure_value": N_(
        "“%(figure)s” is a number from 0 to %(most)s, whole unless it is money or a share."
    ),
    "no_number": N_("This is no number. Write it as 12 or 12,50."),
    "no_target_here": N_("“%(figure)s” is not reported for %(place)s. Choose another figure."),
    "report_too_early": N_("A report is due after its period, which ends on %(last)s. Choose a later day."),
    "unknown_entry": N_("This entry is not there any more. Load the list again."),
    "unknown_figure": N_("There is no such figure. Choose one of the list."),
    "unknown_target": N_("This target is not there any more. Load the list again."),
    "days_reversed": N_("The last day (%(last)s) lies before the first (%(first)s). Swap them."),
    "row_twice": N_("This stands in the table twice: see line %(line)s."),
    "row_fields": N_(
        "This row has %(found)s fields, the first line has %(wanted)s. Put texts with a separator in quotes."
    ),
    "row_encoding": N_("This row is in another encoding than the rest. Store all of it as UTF-8."),
    "no_flags": N_("These are no flags. Write s (estimated), r (corrected) or p (preliminary), or nothing."),
    "no_written_day": N_("“%(written)s” is no day. Write 2026-12-31 or 31.12.2026."),
    "not_inside": N_("This belongs to %(place)s. Here are entries of one town and its spaces alone."),
    "too_many_rows": N_("These are too many rows. Take them in in parts."),
    "unknown_column": N_("A column has a name that is not known. Rename or remove it."),
    "column_twice": N_("Two columns have the same name. Remove one."),
    "no_rows": N_("There are no rows. The first line names the columns."),
    "no_csv": N_("This is no table. See whether a quote is left open."),
    "column_missing": N_("A column is missing: place, figure, from, value, source and who are needed."),
}
