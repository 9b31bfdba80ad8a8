"""Statistics: facts, figures, what of them is printed, and releases."""
