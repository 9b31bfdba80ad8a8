"""What werkzeug compiles of each address of an application, kept from one application of a test process to the next."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


@contextmanager
def kept_builders() -> Iterator[None]:
    """While the context lasts, compile what builds an address once: half of what a new application takes.

    A builder is a function that is given its rule; it is made of nothing but what it is kept by.
    """
    compiled: dict[tuple[object, ...], Builder] = {}
    compile_anew = Rule._compile_builder

    def compile_once(rule: Rule, append_unknown: bool = True) -> Builder:  # noqa: FBT002
        made_of = rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown
        if made_of not in compiled:
            compiled[made_of] = compile_anew(rule, append_unknown)
        return compiled[made_of]

    Rule._compile_builder = compile_once  # type: ignore[assignment,method-assign]
    yield
    Rule._compile_builder = compile_anew  # type: ignore[method-assign]
