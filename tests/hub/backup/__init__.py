"""Backups: made, tried, expired, put back."""
