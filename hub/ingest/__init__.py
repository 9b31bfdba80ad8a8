"""Messages of devices into the store; here wire meets domain.

`translate` and `device_words` alone read `wire` messages.
"""
