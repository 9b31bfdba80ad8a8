"""P1: occupancy knows no person; the schema has no place where one could be written."""

import re

import pytest

from hub.storage.schema import metadata

# Tables of this version that hold no person. A table that is not named here is new: decide which of the four stores of
# DESIGN section 8 it belongs to before naming it.
WITHOUT_PERSONS = {
    "alarm", "backup_run", "boot", "closing_day", "cursor", "desk", "desk_day", "desk_live", "desk_session", "device",
    "device_state", "door", "epoch", "event", "fact_device", "fact_space", "fact_touch", "fact_word", "figure_target",
    "hand_figure", "job_run", "lease", "lost_range", "opening_period", "published_count", "purge_log", "quarantine",
    "quarter_fact", "received_range", "report", "report_picture", "report_row", "space", "space_day", "space_edition",
    "space_month", "space_period", "town", "town_neighbour", "town_statistics", "way_answer", "zone",
}  # fmt: skip

PERSON = re.compile(
    r"(^|_)(person|member|user|people|occupier|holder_name|owner|host_name|guest|card|credential|uid|badge|mail|phone"
    r"|surname|first_name|birth|pseudonym|account)(_|$)"
)

# The access store: who, with which card, at which door. No other store points to it (DESIGN section 8).
ACCESS = {
    "access_phase", "access_phase_group", "access_state", "account", "account_role", "api_request", "api_token",
    "booking", "booking_series", "calendar_feed", "card", "card_lookup", "card_order", "chain", "chain_anchor",
    "chain_entry", "check_in", "claim", "command", "device_trust", "door_alarm", "door_live", "door_log", "erasure",
    "log_opening", "mail_choice", "mail_off", "member", "member_group", "member_pass", "membership",
    "membership_door", "membership_group", "outbox", "pass_rule", "pass_told", "passkey", "recovery_code", "rota",
    "second_factor", "settlement", "sign_in_link", "space_access", "space_bookings", "space_mail", "sso_subject",
    "stay", "tariff", "visit", "waiting", "webhook", "webhook_event",
}  # fmt: skip

# The contribution store: pseudonyms and their keys, apart from both (DESIGN section 8).
CONTRIBUTION = {"contribution", "contribution_before", "contribution_key"}

# The pictures of occupancy: nothing but desks, devices, epochs, numbers, times and states.
OCCUPANCY = {
    "desk_live": {
        "desk_pk", "device_pk", "state", "reason", "since_us", "time_quality", "epoch_pk", "epoch_ordinal", "seq",
    },
    "desk_session": {
        "epoch_pk", "seq", "desk_pk", "start_us", "end_us", "slack_us", "time_quality", "continues", "is_open",
    },
    "published_count": {"space_pk", "at_us", "free", "occupied", "unknown", "out_of_service"},
}  # fmt: skip


def test_P1_every_table_is_assigned_to_a_store() -> None:  # noqa: N802  (requirement P1)
    assert set(metadata().tables) == WITHOUT_PERSONS | ACCESS | CONTRIBUTION


def test_P1_nothing_outside_the_access_store_points_into_it() -> None:  # noqa: N802  (requirement P1)
    pointing = {
        (table, key.column.table.name)
        for table in WITHOUT_PERSONS | CONTRIBUTION
        for key in metadata().tables[table].foreign_keys
        if key.column.table.name in ACCESS
    }
    assert pointing == set()


def test_P1_contributions_point_to_spaces_alone_and_nothing_points_to_them() -> None:  # noqa: N802  (requirement P1)
    keys = {
        (table.name, key.column.table.name)
        for table in metadata().tables.values()
        for key in table.foreign_keys
    }
    assert {(table, target) for table, target in keys if table in CONTRIBUTION or target in CONTRIBUTION} == {
        ("contribution", "space"),
        ("contribution_before", "space"),
    }


def test_P9_no_column_of_a_card_holds_its_number_in_clear() -> None:  # noqa: N802  (requirement P9)
    assert {name for name in list(metadata().tables["card"].c.keys()) if "uid" in name} == {
        "uid_tag",
        "sealed_uid",
    }


@pytest.mark.parametrize("table", sorted(WITHOUT_PERSONS))
def test_P1_no_table_has_a_column_for_a_person(table: str) -> None:  # noqa: N802  (requirement P1)
    assert [column.name for column in metadata().tables[table].columns if PERSON.search(column.name)] == []


@pytest.mark.parametrize("table", sorted(OCCUPANCY))
def test_P1_a_picture_of_occupancy_has_exactly_these_columns(table: str) -> None:  # noqa: N802  (requirement P1)
    assert set(metadata().tables[table].columns.keys()) == OCCUPANCY[table]


def test_P1_no_picture_of_occupancy_points_to_anything_but_the_site_and_the_log() -> None:  # noqa: N802
    allowed = {"desk", "device", "epoch", "space", "event"}
    for table in OCCUPANCY:
        targets = {key.column.table.name for key in metadata().tables[table].foreign_keys}
        assert targets <= allowed


@pytest.mark.parametrize("column", ["member_pk", "card", "user_id", "person", "credential_digest"])
def test_the_test_would_notice(column: str) -> None:
    assert PERSON.search(column)
