"""The protection of public forms: limits, signed timestamps, plain questions, floods, origins of requests.

``clocks`` says which clock counts for what is kept in rows, and how far a moment there is believed.
This room imports nothing of ours. It knows nothing of tips or people.
"""
