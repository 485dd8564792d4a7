"""“Have we run this before?”: how often it is right, and what it costs beside a search.

``python -m bench.similar ROUNDS`` fills the empty database of DATABASE_URL with the trial's archive and
measures there. Its exit status is 1 where a figure is out of its bounds.
"""

import statistics
import sys
import time
from collections.abc import Callable

import django
from django.core.management import call_command

django.setup()

from bench.report import Verdicts, machine, table
from tests.tips.search.trial import trial
from tips.search import queries, similar

FEWEST_TEXTS = 1500
MOST_MISSED = 2
MOST_ACCUSED = 1
TO_A_SEARCH = 10
# What the cost is measured against: one word that a few tips have, found without mending a typing error.
QUERY = "receptionist"


def main(rounds: int) -> int:
    """Lay out, ask, measure and judge; return the exit status."""
    call_command("migrate", verbosity=0)
    differing = trial.lay_out()
    reworded, new = trial.read("reworded.txt"), trial.read("new.txt")
    answers = {text: similar.duplicates(text.title, text.body, text.takeaway) for text in [*reworded, *new]}
    recognised = [text for text in reworded if answers[text] and answers[text][0][0].title == text.earlier]
    accused = [text for text in new if answers[text]]
    figures = sorted(answers[text][0][1] for text in recognised)
    print(
        f"“Have we run this before?” on {differing} differing texts: the demonstration archive's and"
        f" composed ones. Figures from {similar.DUPLICATE_SCORE} on count. {machine()}\n"
    )
    texts = [*reworded, *new]
    asking, searching = [], []
    for number in range(rounds * len(texts)):
        text = texts[number % len(texts)]
        asking.append(_seconds(similar.duplicates, text.title, text.body, text.takeaway))
        searching.append(_seconds(queries.find, QUERY))
    asked, searched = statistics.median(asking), statistics.median(searching)
    table(
        ("asked", "texts", "answered", "median ms"),
        [
            ("tips told again", str(len(reworded)), f"{len(recognised)} rightly", f"{asked * 1000:.1f}"),
            ("new tips", str(len(new)), f"{len(accused)} falsely", f"{asked * 1000:.1f}"),
            (f"a search for “{QUERY}”", "", "", f"{searched * 1000:.1f}"),
        ],
    )
    print(f"The figures of those found: {', '.join(map(str, figures))}.")
    for text in reworded:
        if text not in recognised:
            print(f"Not found: “{text.title}”, which tells “{text.earlier}” again.")
    for text in accused:
        tip, figure = answers[text][0]
        print(f"Falsely accused: “{text.title}” of being “{tip}” ({figure}).")
    verdicts = Verdicts()
    verdicts.at_most("texts short of 1,500", max(0, FEWEST_TEXTS - differing), 0)
    verdicts.at_most(f"earlier tips missed, of {len(reworded)}", len(reworded) - len(recognised), MOST_MISSED)
    verdicts.at_most(f"new tips falsely accused, of {len(new)}", len(accused), MOST_ACCUSED)
    verdicts.at_most("an answer / a search", asked / searched, TO_A_SEARCH)
    return 1 if verdicts.failed else 0


def _seconds(function: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
