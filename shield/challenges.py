"""A plain question, in words, that any adult can answer. People are asked only where very many forms come.

The question needs no script, no picture and no stored state: it follows from a seed that the form carries
anyway. It stops programs that fill in forms blindly, not somebody who writes a program against it.
"""

import random
import re
from typing import NamedTuple

from django.utils.crypto import salted_hmac

_WORDS = {
    "an animal": "badger dolphin eagle giraffe hamster kangaroo octopus penguin rabbit squirrel tiger",
    "a piece of furniture": "armchair bed bookcase cupboard desk sofa stool table wardrobe",
    "a fruit": "apple apricot banana cherry grape lemon mango peach pear plum",
    "a vehicle": "bicycle bus ferry motorcycle tractor train tram truck van",
    "something to wear": "coat glove hat jacket scarf shirt skirt sock sweater trousers",
    "a musical instrument": "banjo cello drum flute guitar harp piano trumpet violin",
    "a part of the body": "ankle chin elbow finger knee nose shoulder thumb toe wrist",
    "a vegetable": "broccoli cabbage carrot celery onion potato spinach turnip",
    "a day of the week": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "a tool": "axe chisel drill hammer pliers saw screwdriver shovel wrench",
}
_ORDINALS = ("first", "second", "third", "fourth", "last")


class Question(NamedTuple):
    """A question as a person reads it, and the one word that answers it."""

    text: str
    answer: str

    def is_answered_by(self, typed: str) -> bool:
        """Tell whether somebody typed the answer, in any case and with or without an article."""
        words = re.findall(r"[a-z]+", typed.lower())
        return [word for word in words if word not in ("a", "an", "the")] == [self.answer.lower()]


def question(seed: str) -> Question:
    """Return the Question of a seed: always the same one, and predictable only with our key."""
    digest = salted_hmac("shield.question", seed, algorithm="sha256").digest()
    choices = random.Random(digest)  # noqa: S311  the seed is keyed
    kinds = choices.sample(list(_WORDS), len(_ORDINALS))
    words = [choices.choice(_WORDS[kind].split()) for kind in kinds]
    position = choices.randrange(len(words))
    kind, ordinal = kinds[position], _ORDINALS[position]
    asked = f"of these words is {kind}" if choices.randrange(2) else f"is the {ordinal} of these words"
    return Question(f"Which {asked}: {', '.join(words)}?", words[position])
