"""The tests, as one package: no product code may import from here."""
