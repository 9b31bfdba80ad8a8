"""What of the figures may be printed, so that nobody of five to thirty persons is given away; pure.

`disclose` is the only way from findings to what a reader sees. The rules are public, and so everything here reckons
with a reader who knows this very program: what is hidden is decided by what is printed already, or by rules that tell
no more than what they print. docs/explanation/disclosure.md has each rule with an example, docs/decisions/0027 the
choice.
"""

from hub.domain.disclosure.audit import Solver
from hub.domain.disclosure.control import disclose
from hub.domain.disclosure.nesting import Nesting
from hub.domain.disclosure.rules import DisclosureRefused, Rules

__all__ = ["DisclosureRefused", "Nesting", "Rules", "Solver", "disclose"]
