// Curves over epochs, a panel a measure or a category: one crosshair over all panels, the values of the line
// nearest to it, lines that can be hidden.
(() => {
  const { data, unpack, short, make } = live;
  const figure = document.querySelector('figure[data-name="learning_curves"]');
  if (!figure || !data.measures) return;
  const MANY = 24; // buttons of single lines
  const ROUNDING = 1e-24; // errors below are equal, as in the pictures
  const PROMINENT = 3, THIN = 100; // the width of the best line; lines from which on none is faded
  const counts = unpack(data.counts), lines = data.lines, length = counts.length, hasBest = data.best && lines.length > 1;
  const facet = data.axes.find(axis => axis.name === data.facet);
  const measures = data.measures.map(measure => {
    const all = unpack(measure.values);
    const part = i => Array.from(all.subarray(i * length, (i + 1) * length), v => Number.isFinite(v) ? v : null);
    return { ...measure, rows: lines.map((_, i) => part(i)), rate: measure.column.endsWith("accuracy") };
  });
  const shown = lines.map(() => true), filtered = lines.map(() => true);
  const place = live.stage(figure, "Show the curves");
  figure.classList.add("retold"); // the picture's caption speaks of its own colours
  const tools = make(place, "div", { class: "legend", role: "group", "aria-label": "Measures" });
  const legend = make(place, "div", { class: "legend", role: "group", "aria-label": "Lines" });
  const readout = make(place, "output", { class: "readout" });
  const area = make(place, "div", { class: "charts", tabindex: 0, role: "group",
    "aria-label": "Curves: the arrows left and right go along a line, up and down to another one" });
  const last = name => name.split(".").at(-1);
  const told = [...(data.color ? [`colours tell ${last(data.color)}`] : []), ...(facet ? [`panels ${last(facet.name)}`] : []),
    ...(hasBest ? ["the thick line is the best setting"] : [])];
  make(place, "p", { class: "hint" }, `${data.repeats > 1 ? `Medians over ${data.repeats} seeds` : "A line a run"}${told.length ? "; " : ""}${told.join(", ")}. `
    + "Drag to zoom, double-click to undo; the arrow keys move the crosshair.");
  let charts = [], at = null, line = 0, chosen = Math.max(0, measures.findIndex(one => one.column === data.measure));

  // As high as the pictures are: not up to where divergence ends.
  const limits = measure => {
    if (measure.limits) return measure.limits;
    let least = Infinity, most = -Infinity, start = -Infinity;
    for (const row of measure.rows) {
      start = Math.max(start, row[0] ?? -Infinity);
      for (const v of row) if (v !== null) { most = Math.max(most, v); if (v > 0) least = Math.min(least, Math.max(v, ROUNDING)); }
    }
    const high = most > 3 * start ? 2 * start : most, log = !measure.rate && least < Infinity && high >= 3 * least;
    return measure.limits = measure.rate ? { log, low: 0, high: 1 } : { log, low: log ? least / 1.2 : 0, high: high * 1.05, floor: log ? least / 1.2 : null };
  };
  const say = () => {
    const point = at ?? length - 1, which = lines[line].name ? `, ${lines[line].name}` : "", first = hasBest && line === 0;
    const values = measures.map(measure => `${measure.title} ${short(measure.rows[line][point])}`).join(", ");
    const over = data.repeats > 1 ? ` (medians over ${data.repeats} seeds)` : "";
    readout.textContent = `${data.unit} ${counts[point]}${which}${first ? " (the best)" : ""}: ${values}${over}`;
  };
  const ink = () => getComputedStyle(document.body).color, faint = () => "#8883";
  // Labels of ticks: on a log axis of `decades` at 1, 2 and 5, or at powers of ten with room between.
  const ticks = (decades, values) => values.map(v => {
    if (!decades) return String(+v.toPrecision(6));
    const power = Math.floor(Math.log10(v) + 1e-9), digit = Math.round(v / 10 ** power);
    if (!(decades < 2.2 ? [1, 2, 5] : [1]).includes(digit) || power % Math.ceil(decades / 8)) return "";
    return power >= -3 && power < 5 ? String(+v.toPrecision(1)) : `${digit}e${power}`;
  });
  // The lines of a log axis: each digit's, or of more than eight decades those of powers of ten.
  const splits = (low, high) => {
    const first = Math.floor(Math.log10(low)), count = Math.ceil(Math.log10(high)) - first + 1, digits = count > 10 ? [1] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const values = Array.from({ length: count }, (_, i) => digits.map(digit => digit * 10 ** (first + i))).flat();
    return values.filter(v => v >= low && v <= high);
  };
  const options = (chart, width, height) => {
    const { log, low, high, floor } = limits(chart.measure), decades = log ? Math.log10(high / low) : 0;
    const axis = { stroke: ink, grid: { stroke: faint, width: 1 }, ticks: { stroke: faint, width: 1 }, font: "12px system-ui", labelFont: "12px system-ui" };
    const wide = i => hasBest && i === 0 ? PROMINENT : lines.length > THIN ? 0.8 : 1.4;
    return {
      width, height, legend: { show: false }, title: chart.title,
      scales: { x: { time: false }, y: log ? { distr: 3, range: [low, high] } : { range: [low, high * (chart.measure.rate ? 1.02 : 1)] } },
      axes: [{ ...axis, label: data.unit, labelSize: 20, size: 32 },
        { ...axis, label: chart.measure.title, size: 56, labelSize: 20, filter: (u, values) => values, ...(log ? { splits: (u, at, low, high) => splits(low, high) } : {}), values: (u, values) => ticks(decades, values) }],
      series: [{}, ...chart.of.map(i => ({ stroke: () => live.color(i), width: wide(i), points: { show: false }, show: visible(i) }))],
      focus: { alpha: chart.of.length > THIN ? 1 : 0.25 },
      cursor: { sync: { key: "counts", setSeries: false }, focus: { prox: 1e6 }, points: { one: true, size: 8 }, drag: { x: true, y: false } },
      hooks: {
        setCursor: [u => { if (u.cursor.idx !== null && u.cursor.idx !== undefined) { at = u.cursor.idx; say(); } }],
        setSeries: [(u, i, set) => { if (i && set.focus) { line = chart.of[i - 1]; say(); } }],
      },
    };
  };
  const visible = i => shown[i] && filtered[i];
  const every = lines.map((_, i) => i).reverse(); // the best is drawn last, over all others
  const wanted = () => facet
    ? facet.categories.map(value => ({ title: `${last(facet.name)}=${value}`, measure: measures[chosen], of: every.filter(i => facet.values[i] === value) }))
    : measures.map(measure => ({ title: "", measure, of: every }));
  const size = () => {
    const whole = Math.max(260, area.clientWidth), columns = facet && whole >= 640 ? 2 : 1;
    return [Math.floor((whole - 8 * (columns - 1)) / columns), columns > 1 || facet ? 240 : 260];
  };
  const build = () => {
    charts.forEach(chart => chart.plot.destroy());
    charts = wanted();
    for (const chart of charts) {
      const { floor } = limits(chart.measure);
      const rows = chart.of.map(i => floor ? chart.measure.rows[i].map(v => v === null ? null : Math.max(v, floor)) : chart.measure.rows[i]);
      chart.plot = new uPlot(options(chart, ...size()), [Array.from(counts), ...rows], area);
    }
  };
  const update = () => charts.forEach(({ plot, of }) => plot.batch(() => of.forEach((i, place) => {
    if (plot.series[place + 1].show !== visible(i)) plot.setSeries(place + 1, { show: visible(i) });
  })));

  const toggle = (parent, name, pressed, press) => {
    const button = make(parent, "button", { type: "button", "aria-pressed": String(pressed) });
    button.append(name);
    button.addEventListener("click", () => press(button));
    return button;
  };
  tools.classList.add("choice");
  if (facet && measures.length > 1) measures.forEach((measure, i) => toggle(tools, measure.title, i === chosen, button => {
    chosen = i;
    for (const other of tools.children) other.ariaPressed = String(other === button);
    build();
  }));
  // What can be hidden: a line, or of many all those of a colour.
  const entries = lines.length <= MANY ? lines.map((one, i) => ({ name: one.name, of: [i], color: () => live.color(i) }))
    : live.places.map(value => ({ name: `${data.color}=${value}`, color: () => live.colorOf(value),
      of: lines.map((_, i) => i).filter(i => live.axis.values[i] === value) }));
  for (const entry of entries.length > 1 && entries.length <= MANY ? entries : []) {
    const button = toggle(legend, entry.name, true, button => {
      const on = button.ariaPressed !== "true";
      button.ariaPressed = String(on);
      for (const i of entry.of) shown[i] = on;
      update();
    });
    entry.swatch = document.createElement("i");
    button.prepend(entry.swatch);
  }
  const paint = () => { for (const entry of entries) if (entry.swatch) entry.swatch.style.background = entry.color(); };
  const point = () => { // the crosshair, where the keys have put it
    say();
    for (const { plot, of, measure } of charts) {
      const place = of.indexOf(line);
      plot.setSeries(place < 0 ? null : place + 1, { focus: true }, false);
      const value = measure.rows[line][at ?? length - 1];
      const top = place < 0 || value === null ? -10 : plot.valToPos(Math.max(value, measure.limits.floor ?? value), "y");
      if (at !== null) plot.setCursor({ left: plot.valToPos(counts[at], "x"), top }, false);
    }
  };
  const next = way => {
    for (let i = line + way; i >= 0 && i < lines.length; i += way) if (visible(i)) return i;
    return line;
  };
  area.addEventListener("keydown", event => {
    const step = event.shiftKey ? Math.ceil(length / 20) : 1, last = length - 1;
    const moves = {
      ArrowLeft: () => { at = Math.max(0, (at ?? last) - step); }, ArrowRight: () => { at = Math.min(last, (at ?? last) + step); },
      ArrowUp: () => { line = next(-1); }, ArrowDown: () => { line = next(1); },
      Home: () => { at = 0; }, End: () => { at = last; },
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
    point();
  });
  live.later(() => {
    build();
    paint();
    say();
    filtering?.listen(settings => { lines.forEach((_, i) => { filtered[i] = settings.has(live.settings[i]); }); update(); });
    live.dark.addEventListener("change", () => { paint(); charts.forEach(({ plot }) => plot.redraw(false, true)); });
    new ResizeObserver(() => charts.forEach(({ plot }) => {
      const [width, height] = size();
      if (plot.width !== width) plot.setSize({ width, height });
    })).observe(area);
    figure.dataset.ready = "";
  });
})();
