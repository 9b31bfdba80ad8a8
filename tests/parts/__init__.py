"""Real parts that tests run against: broker, card service, database, browser, broken network.

Nothing here knows the code under test: these modules never import `wire`, `device` or `hub`.
"""
