"""Tests of cards, doors, members and accounts, as hosts and commands work with them."""
