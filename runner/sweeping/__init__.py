"""Sweeps: many configurations composed fast, trained as stacks, kept in one table, resumable.

``grid`` expands a sweep's arguments into jobs, ``sweeper`` takes them from there to the last word.
``launching`` conducts a launcher's jobs: ``jobs`` makes their configurations, those of one of ``kinds`` at
once, and ``job_files`` what Hydra would write of them; ``resuming`` tells what is done already, ``workers``
has the others trained, ``returns`` tells Hydra, ``progress`` the user. ``plugin_keys`` are the
launcher's; the plugins are thin doors in ``hydra_plugins/``; ``loading`` is for Python.
"""
