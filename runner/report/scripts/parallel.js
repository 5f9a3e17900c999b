// Parallel coordinates: an axis a swept key and one for the metric; a brush writes into the filter box.
(() => {
  const { data, short } = live;
  const section = document.querySelector("section[id^=table]");
  if (!section || !filtering || !data.axes || data.axes.length < 3) return;
  const SPACE = "http://www.w3.org/2000/svg", HEIGHT = 240, TOP = 34, BOTTOM = 208, LOST = 228, CLICK = 4;
  const make = (parent, tag, values = {}, text = "") => {
    const element = parent.appendChild(document.createElementNS(SPACE, tag));
    for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };
  const place = document.createElement("div");
  place.className = "live parallel";
  section.querySelector(".table").before(place);
  const brushes = new Map();

  const scale = axis => {
    if (axis.categories) {
      const step = (BOTTOM - TOP) / Math.max(1, axis.categories.length);
      return { y: v => BOTTOM - (axis.categories.indexOf(v) + 0.5) * step, ticks: axis.categories };
    }
    const own = [...new Set(axis.values.filter(v => v !== null))].sort((a, b) => a - b);
    const to = axis.log ? Math.log10 : v => v, low = to(own[0]), high = to(own.at(-1));
    const y = v => v === null ? LOST : high > low ? BOTTOM - (to(v) - low) / (high - low) * (BOTTOM - TOP) : (TOP + BOTTOM) / 2;
    return { y, ticks: own.length <= 8 ? own : [0, 1, 2, 3, 4].map(i => own[Math.round(i * (own.length - 1) / 4)]) };
  };
  const terms = (axis, low, high) => { // what the brush holds: from the least to the largest value in it
    const held = axis.values.filter(v => v !== null && axis.y(v) >= low && axis.y(v) <= high);
    if (!held.length) return [];
    if (axis.categories) return [`${axis.name}=${axis.categories.filter(v => held.includes(v)).join("|")}`];
    return [`${axis.name}>=${held.reduce((a, b) => Math.min(a, b))}`, `${axis.name}<=${held.reduce((a, b) => Math.max(a, b))}`];
  };
  const brush = (svg, axis, x) => {
    const bar = make(svg, "rect", { class: "brush", x: x - 9, width: 18, y: 0, height: 0 });
    const handle = make(svg, "rect", { class: "handle", x: x - 16, width: 32, y: TOP - 8, height: LOST - TOP + 16, "data-axis": axis.name });
    const show = () => {
      const [low, high] = brushes.get(axis.name) ?? [0, 0];
      bar.setAttribute("y", low);
      bar.setAttribute("height", high - low);
    };
    const at = event => Math.min(LOST, Math.max(TOP - 8, event.clientY - svg.getBoundingClientRect().top));
    handle.addEventListener("pointerdown", event => {
      const start = at(event);
      handle.setPointerCapture(event.pointerId);
      const move = event => { brushes.set(axis.name, [Math.min(start, at(event)), Math.max(start, at(event))]); show(); };
      const end = event => {
        handle.removeEventListener("pointermove", move);
        if (Math.abs(at(event) - start) < CLICK) brushes.delete(axis.name);
        show();
        filtering.put(axis.name, brushes.has(axis.name) ? terms(axis, ...brushes.get(axis.name)) : []);
      };
      handle.addEventListener("pointermove", move);
      handle.addEventListener("pointerup", end, { once: true });
    });
    show();
  };
  let paths = [], shown = null;
  const draw = () => {
    const width = Math.max(260, place.clientWidth), step = (width - 110) / (data.axes.length - 1);
    place.replaceChildren();
    const svg = make(place, "svg", { width, height: HEIGHT, role: "img",
      "aria-label": `Parallel coordinates of ${data.lines.length} settings; drag along an axis to filter, click it to undo` });
    data.axes.forEach(axis => Object.assign(axis, scale(axis)));
    paths = data.lines.map((line, i) => {
      const points = data.axes.map((axis, at) => `${40 + at * step},${axis.y(axis.values[i]).toFixed(1)}`);
      const path = make(svg, "polyline", { points: points.join(" "), stroke: live.color(i), class: i ? "" : "first" });
      make(path, "title", {}, `${line.name}: ${short(data.axes.at(-1).values[i])}`);
      return path;
    });
    paths.reverse().forEach(path => svg.append(path)); // the best on top
    paths.reverse();
    data.axes.forEach((axis, at) => {
      const x = 40 + at * step;
      make(svg, "line", { x1: x, x2: x, y1: TOP, y2: BOTTOM });
      const last = at === data.axes.length - 1;
      make(svg, "text", { x, y: 14, "text-anchor": at ? last ? "end" : "middle" : "start", class: "name" }, axis.label);
      let free = Infinity; // no tick lies on the one below it
      for (const tick of axis.ticks) {
        const y = axis.y(tick);
        if (free - y < 11) continue;
        make(svg, "text", { x: x + 5, y: y + 4 }, axis.categories ? tick : short(tick));
        free = y;
      }
      if (axis.values.includes(null)) make(svg, "text", { x: x + 5, y: LOST + 4 }, "lost");
      brush(svg, axis, x);
    });
    if (shown) mark(shown);
  };
  const mark = settings => {
    shown = settings;
    paths.forEach((path, i) => path.classList.toggle("out", !settings.has(live.settings[i])));
  };
  filtering.listen((settings, text) => {
    for (const axis of data.axes) if (!text.includes(axis.name)) brushes.delete(axis.name);
    place.querySelectorAll(".handle").forEach((handle, i) => brushes.has(data.axes[i].name) || handle.previousSibling.setAttribute("height", 0));
    mark(settings);
  });
  live.later(() => {
    draw();
    let width = place.clientWidth;
    new ResizeObserver(() => { if (place.clientWidth !== width) { width = place.clientWidth; draw(); } }).observe(place);
    live.dark.addEventListener("change", draw);
  });
})();
