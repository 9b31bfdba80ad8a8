"""Everything is killed, cut and set back at random, and every event still arrives exactly once."""
