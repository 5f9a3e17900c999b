"""Where recorded sweeps look for the guard of folders: it is in :mod:`runner.guard`."""

from runner.guard import FolderGuard as FolderGuard
