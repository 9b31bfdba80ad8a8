"""Mail: what somebody has chosen about it, and ending a topic by the link of a letter, without signing in.

The link of a letter is asked for by programs that look for danger in mails: looking at it ends nothing. A mail
program's own button sends a form of its own (RFC 8058), which can have no token of ours; the link is signed itself.
"""

from typing import Final

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Form
from wtforms.fields import RadioField
from wtforms.fields.choices import SelectMultipleField
from wtforms.validators import InputRequired, Optional

from hub.domain.mail import Tone, Topic
from hub.mail_ports import MailChoice
from hub.web.accounts import present
from hub.web.forms import form_page, sent
from hub.web.language import LANGUAGES, N_, gettext
from hub.web.parts import parts

blueprint = Blueprint("mail", __name__)
own_blueprint = Blueprint("my_mail", __name__)

TOPICS: Final[dict[Topic, str]] = {
    Topic.BOOKINGS: N_("My bookings: made, changed, released"),
    Topic.WAITING_LIST: N_("A place that I wait for is free"),
    Topic.PASSES: N_("A pass runs out"),
}

TONES: Final = {
    "": N_("As the space does"),
    Tone.SIE.value: N_("Formally (Sie)"),
    Tone.DU.value: N_("Informally (Du)"),
}

_CHOOSE: Final = N_("Please choose one.")


class MailForm(Form):
    """What somebody chooses about mail."""

    language = RadioField(N_("Language of letters"), [InputRequired(_CHOOSE)])
    # Its first answer is empty, so nothing is required of it.
    tone = RadioField(N_("How German letters address you"), [Optional()], validate_choice=True)
    topics = SelectMultipleField(N_("Letters that you would like"), [Optional()])


@blueprint.route("/mail/end/<token>", methods=["GET", "POST"])
def end(token: str) -> AnyResponse:
    """Ask, and end a topic or take that back, for whoever has the link."""
    desk = parts().desks.mail
    topic = desk.topic_of(token)
    if topic is None:
        raise NotFound
    if not sent():
        return form_page("mail_end.html", topic=gettext(TOPICS[topic]), done="")
    is_undone = request.form.get("undo") == "1"
    desk.end_topic(token, undo=is_undone)
    answer = form_page("mail_end.html", topic=gettext(TOPICS[topic]), done="undone" if is_undone else "ended")
    answer.status_code = 200
    return answer


@own_blueprint.route("/me/mail", methods=["GET", "POST"])
def choose() -> AnyResponse:
    """Show and change what the visitor has chosen."""
    account, desk = present().account.pk, parts().desks.mail
    chosen = desk.choice(account)
    values = {
        "language": chosen.language,
        "tone": "" if chosen.tone is None else chosen.tone.value,
        "topics": [topic.value for topic in Topic if topic not in chosen.off],
    }
    form = MailForm(request.form if sent() else None, data=values)
    form.language.choices = list(LANGUAGES.items())
    form.tone.choices = [(value, gettext(text)) for value, text in TONES.items()]
    form.topics.choices = [(topic.value, gettext(text)) for topic, text in TOPICS.items()]
    if sent() and form.validate():
        wanted = form.topics.data or []
        tone = Tone(form.tone.data) if form.tone.data else None
        off = frozenset(topic for topic in Topic if topic.value not in wanted)
        desk.choose(account, MailChoice(form.language.data, tone, off))
        flash(gettext("Saved. It holds from the next letter on."))
        return redirect(url_for("me.page"), code=303)
    return form_page("me_mail.html", form=form)
