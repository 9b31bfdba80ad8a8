"""Tests of the database layer, on SQLite and PostgreSQL."""
