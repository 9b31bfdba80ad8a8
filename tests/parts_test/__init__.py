"""Tests of the test bench itself: a part that starts wrongly would make other tests lie."""
