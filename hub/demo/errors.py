"""What can keep a demonstration from starting."""


class DemoRefused(Exception):
    """The demo can't start or go on; the text says what to do."""
