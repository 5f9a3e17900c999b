"""Sweeps: many configurations composed fast, trained as stacks, kept in one table, resumable.

``composing`` makes the jobs' configurations, ``stacks`` decides which train together, ``work`` is
what a worker does, ``workers`` where it is done, ``table`` writes ``runs.csv``, ``launching``
conducts them; ``grid`` expands a sweep's arguments into jobs. The Hydra plugins in
``hydra_plugins/`` are thin doors to ``launching`` and ``grid``.
"""
