"use strict";
// Tables that can be sorted by a click or Enter on a heading, and filtered by what stands in the box.
const sortable = head => {
  head.dataset.sorts = head.tabIndex = 0;
  const sort = () => {
    const body = head.closest("table").tBodies[0], at = head.cellIndex;
    const way = head.ariaSort === "ascending" ? -1 : 1;
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.ariaSort = way > 0 ? "ascending" : "descending";
    const key = row => row.cells[at].dataset.value ?? row.cells[at].textContent;
    const texts = (a, b) => isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b;
    const compare = (a, b) => a === "" ? 1 : b === "" ? -1 : way * texts(a, b);
    body.append(...[...body.rows].sort((a, b) => compare(key(a), key(b))));
  };
  head.addEventListener("click", sort);
  head.addEventListener("keydown", event => { if (event.key === "Enter") sort(); });
};
for (const head of document.querySelectorAll("table.runs th")) sortable(head);

// A filter is terms with commas between: NAME=VALUE|VALUE, NAME>=VALUE, …, or a word that a cell has.
// NAME is a column's, or its last part. A term that a table does not know is asked of the other one, by
// the rows of the same setting: "completed" keeps the settings that have a completed run.
const filtering = (() => {
  const tests = {
    "=": (cell, wanted) => wanted.split("|").some(one => same(cell, one)), "!=": (cell, wanted) => !same(cell, wanted),
    ">=": (cell, wanted) => number(cell) >= +wanted, "<=": (cell, wanted) => number(cell) <= +wanted,
    ">": (cell, wanted) => number(cell) > +wanted, "<": (cell, wanted) => number(cell) < +wanted,
  };
  const number = cell => cell === "" ? NaN : +cell;
  const same = (cell, wanted) => cell.toLowerCase() === wanted.toLowerCase()
    || cell !== "" && wanted !== "" && +cell === +wanted;
  const parse = text => text.split(/,(?![^[]*\])/).map(term => term.trim()).filter(Boolean).map(term => {
    const [, name, sign, wanted] = term.match(/^([^<>=!]+?)\s*(!=|>=|<=|=|<|>)\s*(.*)$/) ?? [];
    return sign ? { name: name.trim().toLowerCase(), sign, wanted } : { word: term.toLowerCase() };
  });
  const tables = [...document.querySelectorAll("table.runs")].map(table => ({
    names: [...table.tHead.rows[0].cells].map(head => head.dataset.name.toLowerCase()),
    rows: [...table.tBodies[0].rows].map(row => ({
      row, setting: row.dataset.setting,
      cells: [...row.cells].map(cell => cell.dataset.value ?? cell.textContent),
    })),
    title: table.closest("section").querySelector("h2").textContent.toLowerCase(),
  })).filter(table => table.rows.some(row => row.setting !== undefined));
  // What a table says to a term: a test of its rows, or nothing where it does not know it.
  const asked = (table, term) => {
    if (term.word !== undefined) {
      const has = row => row.cells.some(cell => cell.toLowerCase().includes(term.word));
      return table.rows.some(has) ? has : null;
    }
    const at = table.names.findIndex(name => name === term.name || name.endsWith("." + term.name));
    return at < 0 ? null : row => tests[term.sign](row.cells[at], term.wanted);
  };
  const listeners = [], unknown = term => term.word ?? term.name;
  const apply = text => {
    const terms = parse(text), shown = tables.map(table => table.rows.map(() => true)), lost = [];
    for (const term of terms) {
      const own = tables.map(table => asked(table, term));
      if (own.every(test => !test)) { lost.push(unknown(term)); continue; }
      const settings = new Set();
      tables.forEach((table, i) => own[i] && table.rows.forEach(row => own[i](row) && settings.add(row.setting)));
      tables.forEach((table, i) => table.rows.forEach((row, at) => {
        shown[i][at] &&= own[i] ? own[i](row) : settings.has(row.setting);
      }));
    }
    // a setting is shown when a run of it is, and a run when its setting is
    for (const [i, j] of tables.length > 1 ? [[0, 1], [1, 0]] : []) {
      const left = new Set(tables[j].rows.filter((_, at) => shown[j][at]).map(row => row.setting));
      const all = new Set(tables[j].rows.map(row => row.setting));
      tables[i].rows.forEach((row, at) => { shown[i][at] &&= left.has(row.setting) || !all.has(row.setting); });
    }
    const settings = new Set();
    tables.forEach((table, i) => table.rows.forEach((row, at) => {
      row.row.classList.toggle("out", !shown[i][at]);
      if (shown[i][at]) settings.add(row.setting);
    }));
    const counts = tables.map((table, i) => `${shown[i].filter(Boolean).length} of ${table.rows.length} ${table.title}`);
    return { settings, said: lost.length ? `no column or cell: ${lost.join(", ")}` : text ? counts.join(", ") : "" };
  };
  if (!tables.some(table => table.rows.length > 1)) return null;
  const bar = document.createElement("form");
  bar.className = "filter";
  bar.role = "search";
  const label = bar.appendChild(document.createElement("label"));
  label.append("Filter ");
  const box = label.appendChild(document.createElement("input"));
  Object.assign(box, { type: "search", id: "filter", autocomplete: "off", spellcheck: false });
  const names = tables[0].names;
  box.placeholder = `${names[0]}=${tables[0].rows[0].cells[0]}, completed`;
  const said = bar.appendChild(document.createElement("output"));
  bar.addEventListener("submit", event => event.preventDefault());
  const update = () => {
    const { settings, said: text } = apply(box.value);
    said.textContent = text;
    for (const listener of listeners) listener(settings, box.value);
  };
  box.addEventListener("input", update);
  (document.querySelector("section .table")?.closest("section") ?? document.body).before(bar);
  return {
    listen: listener => listeners.push(listener),
    // Puts terms about a column in the place of those that there are.
    put: (name, terms) => {
      const others = parse(box.value).filter(term => term.name !== name.toLowerCase());
      const texts = others.map(term => term.word ?? `${term.name}${term.sign}${term.wanted}`);
      box.value = [...texts, ...terms].join(", ");
      update();
    },
  };
})();
