"""A plain question, in words, that any adult can answer: asked of people only during a flood of forms.

It needs no script, no picture and no memory of ours: which question it is follows from a seed that the form
carries anyway. It stops what fills in forms blindly, not who sits down to write a program against it.
"""

import re
from dataclasses import dataclass

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
_WORDS = {kind: words.split() for kind, words in _WORDS.items()}
_PLACES = ("first", "second", "third", "fourth", "last")


@dataclass(frozen=True)
class Question:
    """A question as a person reads it, and the one word that answers it."""

    text: str
    answer: str

    def is_answered_by(self, typed):
        """Tell whether somebody typed the answer, however they wrote it."""
        words = re.findall(r"[a-z]+", typed.lower())
        return [each for each in words if each not in ("a", "an", "the")] == [self.answer.lower()]


def question(seed):
    """Return the Question of a seed (any text): the same each time, and foreseen only with our key."""
    chance = _Chance(seed)
    kinds = chance.some(len(_PLACES), list(_WORDS))
    words = [chance.one(_WORDS[kind]) for kind in kinds]
    place = chance.below(len(words))
    if chance.below(2):
        text = f"Which of these words is {kinds[place]}: {', '.join(words)}?"
    else:
        text = f"Which is the {_PLACES[place]} of these words: {', '.join(words)}?"
    return Question(text, words[place])


class _Chance:
    """Choices that follow from a seed and our key."""

    def __init__(self, seed):
        digest = salted_hmac("shield.question", seed, algorithm="sha256").digest()
        self._left = int.from_bytes(digest)

    def below(self, number):
        self._left, rest = divmod(self._left, number)
        return rest

    def one(self, things):
        return things[self.below(len(things))]

    def some(self, number, things):
        return [things.pop(self.below(len(things))) for _ in range(number)]
