"""What web processes count, and any of them tells for all."""

import os

from tipsite.metrics import registry
from tipsite.metrics.process_counts import ProcessCounts


def test_any_process_tells_the_sum_of_all(monkeypatch):
    monkeypatch.setattr(registry, "_COUNTED", {})
    hits = []
    registry.register_count("hits_total", "Kept pages", lambda: len(hits))
    table = ProcessCounts()
    for number, statuses in enumerate([[200, 200, 404], [200, 503, 0, 999]], start=1):
        child = os.fork()
        if child == 0:
            table.take_row(number)
            for status in statuses:
                hits.append(status)
                table.note(status)
            os._exit(0)
        os.waitpid(child, 0)
    table.note(200)
    assert table.requests() == {200: 4, 404: 1, 503: 1}
    assert table.counted() == {"hits_total": 7}
    # A process that takes the place of one that died counts on.
    table.take_row(1)
    hits.append(200)
    table.note(200)
    assert table.counted() == {"hits_total": 8}
