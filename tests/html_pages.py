"""A page as a reader of it sees it, for tests."""

from __future__ import annotations

import shutil
from html.parser import HTMLParser

#: A browser, if there is one, and how it starts without a screen, asking nobody for anything.
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SERVICES = ("quic", "gpu", "background-networking", "component-update", "sync")
FLAGS = ["--no-sandbox", "--no-first-run", *(f"--disable-{service}" for service in SERVICES)]


class Reader(HTMLParser):
    """The cells of the table of runs, the images, and every tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.classes: list[list[str]] = []
        self.sources: list[str] = []
        self.cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        if tag == "table":
            self.tables.append([])
            self.classes.append([])
        if tag == "tr":
            self.tables[-1].append([])
            self.classes[-1].append(values.get("class") or "")
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.cell = True
        if tag == "img":
            self.sources.append(values["src"] or "")

    def handle_endtag(self, tag: str) -> None:
        self.cell = self.cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.cell:
            self.tables[-1][-1][-1] += data

    @property
    def rows(self) -> list[list[str]]:
        """The runs, with their header."""
        return self.tables[-1]

    def best(self, table: int = -1) -> list[list[str]]:
        """The rows that are marked as the best."""
        rows = zip(self.tables[table], self.classes[table], strict=True)
        return [row for row, kind in rows if "best" in kind.split()]
