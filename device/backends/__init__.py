"""Hardware behind the ports of `device.ports`: GPIO, PC/SC, and the shipped simulator.

Threads live here. A back-end only puts inputs on the queue it was given; it decides nothing and may not import
`device.core` beyond `inputs`, and what the signal plays (`effects`, `signal`).
"""
