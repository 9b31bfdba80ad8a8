"""Tests of reading site files."""
