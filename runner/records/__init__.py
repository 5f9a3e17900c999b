"""What runs leave on disk, written and read back here and nowhere else."""
