"""From an experiment to a trained run: runs side by side along the leading axis of every array."""
