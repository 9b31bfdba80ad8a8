"""What a viewer may see of a space (requirement S7): the one place that decides it, for page, stream and API alike.

What may not be seen is taken out here, before anything is worded or drawn: a template can't show what it was not given.
"""

from dataclasses import dataclass, replace

from hub.domain.occupancy import Counts, DeskView, Reserved, SpaceLive
from hub.domain.space import PublicDetail, Space, Town


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a space.

    Args:
        host_link: came by the space's secret host link.
        signed_in: is a member of the space, signed in.
    """

    host_link: bool = False
    signed_in: bool = False

    @property
    def is_trusted(self) -> bool:
        """Whether the viewer may see the desks even when the public may not."""
        return self.host_link or self.signed_in


PUBLIC = Viewer()
"""Everyone."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one viewer sees of a space; nothing else of it is in here.

    Args:
        town: without its spaces.
        space: without its desks, zones, doors and devices, unless the detail is `desks`; never with its door settings.
        as_of_us: the moment that it is true for: now, or the five-minute boundary of a published count.
        counts: None when they may not be seen, or when none is known.
        desks: in the order of the site; empty unless the detail is `desks`.
        reserved: when they are taken, now or soon, without persons; empty unless the detail is `desks`.
    """

    detail: PublicDetail
    town: Town
    space: Space
    now_us: int
    as_of_us: int
    counts: Counts | None = None
    desks: tuple[DeskView, ...] = ()
    reserved: tuple[Reserved, ...] = ()


def detail_for(space: Space, viewer: Viewer) -> PublicDetail:
    """Return how much of the space this viewer may see: the desks when trusted, else what the space decided."""
    return PublicDetail.DESKS if viewer.is_trusted else space.public_detail


def see(live: SpaceLive, detail: PublicDetail) -> Seen:
    """Return what may be seen at this detail.

    Args:
        live: everything known of the space.
        detail: from `detail_for`.

    Returns:
        For `state`, only what the opening hours say. For `count`, the published count of the last five-minute boundary,
        never the present one: a count that follows each change says when a single regular comes and goes. For `desks`,
        all.
    """
    town, space = replace(live.town, spaces=()), replace(live.space, access=None)
    if detail is PublicDetail.DESKS:
        return Seen(detail, town, space, live.now_us, live.now_us, live.counts, live.desks, live.reserved)
    outside = replace(space, desks=(), zones=(), doors=(), devices=())
    if detail is PublicDetail.COUNT and live.published is not None:
        counts, as_of_us = live.published
        return Seen(detail, town, outside, live.now_us, as_of_us, counts)
    return Seen(detail, town, outside, live.now_us, live.now_us)
