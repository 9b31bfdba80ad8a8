"""Members of spaces and their rights: `hub.access_ports.MemberDesk`, one transaction each."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.member_rules import checked_member
from hub.domain.people import HOSTS, Actor, Member, Membership, Role, need_role
from hub.domain.requests import Request
from hub.services.booking_unit import BookingUnit
from hub.services.ended_rights import end_beyond, is_shorter


class MemberUnit(Protocol):
    """Members within one transaction; rolled back unless committed."""

    def members(self, space: str) -> Sequence[Member]:
        """Return the members of a space with all memberships, by name."""
        ...

    def member(self, pk: int) -> Member:
        """Return one member with all memberships; refused when there is none of this key."""
        ...

    def made_by(self, request: Request, now_us: int) -> str | None:
        """Return the key of what a request has made; None for a new one, whose like waits until the end."""
        ...

    def note_made(self, request: Request, made: str, member: int | None) -> None:
        """Note what a new request has made, and for whom."""
        ...

    def add(self, member: Member, now_us: int) -> int:
        """Store a new member without memberships; return the key."""
        ...

    def change(self, member: Member) -> None:
        """Write what is known of a member, memberships apart."""
        ...

    def save_membership(self, member: int, membership: Membership) -> None:
        """Make a member's membership of a space be as given; refused when one of its doors or groups is none."""
        ...

    def drop_membership(self, member: int, space: str) -> None:
        """Take a membership away."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def want_lists(self, space: str) -> None:
        """Have every trusted device of a space get a list that says what holds now."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class RightsUnit(MemberUnit, Protocol):
    """Members, and their bookings within the same transaction."""

    def bookings(self) -> BookingUnit:
        """Return the bookings."""
        ...


class MemberUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[MemberUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[MemberUnit]:
        """Begin one that only looks."""
        ...


class RightsUnits(Protocol):
    """Begins transactions like `MemberUnits`, on members with their bookings."""

    def writing(self) -> AbstractContextManager[RightsUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[RightsUnit]:
        """Begin one that only looks."""
        ...


class MemberService:
    """Members of spaces (`hub.access_ports.MemberDesk`).

    Whoever works for one space sees and changes a member's membership of that space alone: another space may have
    another controller (requirement P7).

    Args:
        units: where members are kept.
    """

    def __init__(self, units: RightsUnits) -> None:
        self._units = units

    def members(self, space: str, actor: Actor) -> Sequence[Member]:
        """Return the members of a space, by name."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            return [_as_seen(member, actor) for member in unit.members(space)]

    def member(self, member: int, actor: Actor) -> Member:
        """Return one member, to whoever works for one of the spaces, and to the member."""
        with self._units.reading() as unit:
            found = unit.member(member)
        seen = _as_seen(found, actor)
        if actor.member == member:
            return seen
        if not seen.memberships and actor.account is not None:
            raise NotAllowed("this takes a host of one of the member's spaces", code="not_allowed")
        return seen

    def save_member(
        self,
        member: Member,
        actor: Actor,
        now_us: int,
        *,
        seen: Member | None = None,
        request: Request | None = None,
    ) -> int:
        """Store a new or changed member; return the key. The same request again returns what it made the first time.

        Memberships of the actor's spaces become as given, those of other spaces stay as they are. Managers only.
        """
        with self._units.writing() as unit:
            if request is not None and (made := unit.made_by(request, now_us)) is not None:
                return int(made)
            before = unit.member(member.pk) if member.pk else Member(0, "")
            if seen is not None and _as_seen(before, actor) != seen:
                raise RuleRefused(
                    f"member {member.pk} was changed meanwhile: look at it again", code="member_changed"
                )
            member = checked_member(member, before)
            _check_answers(unit, member)
            affected = self._check_rights(before, member, actor)
            if member.pk:
                unit.change(member)
                pk = member.pk
            else:
                pk = unit.add(member, now_us)
            old, new = _by_space(before), _by_space(member)
            for space in sorted(affected):
                if space not in new:
                    unit.drop_membership(pk, space)
                elif new[space] != old.get(space):
                    unit.save_membership(pk, new[space])
                if is_shorter(old.get(space), new.get(space)):
                    last = new[space].valid_to if space in new else None
                    end_beyond(unit.bookings(), space, pk, last, actor, now_us)
            for space in sorted({*affected, *old}):
                unit.want_lists(space)
            if request is not None:
                unit.note_made(request, str(pk), pk)
            unit.log(
                {"what": "member_saved", "member": pk, "spaces": sorted(new), "by": actor.account}, now_us
            )
            unit.commit()
        return pk

    def save_choices(
        self, member: int, actor: Actor, now_us: int, *, shows_presence: bool, in_statistics: bool
    ) -> None:
        """Write what somebody wants others to see and to count (requirements P2 and P5): one's own alone."""
        if actor.member != member:
            raise NotAllowed("everyone chooses this for oneself alone", code="not_allowed")
        with self._units.writing() as unit:
            found = unit.member(member)
            unit.change(replace(found, shows_presence=shows_presence, in_statistics=in_statistics))
            unit.log({"what": "choices_saved", "member": member, "by": actor.account}, now_us)
            unit.commit()

    @staticmethod
    def _check_rights(before: Member, after: Member, actor: Actor) -> set[str]:
        """Return the spaces whose memberships are written; refuse whoever manages none, or adds one elsewhere."""
        old, new = _by_space(before), _by_space(after)
        managed = {space for space in {*old, *new} if actor.may(space, Role.MANAGER)}
        if not new and not old:
            raise RuleRefused(
                "a member belongs to a space: give at least one membership", code="no_membership"
            )
        for space in sorted(new):
            if space not in managed and new[space] != old.get(space):
                need_role(actor, space, Role.MANAGER)
        if not managed:
            raise NotAllowed("this takes a manager of one of the member's spaces", code="not_allowed")
        return managed


def _as_seen(member: Member, actor: Actor) -> Member:
    if actor.member == member.pk:
        return member
    seen = tuple(one for one in member.memberships if actor.may(one.space, *HOSTS))
    return replace(member, memberships=seen)


def _by_space(member: Member) -> dict[str, Membership]:
    return {membership.space: membership for membership in member.memberships}


def _check_answers(unit: MemberUnit, member: Member) -> None:
    """Refuse a guest for whom nobody answers in each of the spaces, or who never leaves."""
    if member.answers is None:
        return
    endless = [one.space for one in member.memberships if one.valid_to is None]
    if endless:
        raise RuleRefused(
            f"a guest of {endless[0]} has a last day: give one, or nobody who answers for them",
            code="guest_without_end",
        )
    answering = unit.member(member.answers)
    if member.answers == member.pk or answering.answers is not None:
        raise RuleRefused("a guest can't answer for a guest: choose a member", code="guest_answers")
    known = {one.space for one in answering.memberships}
    for one in member.memberships:
        if one.space not in known:
            raise RuleRefused(
                f"member {member.answers} is no member of {one.space}: only a member answers for a guest there",
                code="no_membership",
            )
