"""The contract between devices and hub: ids, messages, topics, bytes.

It knows neither program, opens nothing and holds no state; it may import nothing of ours.
"""
