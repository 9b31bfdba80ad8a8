"""Messages of devices into the store. `translate.py` is where wire meets domain; nothing else here imports `wire` messages."""
