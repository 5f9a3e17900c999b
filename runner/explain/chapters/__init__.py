"""The page's chapters: blocks made from one explained update."""
