"""The engine that sends mailings: everyone once, nobody twice, nobody who left, whatever breaks.

The rows are the truth. ``scheduling`` prepares mailings, and ``audience`` writes who gets them into the
ledger; ``claims`` gives a connection as many deliveries to do as ``pacing`` lets go, and takes back what a
process had that is dead by ``heartbeat``; ``transport`` talks to the mail server, ``envelopes`` lets
the next envelope go ahead, ``mail.smtp`` hears what
that says, and ``verdicts`` says what it means; ``ledger`` settles each delivery before the next one begins;
``circuit_breaker`` stops a mailing that the world does not want, and ``cusum`` weighs what was refused;
``sender`` is one connection's work and ``pool`` all connections of a worker. ``condensing`` makes counts and
a set of what ended long ago.

May import ``subscribers.tipmail`` and the rooms below it.

A delivery goes through these states::

    queued -> sending -> sent | refused | skipped
                      -> deferred -> sending        (4xx, or the connection broke before the end of the data)
                      -> uncertain -> sending       (a process or connection died; sent once more)
                                   -> uncertain     (twice: held for a person)
                      -> queued                     (given back: its worker ended, or the sender is at fault)
    sent      -> refused                            (a report says that it came back)
    refused   -> queued                             (the refusals that stopped its mailing, on resume)
    uncertain -> sent | sending                     (held, until a person says which)
    queued | deferred -> skipped                    (the person was erased)
"""
