"""What a run or a sweep will cost, asked before it starts: rows, bytes on disk and of memory, processes."""
