"""Tests of what is done with the hub's keys: lists, commands, offered cards."""
