"""The worker, its clock, the tasks of dead workers, the supervisor, and what web processes do at first.

May import ``tipsite.alerts`` and the rooms below it.
"""
