// Curves over epochs, a panel a measure or a category: the values of the line nearest to the crosshair, lines that
// can be hidden.
(() => {
  const { data, unpack, short, make } = live;
  const figure = document.querySelector('figure[data-name="learning_curves"]');
  if (!figure || !data.measures) return;
  const MANY = 24; // buttons of single lines
  const ROUNDING = 1e-24; // errors below are equal, as in the pictures
  const PROMINENT = 3, MANY_LINES = 100; // the width of the best line; lines from which on the others are thin
  const counts = Array.from(unpack(data.counts)), lines = data.lines, length = counts.length, hasBest = data.best && lines.length > 1;
  const facet = data.axes.find(axis => axis.name === data.facet);
  const measures = data.measures.map(measure => {
    const all = unpack(measure.values);
    const part = i => Array.from(all.subarray(i * length, (i + 1) * length), v => Number.isFinite(v) ? v : null);
    return { ...measure, rows: lines.map((_, i) => part(i)), rate: measure.column.endsWith("accuracy") };
  });
  const shown = lines.map(() => true), filtered = lines.map(() => true), visible = i => shown[i] && filtered[i];
  const place = live.stage(figure, "Show the curves");
  figure.classList.add("retold"); // the picture's caption speaks of its own colours
  const tools = make(place, "div", { class: "legend choice", role: "group", "aria-label": "Measures" });
  const { legend, readout, area } = plots.frame(place, "Curves");
  const told = [...(data.color ? [`colours tell ${live.axis.label}`] : []), ...(facet ? [`panels ${facet.label}`] : []),
    ...(hasBest ? ["the thick line is the best setting"] : [])];
  make(place, "p", { class: "hint" }, `${data.repeats > 1 ? `Medians over ${data.repeats} seeds` : "A line a run"}${told.length ? "; " : ""}${told.join(", ")}. `
    + "Drag to zoom, double-click to undo; the arrow keys move the crosshair.");
  let chosen = Math.max(0, measures.findIndex(one => one.column === data.measure));

  // As high as the pictures are: not up to where divergence ends.
  const limits = measure => {
    if (measure.limits) return measure.limits;
    let least = Infinity, most = -Infinity, start = -Infinity;
    for (const row of measure.rows) {
      start = Math.max(start, row[0] ?? -Infinity);
      for (const v of row) if (v !== null) { most = Math.max(most, v); if (v > 0) least = Math.min(least, Math.max(v, ROUNDING)); }
    }
    const high = most > 3 * start ? 2 * start : most, log = !measure.rate && least < Infinity && high >= 3 * least;
    return measure.limits = measure.rate ? { log, low: 0, high: 1.02 } : { log, low: log ? least / 1.2 : 0, high: high * 1.05, floor: log ? least / 1.2 : null };
  };
  const say = (at, line) => {
    const point = counts.indexOf(at), which = lines[line].name ? `, ${lines[line].name}` : "", first = hasBest && line === 0;
    const values = measures.map(measure => `${measure.title} ${short(measure.rows[line][point])}`).join(", ");
    const over = data.repeats > 1 ? ` (medians over ${data.repeats} seeds)` : "";
    readout.textContent = `${data.unit} ${at}${which}${first ? " (the best)" : ""}: ${values}${over}`;
  };
  const width = i => hasBest && i === 0 ? PROMINENT : lines.length > MANY_LINES ? 0.8 : 1.4;
  const every = lines.map((_, i) => i).reverse(); // the best is drawn last, over all others
  const panel = (measure, title, of) => {
    const { floor, ...ends } = limits(measure);
    const row = i => floor ? measure.rows[i].map(v => v === null ? null : Math.max(v, floor)) : measure.rows[i];
    return { ...ends, title, label: measure.title, counts, lines: of.map(i => ({ of: i, row: row(i), color: () => live.color(i), width: width(i) })) };
  };
  const panels = () => facet
    ? facet.categories.map(value => panel(measures[chosen], `${facet.label}=${value}`, every.filter(i => facet.values[i] === value)))
    : measures.map(measure => panel(measure, "", every));
  const charts = plots.group({ area, key: data.counted, unit: data.unit, panels, entries: lines.length, visible, say, columns: () => facet ? 2 : 1 });

  if (facet && measures.length > 1) measures.forEach((measure, i) => plots.toggle(tools, measure.title, i === chosen, button => {
    chosen = i;
    for (const other of tools.children) other.ariaPressed = String(other === button);
    charts.build();
  }));
  // What can be hidden: a line, or of many all those of a colour.
  const entries = lines.length <= MANY ? lines.map((one, i) => ({ name: one.name, of: [i], color: () => live.color(i) }))
    : live.places.map(value => ({ name: `${live.axis.label}=${value}`, color: () => live.colorOf(value),
      of: lines.map((_, i) => i).filter(i => live.axis.values[i] === value) }));
  for (const entry of entries.length > 1 && entries.length <= MANY ? entries : []) plots.switches(legend, entry.name, entry.color, on => {
    for (const i of entry.of) shown[i] = on;
    charts.update();
  });
  live.later(() => {
    charts.build();
    charts.say();
    filtering?.listen(settings => { lines.forEach((_, i) => { filtered[i] = settings.has(live.settings[i]); }); charts.update(); });
    live.dark.addEventListener("change", charts.redraw);
    figure.dataset.ready = "";
  });
})();
