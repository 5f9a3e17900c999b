"""Sweeps: many configurations composed fast, trained as stacks, kept in one table, resumable.

``grid`` expands a sweep's arguments into jobs, ``sweeper`` takes them from there to the last word.
``composing`` makes the jobs' configurations and ``files`` what Hydra would write of them, ``stacks``
decides which train together, ``work`` is what a worker does, ``workers`` where it is done, ``table``
writes ``runs.csv``, ``progress`` the bar, and ``launching`` conducts them; ``loading`` is for Python.
The Hydra plugins in ``hydra_plugins/`` are thin doors to ``sweeper`` and ``launching``.
"""
