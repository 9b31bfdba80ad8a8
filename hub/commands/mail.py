"""Commands on mail: what waits and what failed, a try, and how letters of a space sound."""

from email.message import EmailMessage

import click

from hub import bootstrap, desks, post
from hub.cli import Invocation
from hub.domain.errors import RuleRefused
from hub.domain.letters import AccountChange, AccountChanged
from hub.domain.mail import Addressee, MailState, MailView, Tone, check_address
from hub.domain.time import to_local
from hub.mail import SmtpMailer
from hub.mail_ports import MailRefused, MailUnavailable

_ZONE = "Europe/Berlin"


@click.group()
def mail() -> None:
    """List mails that wait or failed, have them tried again, try the server, say how letters sound.

    \b
    Examples:
      ankerort-hub mail test eva@example.org
      ankerort-hub mail list --state dead
      ankerort-hub mail retry 17
      ankerort-hub mail tone moelln du --reply-to club@example.org
    """


@mail.command("list")
@click.option("--state", type=click.Choice([state.value for state in MailState]), help="Only these.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@click.pass_obj
def list_mails(invocation: Invocation, /, state: str | None, limit: int) -> None:
    """List mails, latest first: what each was about, never to whom or what it said.

    \b
    Examples:
      ankerort-hub mail list
      ankerort-hub mail list --state dead
    """
    with bootstrap.open_database(invocation.settings) as database:
        found = desks.mail_desk(database).mails(MailState(state) if state else None, limit)
    for one in found:
        click.echo(_tell(one))
    if not found:
        click.echo(f"no mail is {state}" if state else "no mail was ever written")


@mail.command()
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1, type=click.IntRange(min=1))
@click.option("--all-dead", is_flag=True, help="Every dead one that is still of use.")
@click.pass_obj
def retry(invocation: Invocation, /, numbers: tuple[int, ...], all_dead: bool) -> None:
    """Have dead mails tried again, as if they were new; `jobs` sends them.

    \b
    Examples:
      ankerort-hub mail retry 17 18
      ankerort-hub mail retry --all-dead
    """
    if bool(numbers) == all_dead:
        raise RuleRefused("name the numbers that `ankerort-hub mail list` shows, or --all-dead")
    now_us = bootstrap.system_clock().now_us()
    with bootstrap.open_database(invocation.settings) as database:
        desk = desks.mail_desk(database)
        if not all_dead:
            for number in numbers:
                desk.retry(number, now_us)
                click.echo(f"mail {number} is tried again")
            return
        for one in desk.mails(MailState.DEAD, 10_000):
            try:
                desk.retry(one.pk, now_us)
            except RuleRefused as error:
                click.echo(f"left: {error}")
            else:
                click.echo(f"mail {one.pk} is tried again")


@mail.command()
@click.argument("address")
@click.pass_obj
def test(invocation: Invocation, /, address: str) -> None:
    """Send one mail now, past the outbox, and say what the server answers.

    \b
    Example:
      ankerort-hub mail test eva@example.org
    """
    settings = invocation.settings
    if not post.sends_mail(settings):
        raise RuleRefused("the hub has no mail server: set mail.host, mail.sender and web.public_url")
    post.check_mail(settings)
    now_us = bootstrap.system_clock().now_us()
    # A letter as any other, so that whoever tries sees how they look; its words are those of a try.
    reader = Addressee(check_address(address), "")
    key = f"test/{now_us}"
    message = post.letter_writer(settings)(
        key, AccountChanged(AccountChange.PASSWORD, now_us), reader, now_us
    )
    message.replace_header("Subject", "Ankerort: Probe / test")
    message.set_content(
        "Die Mail von Ankerort kommt an. Umlaute: äöüß ÄÖÜ ẞ €\n\nMail from Ankerort arrives.\n",
        cte="quoted-printable",
    )
    _send(SmtpMailer(settings.mail), message)
    click.echo(f"{settings.mail.host}:{settings.mail.port} took a mail to {address}: look whether it arrives")


@mail.command()
@click.argument("space")
@click.argument("tone", type=click.Choice([tone.value for tone in Tone]))
@click.option("--reply-to", default="", help="Address that answers reach; without it, that of the sender.")
@click.pass_obj
def tone(invocation: Invocation, /, space: str, tone: str, reply_to: str) -> None:
    """Say how letters about a space address their readers: Sie or Du. Whoever has chosen for oneself keeps that.

    \b
    Examples:
      ankerort-hub mail tone moelln du --reply-to club@example.org
      ankerort-hub mail tone wittenberge sie
    """
    with bootstrap.open_database(invocation.settings) as database:
        desks.mail_desk(database).set_tone(space, Tone(tone), reply_to)
    click.echo(f"letters about {space} say {tone.capitalize()}")


def _send(mailer: SmtpMailer, message: EmailMessage) -> None:
    try:
        with mailer.connection() as send:
            send(message)
    except (MailUnavailable, MailRefused) as error:
        raise RuleRefused(str(error)) from error


def _tell(one: MailView) -> str:
    reader = f"account {one.reader.account}" if one.reader.account else f"member {one.reader.member}"
    parts = [f"{one.pk:>6}", _clock(one.created_us), one.kind.value, f"to {reader}", one.state.value]
    if one.state is MailState.WAITING and one.tries:
        parts.append(f"{one.tries} tries, next {_clock(one.due_us)}")
    if one.reason:
        parts.append(one.reason)
    return "  ".join(parts)


def _clock(at_us: int) -> str:
    return f"{to_local(at_us, _ZONE):%Y-%m-%d %H:%M}"
