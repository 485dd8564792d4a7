"""The picture that stands beside a shared link: a tip's title and takeaway as a card of 1200 by 630 pixels.

``drawing`` makes the bytes of one, ``texts`` fits words into room, and ``making`` has the verbs: the worker
draws what is due, and clears away what nobody needs. No request draws one. May import ``tips.models`` and
``tips.storage``.
"""
