"""People who sign up by the form, for tests of many at once."""

import html
import re
from dataclasses import dataclass

from tests.subscribers import address_states


@dataclass
class Person:
    """Somebody at a network who types an address, and answers what they are asked."""

    number: int
    address: str
    network: str
    was_asked: bool = False

    def sign_up(self, post, timestamp):
        """Use ``post(fields, network)``, which returns (status, page), as a person would."""
        fields = {"address": self.address, "timestamp": timestamp, "subject": ""}
        status, page = post(fields, self.network)
        if asked := re.search(r'<label for="id_answer">(.+\?) <span', page):
            self.was_asked = True
            fields["timestamp"] = re.search(r'name="timestamp" value="([^"]+)"', page).group(1)
            fields["answer"] = address_states.answer_challenge(html.unescape(asked.group(1)))
            status, page = post(fields, self.network)
        return status
