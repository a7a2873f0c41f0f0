"""A limit on requests for each client: a token bucket."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CLIENTS = 10_000


class RateLimit:
    """Each client may send `burst` requests at once and `rate` a second in the long run.

    Args:
        rate: requests a second; 0 is no limit.
        burst: how many may come at once.
        clock: seconds that only grow.

    >>> limit = RateLimit(1.0, 2, clock=iter([0, 0, 0, 1]).__next__)
    >>> [limit.wait("a") for _ in range(4)]
    [0.0, 0.0, 1.0, 0.0]
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str, cost: float = 1.0) -> float:
        """Take `cost` from a client's bucket; the seconds to wait where there is not enough in it."""
        if self._rate <= 0:
            return 0.0
        now = self._clock()
        name = network_of(client)
        level, seen = self._buckets.pop(name, (float(self._burst), now))
        level = min(self._burst, level + (now - seen) * self._rate)
        allowed = level >= cost
        self._buckets[name] = (level - cost if allowed else level, now)
        while len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (cost - level) / self._rate


def network_of(client: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 network of an IPv6 address.

    >>> network_of("10.0.0.1"), network_of("::ffff:10.0.0.1"), network_of("2001:db8::7")
    ('10.0.0.1', '10.0.0.1', '2001:db8::/64')
    """
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv4Address):
        return client
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network(f"{client.partition('%')[0]}/64", strict=False))
