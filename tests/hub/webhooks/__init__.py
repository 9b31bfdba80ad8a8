"""Webhooks: what is told, to whom it is sent, and how."""
