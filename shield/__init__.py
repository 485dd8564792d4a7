"""The protection of public forms: rate limits, signed timestamps, questions, floods, origins.

``clocks`` says which clock counts for what is kept in rows, and how far a moment there is believed.
This room imports nothing of ours. It knows nothing of tips or people.
"""
