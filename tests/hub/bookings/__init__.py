"""Tests of bookings: rules, the database that holds to them, services, interfaces."""
