"""What networks may do, and in which order their forms come, so that no line of somebody's stands for many.

Networks are given as ``request_origin.networks`` returns them: each within the next one, the narrowest first.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from shield.rate_limits import FixedWindow

_ARRIVALS = FixedWindow("arrivals", 1, timedelta(hours=1))


class NetworkLimit:
    """An allowance for each network, and for the wider ones that hold it.

    The narrowest may spend ``amount`` in a length of time, each wider one twice what the one before may: an
    IPv6 /64 so much, a /48 four times as much. So nobody gets more by sending from ever new addresses, and
    those who share a wide network do not at once pay for one of them.
    """

    def __init__(self, name: str, amount: int, per: timedelta) -> None:
        self.amount = amount
        self._windows = [FixedWindow(f"{name} {width}", amount * 2**width, per) for width in range(3)]

    def spend(self, networks: Sequence[str], cost: int = 1) -> bool:
        """Take ``cost`` from what each of some networks may spend; tell whether that much was left of each.

        Where it was not, nothing is taken.
        """
        with transaction.atomic():
            for window, network in zip(self._windows, networks, strict=False):
                if not window.spend(network, cost):
                    transaction.set_rollback(True)
                    return False
        return True


def turn(queue: str, networks: Sequence[str]) -> int:
    """Return whose turn somebody is who comes to a queue from some networks: the lower, the sooner.

    The first that a network brings to a queue within an hour has turn 1, its second turn 2, and so on. In a
    wider network the same holds among those who would have the same turn. So ten of one /64 have the turns 1
    to 10, as have ten who come from ten /64s of one /48; a neighbour of either has a turn of their own.
    """
    turn = 1
    for network in networks:
        turn = max(turn, _ARRIVALS.count(f"{queue}\n{network}\n{turn}"))
    return turn
