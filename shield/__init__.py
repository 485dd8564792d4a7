"""The protection of public forms: rate limits, signed timestamps, questions, floods, the origin of a request.

This room imports nothing of ours. It knows nothing of tips or people.
"""
