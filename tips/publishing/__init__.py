"""The verbs over a tip and its tags, and what they rest on: versions, slugs, previews, checks.

May import ``tips.schedule``, ``tips.search`` and what those may.
"""
