"""Tests of what is made from events."""
