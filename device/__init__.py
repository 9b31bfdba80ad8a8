"""The agent on the Pi: reads cards and sensors, keeps every event, talks to the hub when it can.

It may import `wire`, never `hub`. What a package inside may do stands in its own docstring.
"""
