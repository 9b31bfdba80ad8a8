"""Documentation; a package only so that `docs.generate` can be run and tested. It is in no wheel."""
