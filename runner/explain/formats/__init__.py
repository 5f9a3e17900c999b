"""A page as text, Markdown, LaTeX and HTML: a file a format."""
