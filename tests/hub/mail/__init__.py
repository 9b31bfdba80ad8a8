"""Mail: letters, the outbox, a real server, calls about alarms."""
