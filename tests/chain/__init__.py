"""The whole chain, from a card or a pin to the page, with every part as a process of its own."""
