// Curves over epochs: one crosshair over all panels, values of the line nearest to it, lines that can be hidden.
(() => {
  const { data, unpack, short, make } = live;
  const figure = document.querySelector('figure[data-name="learning_curves"]');
  if (!figure || !data.panels) return;
  const MANY = 24, HEIGHT = 260; // buttons of single lines; pixels
  const counts = unpack(data.counts), lines = data.lines, length = counts.length;
  const place = live.stage(figure, "Show the curves");
  const readout = make(place, "output", { class: "readout" });
  const legend = make(place, "div", { class: "legend", role: "group", "aria-label": "Lines" });
  const area = make(place, "div", { class: "charts", tabindex: 0, role: "group",
    "aria-label": "Curves: arrows left and right go along a line, up and down to the next one" });
  const panels = data.panels.map(panel => {
    const all = unpack(panel.values);
    const raw = lines.map((_, i) => Array.from(all.subarray(i * length, (i + 1) * length), v => isNaN(v) ? null : v));
    return { ...panel, raw, rate: panel.column.endsWith("accuracy") };
  });
  const shown = lines.map(() => true), filtered = lines.map(() => true);
  let at = null, line = 0;

  const limits = panel => { // as the pictures: not up to where divergence ends
    let least = Infinity, most = -Infinity, start = -Infinity;
    panel.raw.forEach(values => {
      start = Math.max(start, values[0] ?? -Infinity);
      for (const v of values) if (v !== null) { most = Math.max(most, v); if (v > 0) least = Math.min(least, v); }
    });
    if (panel.rate) return { log: false, low: Math.min(0.9 * least, 1), high: 1.02 };
    const high = most > 10 * start ? 10 * start : most;
    const log = least < Infinity && high >= 3 * least;
    return { log, floor: least / 10, low: log ? null : 0, high: high * (log ? 1.2 : 1.05) };
  };
  const say = () => {
    const point = at ?? length - 1, name = lines[line].name;
    const values = panels.map(panel => `${panel.title} ${short(panel.raw[line][point])}`);
    readout.textContent = `${data.unit} ${counts[point]}: ${name || "the one setting"}${line === 0 ? " (the best)" : ""}: `
      + values.join(", ") + (data.repeats > 1 ? ` (medians over ${data.repeats} seeds)` : "");
  };
  const ink = () => getComputedStyle(document.body).color;
  const grid = () => "#8884";
  const options = (panel, width) => {
    const { log, floor, low, high } = limits(panel);
    panel.floor = log ? floor : null;
    const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "12px system-ui" };
    return {
      width, height: HEIGHT, legend: { show: false },
      scales: {
        x: { time: false },
        y: log ? { distr: 3, log: 10, range: (u, min, max) => [Math.max(min, floor), Math.min(max, high)] } : { range: (u, min, max) => [Math.min(low, min), Math.max(high, 0)] },
      },
      axes: [{ ...axis, label: data.unit, labelSize: 22, size: 34 },
        { ...axis, label: panel.title, size: 62, labelSize: 20, values: (u, ticks) => ticks.map(v => v === null || log && Math.log10(v) % 1 ? "" : log ? power(v) : short(v)) }],
      series: [{}, ...lines.map((_, i) => ({ stroke: () => live.color(i), width: i === 0 ? 3 : lines.length > 100 ? 0.8 : 1.4, points: { show: false }, spanGaps: false }))],
      focus: { alpha: lines.length > 100 ? 1 : 0.25 },
      cursor: { sync: { key: "counts", setSeries: true }, focus: { prox: 1e6 }, points: { one: true, size: 8 }, drag: { x: true, y: false } },
      hooks: {
        setCursor: [u => { if (u.cursor.idx !== null && u.cursor.idx !== undefined) { at = u.cursor.idx; say(); } }],
        setSeries: [(u, i, set) => { if (i && set.focus) { line = i - 1; say(); } }],
      },
    };
  };
  const power = v => v >= 1e-3 && v < 1e4 ? String(+v.toPrecision(3)) : `1e${Math.round(Math.log10(v))}`;
  const width = () => Math.max(260, area.clientWidth);
  const build = () => {
    for (const panel of panels) {
      const wanted = options(panel, width());
      const rows = panel.raw.map(values => panel.floor ? values.map(v => v === null ? null : Math.max(v, panel.floor)) : values);
      panel.plot = new uPlot(wanted, [Array.from(counts), ...rows], area);
    }
  };
  const update = () => panels.forEach(({ plot }) => plot.batch(() => lines.forEach((_, i) => {
    const wanted = shown[i] && filtered[i];
    if (plot.series[i + 1].show !== wanted) plot.setSeries(i + 1, { show: wanted });
  })));

  // what can be toggled: a line, or of many those of a colour
  const entries = lines.length <= MANY ? lines.map((one, i) => ({ name: one.name, of: [i], color: () => live.color(i) }))
    : live.places.map(value => ({ name: `${data.color}=${value}`, color: () => live.colorOf(value),
      of: lines.map((_, i) => i).filter(i => live.axis.values[i] === value) }));
  for (const entry of entries.length <= MANY ? entries : []) {
    const button = make(legend, "button", { type: "button", "aria-pressed": "true" });
    entry.swatch = make(button, "i");
    button.append(entry.name || "the one setting");
    button.addEventListener("click", () => {
      const wanted = button.ariaPressed !== "true";
      button.ariaPressed = String(wanted);
      for (const i of entry.of) shown[i] = wanted;
      update();
    });
    button.addEventListener("pointerenter", () => { line = entry.of[0]; point(); });
  }
  const paint = () => {
    for (const entry of entries) if (entry.swatch) entry.swatch.style.background = entry.color();
    panels.forEach(({ plot }) => plot.redraw(false, true));
  };
  const point = () => { // the crosshair where the keys have put it
    say();
    panels.forEach(({ plot, raw, floor }) => {
      plot.setSeries(line + 1, { focus: true }, false);
      if (at === null) return;
      const value = raw[line][at];
      plot.setCursor({ left: plot.valToPos(counts[at], "x"), top: value === null ? -10 : plot.valToPos(Math.max(value, floor ?? value), "y") }, false);
    });
  };
  const visible = i => shown[i] && filtered[i];
  const next = way => {
    for (let i = line + way; i >= 0 && i < lines.length; i += way) if (visible(i)) return i;
    return line;
  };
  area.addEventListener("keydown", event => {
    const step = event.shiftKey ? Math.ceil(length / 20) : 1, last = length - 1;
    const moves = {
      ArrowLeft: () => { at = Math.max(0, (at ?? last) - step); }, ArrowRight: () => { at = Math.min(last, (at ?? 0) + step); },
      ArrowUp: () => { line = next(-1); }, ArrowDown: () => { line = next(1); },
      Home: () => { at = 0; }, End: () => { at = last; },
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
    point();
  });
  requestAnimationFrame(() => setTimeout(() => { // after the page has been painted once
    build();
    paint();
    say();
    filtering?.listen(settings => { lines.forEach((_, i) => { filtered[i] = settings.has(live.settings[i]); }); update(); });
    live.dark.addEventListener("change", paint);
    new ResizeObserver(() => panels.forEach(({ plot }) => plot.width !== width() && plot.setSize({ width: width(), height: HEIGHT }))).observe(area);
    figure.dataset.ready = "";
  }));
})();
