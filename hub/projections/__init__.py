"""Live and daily pictures made from events, in the events' transaction; a rebuild gives the same."""
