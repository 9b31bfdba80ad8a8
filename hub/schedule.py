"""What the jobs process does, and when (requirement P3 for what is deleted)."""

from hub import desks
from hub.config import RetentionSettings
from hub.jobs import Job, at, every
from hub.services.custodian import Bell
from hub.services.daily_work import NightlyFacts, PublishCounts, Purge, SilenceSweep
from hub.services.send_webhooks import SendWebhooks
from hub.storage.device_words import SqlDeviceWords
from hub.storage.duties import SqlJobRuns, SqlPublishedCounts, SqlPurgeLog, SqlRetention
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.unit_of_work import UnitFactory
from hub.storage.webhook_rows import SqlHookOutbox
from hub.webhook_ports import HookPost
from hub.webhooks import HttpHookPost


def schedule(
    database: UnitFactory, kept: RetentionSettings, bell: Bell | None = None, hooks: HookPost | None = None
) -> tuple[Job, ...]:
    """Return all jobs.

    Args:
        kept: for how long.
        bell: rung when doors must be told.
        hooks: signs and sends; without it, nothing can be signed, and deliveries say so.
    """
    engine = database.engine
    purge = Purge(
        SqlRetention(engine),
        SqlJobRuns(engine),
        SqlPurgeLog(engine),
        event_days=kept.event_days,
        quarantine_days=kept.quarantine_days,
        door_log_days=kept.door_log_days,
        booking_days=kept.booking_days,
    )
    facts = desks.daily_facts(database)
    counts = PublishCounts(SqlLiveQueries(database), SqlPublishedCounts(engine))
    return (
        Job("sweep", every(15), changes=SilenceSweep(SqlDeviceWords(engine)).run),
        Job("release", every(15), changes=desks.release(database, bell).run),
        Job("line", every(15), changes=desks.keep_the_line(database, bell).run),
        Job("webhooks", every(5), run=SendWebhooks(SqlHookOutbox(engine), hooks or HttpHookPost(None)).run),
        Job("closings", every(60), changes=desks.close_spaces(database, kept.closed_space_days, bell).run),
        Job("charts", every(60), run=desks.draw_charts(database).run),
        Job("facts", every(600), run=facts.refresh),
        Job("stays", at(hour="2", minute="30"), run=desks.count_stays(database, kept.door_log_days).run),
        Job("days", at(hour="2", minute="40"), run=NightlyFacts(facts, SqlJobRuns(engine)).run),
        Job("counts", at(minute="*/5"), changes=counts.run),
        Job("purge", at(hour="3", minute="30"), run=purge.run),
        Job("gaps", at(hour="4", minute="50"), run=desks.tell_gaps(database).run),
        Job("pass ends", at(hour="5", minute="0"), run=desks.pass_ends(database).run),
    )
