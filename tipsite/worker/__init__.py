"""The processes beside the web server: the worker, its clock, the tasks of dead workers, and the supervisor.

May import ``tipsite.alerts`` and the rooms below it.
"""
