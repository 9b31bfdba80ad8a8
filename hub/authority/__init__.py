"""The small certificate authority of one installation: who may connect to its broker, as whom, and until when.

It knows files and certificates, and neither the database nor MQTT: what it revoked, no restored backup of the database
may bring back. Only commands read its keys; no program that runs on does.
"""
