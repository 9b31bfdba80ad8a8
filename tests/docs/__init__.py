"""What the documentation says is there: files, headings, commands, settings."""
