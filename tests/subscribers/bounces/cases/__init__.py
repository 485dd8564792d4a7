"""Reports of our own writing, in the shapes of the mail servers and providers that write such, each judged.

``CASES`` has them all. ``Case.kind`` is what a person says of the mail; ``cause`` why it was refused.
"""

from tests.subscribers.bounces.cases import exim, gmail, microsoft, people, postfix, providers, sendmail

CASES = [
    case for shapes in (exim, gmail, microsoft, people, postfix, providers, sendmail) for case in shapes.CASES
]
