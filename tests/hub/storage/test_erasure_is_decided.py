"""P5: what becomes of each table's rows when a person is erased is decided, of new tables too."""

from hub.storage.person_tables import BLANKED, BY_TRACE, about_a_person, goes, is_hidden
from hub.storage.schema import metadata

# A table that is not named here is new: decide whether its rows go with the person (a column that takes no NULL, or
# `GOES`) or stay without (say in `BLANKED` which of their texts go), then name it.
GO = {
    "account.member_pk", "account_role.account_pk", "api_request.member_pk", "api_token.account_pk",
    "api_token.member_pk", "calendar_feed.member_pk", "card_lookup.card_pk", "card_order.card_pk",
    "card_order.member_pk", "claim.booking_pk", "log_opening.account_pk", "mail_choice.account_pk",
    "mail_choice.member_pk", "mail_off.choice_pk", "membership.member_pk", "membership_door.membership_pk",
    "membership_group.membership_pk", "outbox.account_pk", "outbox.member_pk", "pass_told.pass_pk",
    "passkey.account_pk", "recovery_code.account_pk", "rota.account_pk", "second_factor.account_pk",
    "sign_in_link.account_pk", "sso_subject.account_pk", "stay.member_pk", "waiting.member_pk",
    "webhook_event.member_pk",
}  # fmt: skip
STAY = {
    "booking.member_pk", "booking.series_pk", "booking_series.member_pk", "card.member_pk", "chain_entry.card_pk",
    "check_in.account_pk", "check_in.booking_pk", "check_in.member_pk", "command.account_pk", "door_alarm.seen_by_pk",
    "door_log.card_pk", "member_pass.member_pk", "visit.member_pk", "visit.pass_pk", "waiting.hold_pk",
}  # fmt: skip

# Of rows that stay, all texts that somebody wrote; what a machine wrote is of no person.
TEXTS = {
    "booking": {"id", "kind", "state", "note", "ended_reason", "request"},
    "booking_series": {"id", "kind", "frequency"},
    "check_in": {"how"},
    "card": {"label", "blocked_reason", "kind", "state"},
    "command": {"id", "kind", "state", "mode", "reader", "outcome"},
    "door_alarm": {"kind"},
    "member_pass": set(),
    "visit": set(),
    "waiting": {"id"},
}  # fmt: skip
WRITTEN_BY_MACHINES = {"frequency", "how", "kind", "state", "id", "mode", "reader", "outcome"}


def test_P5_every_column_that_points_to_a_person_is_decided() -> None:  # noqa: N802  (requirement P5)
    found = {f"{pointer.table.name}.{pointer.column.name}": goes(pointer) for _, pointer in about_a_person()}
    assert {name for name, gone in found.items() if gone} == GO
    assert {name for name, gone in found.items() if not gone} == STAY


def test_P5_no_row_that_stays_keeps_what_somebody_wrote_of_the_person() -> None:  # noqa: N802
    stay = {name.partition(".")[0] for name in STAY} - BY_TRACE
    assert stay == TEXTS.keys()
    for table, texts in TEXTS.items():
        columns = metadata().tables[table].columns
        assert {
            column.name for column in columns if str(column.type) == "TEXT" or column.name in texts
        } == texts
        assert texts - WRITTEN_BY_MACHINES <= BLANKED.get(table, {}).keys()


def test_what_opens_something_is_given_away_to_nobody() -> None:
    hidden = {
        f"{table.name}.{column.name}"
        for table in metadata().tables.values()
        for column in table.columns
        if is_hidden(column.name)
    }
    assert hidden >= {
        "account.password_hash", "account.uniquifier", "card.sealed_uid", "card.sealed_id", "card.uid_tag",
        "space.host_secret", "chain_entry.salt",
    }  # fmt: skip
