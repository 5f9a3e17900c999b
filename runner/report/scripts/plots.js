// What charts over epochs share: panels of uPlot with one crosshair, and, by its sync, one over all figures of a page.
const plots = (() => {
  const { make } = live;
  const THIN = 100; // lines from which on none is faded
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
  const nearest = (counts, at) => { // the place of the count that is nearest to `at`; counts rise
    let low = 0, high = counts.length - 1;
    while (high - low > 1) { const middle = (low + high) >> 1; if (counts[middle] <= at) low = middle; else high = middle; }
    return at - counts[low] <= counts[high] - at ? low : high;
  };
  // The value of a line that is nearest to `at`, with its count; nothing where the line has none.
  const valueAt = (counts, row, at) => {
    const middle = nearest(counts, at);
    for (let step = 0; step < counts.length; step++) for (const i of [middle - step, middle + step]) {
      if (i < 0 || i >= counts.length || row[i] === null) continue;
      return step && ended(row, middle) ? null : { value: row[i], count: counts[i] };
    }
    return null;
  };
  const ended = (row, from) => row.slice(from).every(v => v === null);
  const dash = { dashed: [6, 4], thin: [2, 3] };
  // The whole of the axis of counts, the learning curves' in every figure: a crosshair is at one place in all of them.
  const curves = live.data.counts ? live.unpack(live.data.counts) : [];
  const whole = (group, { counts }) => {
    const all = curves.length && group.key === live.data.counted ? [curves[0], curves.at(-1)] : [counts[0], counts.at(-1)];
    return [Math.min(all[0], counts[0]), Math.max(all[1], counts.at(-1), all[0] + 1)];
  };
  const options = (group, panel, width, height) => {
    const { log, low, high } = panel, decades = log ? Math.log10(high / low) : 0;
    const axis = { stroke: ink, grid: { stroke: faint, width: 1 }, ticks: { stroke: faint, width: 1 }, font: "12px system-ui", labelFont: "12px system-ui" };
    return {
      width, height, legend: { show: false }, title: panel.title,
      scales: { x: { time: false, range: (u, least, most) => least <= panel.counts[0] && most >= panel.counts.at(-1) ? whole(group, panel) : [least, most] }, y: { ...(log ? { distr: 3 } : {}), range: [low, high] } },
      axes: [{ ...axis, label: group.unit, labelSize: 20, size: 32 },
        { ...axis, label: panel.label, size: 56, labelSize: 20, filter: (u, values) => values, ...(log ? { splits: (u, at, low, high) => splits(low, high) } : {}), values: (u, values) => ticks(decades, values) }],
      series: [{}, ...panel.lines.map(line => ({ stroke: line.color, width: line.width, dash: dash[line.look], spanGaps: line.spans ?? false, points: { show: false }, show: group.visible(line.of) }))],
      bands: panel.bands?.map(([upper, lower, color]) => ({ series: [upper + 1, lower + 1], fill: color })),
      focus: { alpha: panel.lines.length > THIN ? 1 : 0.25 },
      cursor: { sync: { key: group.key, setSeries: false, scales: ["x", null] }, focus: { prox: 1e6 }, points: { one: true, size: 8 }, drag: { x: true, y: false } },
      hooks: {
        setCursor: [u => group.moved(panel, u)],
        setSeries: [(u, i, set) => { if (i && set.focus) group.focus(panel.lines[i - 1].of); }],
      },
    };
  };
  // Panels in an element, `area`, that show what `panels()` says: { title, label, log, low, high, counts, lines, bands },
  // each line { of, row, color, width, look } of an entry. `say(at, entry)` writes what the crosshair is at;
  // entries are 0 … `entries` − 1, of which those are drawn that are `visible`.
  const group = ({ area, key, unit, panels, entries, visible, say, columns }) => {
    let shown = [], counts = [0], at = null, entry = 0;
    const last = () => counts.at(-1);
    const own = ({ plot, counts, lines, low, high }) => { // where the line that is followed is at `at`
      const place = lines.findIndex(line => line.of === entry);
      const point = place < 0 ? null : valueAt(counts, lines[place].row, at ?? last());
      return { place, top: point ? plot.valToPos(Math.min(Math.max(point.value, low), high), "y") : -10 };
    };
    const follow = panel => {
      const { plot } = panel, { place, top } = own(panel);
      if (place < 0 || top < 0) return;
      plot.setCursor({ left: plot.cursor.left, top }, false, false); // first: of a line in focus uPlot leaves the marker
      plot.setSeries(place + 1, { focus: true }, false);
    };
    const self = {
      key, unit, visible,
      focus: of => { entry = of; say(at ?? last(), entry); },
      moved: (panel, u) => {
        if (u.cursor.idx === null || u.cursor.idx === undefined) return;
        at = counts[nearest(counts, u.posToVal(u.cursor.left, "x"))];
        // moved by another chart, the marker stays on the line that is followed here; which that is the pointer has said
        if (!u.cursor.event) follow(panel);
        else for (const other of shown) if (other !== panel && other.plot.cursor.left >= 0) follow(other);
        say(at, entry);
      },
      build: () => {
        shown.forEach(panel => panel.plot.destroy());
        shown = panels();
        counts = shown.reduce((longest, panel) => panel.counts.length > longest.length ? panel.counts : longest, [0]);
        for (const panel of shown) panel.plot = new uPlot(options(self, panel, ...size()), [panel.counts, ...panel.lines.map(line => line.row)], area);
      },
      update: () => shown.forEach(({ plot, lines }) => plot.batch(() => lines.forEach(({ of }, i) => {
        if (plot.series[i + 1].show !== visible(of)) plot.setSeries(i + 1, { show: visible(of) });
      }))),
      redraw: () => shown.forEach(({ plot }) => plot.redraw(false, true)),
      say: () => say(at ?? last(), entry),
    };
    const size = () => {
      const whole = Math.max(260, area.clientWidth), across = Math.min(whole >= 860 ? 3 : whole >= 600 ? 2 : 1, columns());
      return [Math.floor((whole - 8 * (across - 1)) / across), across > 2 ? 210 : columns() > 1 ? 240 : 260];
    };
    const point = () => { // the crosshair, where the keys have put it; the last panel tells the other figures
      self.say();
      const holders = shown.filter(({ lines }) => lines.some(line => line.of === entry));
      for (const panel of shown) {
        const { plot } = panel, { place, top } = own(panel);
        if (at !== null) plot.setCursor({ left: plot.valToPos(at, "x"), top }, false, panel === holders.at(-1) && top >= 0);
        plot.setSeries(place < 0 ? null : place + 1, { focus: true }, false);
      }
    };
    const next = way => {
      for (let i = entry + way; i >= 0 && i < entries; i += way) if (visible(i)) return i;
      return entry;
    };
    area.addEventListener("keydown", event => {
      const here = nearest(counts, at ?? last()), step = event.shiftKey ? Math.ceil(counts.length / 20) : 1;
      const to = place => { at = counts[Math.min(counts.length - 1, Math.max(0, place))]; };
      const moves = {
        ArrowLeft: () => to(here - step), ArrowRight: () => to(here + step), Home: () => to(0), End: () => to(Infinity),
        ArrowUp: () => { entry = next(-1); }, ArrowDown: () => { entry = next(1); },
      };
      if (!moves[event.key]) return;
      event.preventDefault();
      moves[event.key]();
      point();
    });
    new ResizeObserver(() => shown.forEach(({ plot }) => {
      const [width, height] = size();
      if (plot.width !== width) plot.setSize({ width, height });
    })).observe(area);
    return self;
  };
  // A button that hides something and shows it again, or chooses it.
  const toggle = (parent, name, pressed, press) => {
    const button = make(parent, "button", { type: "button", "aria-pressed": String(pressed) });
    button.append(name);
    button.addEventListener("click", () => press(button));
    return button;
  };
  const switches = (parent, name, color, press) => { // one with a swatch, for lines of a colour
    const button = toggle(parent, name, true, button => {
      button.ariaPressed = String(button.ariaPressed !== "true");
      press(button.ariaPressed === "true");
    });
    const swatch = document.createElement("i"), paint = () => { swatch.style.background = color(); };
    button.prepend(swatch);
    live.dark.addEventListener("change", paint);
    paint();
    return button;
  };
  const frame = (place, label) => ({
    legend: make(place, "div", { class: "legend", role: "group", "aria-label": "Lines" }),
    readout: make(place, "output", { class: "readout" }),
    area: make(place, "div", { class: "charts", tabindex: 0, role: "group",
      "aria-label": `${label}: the arrows left and right go along a line, up and down to another one` }),
  });
  return { group, toggle, switches, frame, valueAt };
})();
