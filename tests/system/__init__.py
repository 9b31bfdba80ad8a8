"""Units and system files: read by their own checkers, and started under a systemd of their own (`make system`)."""
