// A network and the plane of its inputs under a slider over the epochs: one slider moves all of them.
(() => {
  const { data, bytes, unpack, short, make } = live;
  if (!data.frames) return;
  const SPACE = "http://www.w3.org/2000/svg";
  const add = (parent, tag, values, text = "") => {
    const element = parent.appendChild(document.createElementNS(SPACE, tag));
    for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
    element.append(text);
    return element;
  };
  const hues = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c6bb1", "#888888"];
  const rgb = color => [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16));

  // Edges as wide as their weights are large, negative ones violet and dashed, as in the picture.
  const network = (place, frames) => {
    const values = unpack(frames.values), count = frames.edges.length, largest = Math.max(...frames.sizes), height = Math.min(480, Math.max(180, 34 * largest));
    const svg = add(place, "svg", { viewBox: `0 0 640 ${height}`, role: "img", class: "graph" });
    const radius = size => Math.min(12, 0.42 * height / size);
    const x = layer => 40 + layer * 560 / (frames.sizes.length - 1), y = (layer, i) => height * (i - 0.5) / frames.sizes[layer];
    const drawn = frames.edges.map(([name, layer, from, to]) => {
      const edge = from ? add(svg, "line", { x1: x(layer - 1), y1: y(layer - 1, from), x2: x(layer), y2: y(layer, to) })
        : add(svg, "circle", { cx: x(layer), cy: y(layer, to), r: radius(frames.sizes[layer]) + 4 });
      return { name, from, edge, title: add(edge, "title", {}) };
    });
    frames.sizes.forEach((size, layer) => {
      const letter = layer === 0 ? "x" : layer === frames.sizes.length - 1 ? "pred" : "h";
      for (let i = 1; i <= size; i++) {
        add(svg, "circle", { cx: x(layer), cy: y(layer, i), r: radius(size), class: "neuron" });
        if (radius(size) > 8) add(svg, "text", { x: x(layer), y: y(layer, i) + 4, "text-anchor": "middle" }, letter + (size > 1 ? i : ""));
      }
    });
    make(place, "p", { class: "hint" }, "Orange: positive; violet, dashed: negative; as wide as a weight is large. Rings are biases.");
    return at => drawn.forEach(({ name, edge, title }, i) => {
      const value = values[at * count + i], share = Math.min(1, Math.abs(value) / frames.reach);
      edge.style.strokeWidth = 0.4 + 5 * share;
      edge.style.strokeDasharray = value < 0 ? "6 3" : "none";
      edge.style.stroke = value < 0 ? "#7b6fc4" : "#d55e00";
      title.textContent = `${name} = ${short(value)}`;
    });
  };

  // Of a network too large for edges its matrices, a row a neuron, as in the picture: a byte a weight.
  const matrices = (place, frames) => {
    const all = bytes(frames.values), count = all.length / frames.epochs.length, area = make(place, "div", { class: "matrices" });
    const value = byte => (byte / 127.5 - 1) * frames.reach, colors = Array.from({ length: 256 }, (_, byte) => { // orange: positive; violet: negative
      const share = Math.abs(byte / 127.5 - 1), full = byte > 127 ? [179, 88, 6] : [84, 39, 136];
      return [...full.map(part => 255 - share * (255 - part)), 255];
    });
    let start = 0, now = all;
    const drawn = frames.matrices.map(([rows, columns], i) => {
      const from = i ? `layer ${i}` : "the inputs", box = make(area, "div"), first = start;
      make(box, "div", { class: "hint" }, `To layer ${i + 1}, from ${from}`);
      const canvas = make(box, "canvas", { width: columns, height: rows, role: "img", style: `width: ${Math.max(60, Math.min(400, 9 * columns))}px; height: ${Math.max(40, Math.min(300, 9 * rows))}px` });
      canvas.addEventListener("mousemove", event => {
        const [row, column] = [event.offsetY / canvas.clientHeight * rows, event.offsetX / canvas.clientWidth * columns].map(Math.floor);
        canvas.title = `to ${row + 1}, from ${column + 1}: ${Number(value(now[first + row * columns + column]).toPrecision(2))}`;
      });
      start += rows * columns;
      return { pen: canvas.getContext("2d"), image: new ImageData(columns, rows), first };
    });
    make(place, "p", { class: "hint" }, `A row a neuron. Orange: positive; violet: negative; up to ${short(frames.reach)}.`);
    return at => {
      now = all.subarray(at * count, (at + 1) * count);
      for (const { pen, image, first } of drawn) {
        for (let i = 0; i < image.data.length / 4; i++) image.data.set(colors[now[first + i]], 4 * i);
        pen.putImageData(image, 0, 0);
      }
    };
  };

  // The output in lightness, or the classes in colours, under the data; the boundary is where it crosses its level.
  const plane = (place, frames) => {
    const all = bytes(frames.values), size = all.length / frames.epochs.length, columns = frames.columns, rows = size / columns;
    const canvas = make(place, "canvas", { role: "img" }), image = new ImageData(columns, rows);
    const small = document.createElement("canvas");
    Object.assign(small, { width: columns, height: rows });
    const [x0, x1] = frames.x, [y0, y1] = frames.y, level = frames.level === null ? null
      : 255 * (frames.level - frames.range[0]) / (frames.range[1] - frames.range[0]);
    const color = byte => frames.classes ? rgb(hues[byte % hues.length]).map(part => 255 - 0.35 * (255 - part))
      : [255 - 0.85 * byte, 255 - 0.5 * byte, 255 - 0.22 * byte];
    const legend = ["filled: training", ...(frames.points.some(point => point[3]) ? ["hollow: held out"] : [])].join(", ");
    make(place, "p", { class: "hint" }, `${frames.names[0]} across, ${frames.names[1]} upwards, ${x0.toPrecision(3)} to ${x1.toPrecision(3)} and ${y0.toPrecision(3)} to ${y1.toPrecision(3)}; ${legend}`
      + (frames.classes ? "." : `; output from ${short(frames.range[0])} (white) to ${short(frames.range[1])} (blue)` + (level === null ? "." : ", the line is the boundary.")));
    return at => {
      const values = all.subarray(at * size, (at + 1) * size), width = canvas.width = 2 * Math.min(520, place.clientWidth || 520), height = canvas.height = width * 0.75;
      values.forEach((byte, i) => {
        const row = rows - 1 - Math.floor(i / columns), place = 4 * (row * columns + i % columns);
        image.data.set([...color(byte), 255], place);
      });
      small.getContext("2d").putImageData(image, 0, 0);
      const pen = canvas.getContext("2d");
      pen.imageSmoothingEnabled = !frames.classes;
      pen.drawImage(small, 0, 0, width, height);
      if (level !== null && !frames.classes) boundary(pen, values, columns, rows, level, width, height);
      for (const [x, y, value, heldOut] of frames.points) {
        pen.beginPath();
        const px = (x - x0) / (x1 - x0) * width, py = height - (y - y0) / (y1 - y0) * height, r = 6;
        if (frames.classes || value < 0.5) pen.arc(px, py, r, 0, 7); else pen.rect(px - r, py - r, 2 * r, 2 * r);
        const own = frames.classes ? hues[value % hues.length] : value < 0.5 ? "#8c2d04" : "black";
        pen.fillStyle = heldOut ? "white" : own;
        pen.strokeStyle = heldOut ? own : "white";
        pen.lineWidth = 2;
        pen.fill();
        pen.stroke();
      }
    };
  };
  const boundary = (pen, values, columns, rows, level, width, height) => { // marching squares, a cell at a time
    pen.beginPath();
    const corner = (row, column) => values[row * columns + column] - level;
    for (let row = 0; row < rows - 1; row++) for (let column = 0; column < columns - 1; column++) {
      const corners = [[row, column], [row, column + 1], [row + 1, column + 1], [row + 1, column]];
      const crossings = corners.flatMap((a, i) => {
        const b = corners[(i + 1) % 4], from = corner(...a), to = corner(...b);
        if (from > 0 === to > 0) return [];
        const share = from / (from - to);
        return [[a[1] + share * (b[1] - a[1]), a[0] + share * (b[0] - a[0])]];
      });
      for (let i = 0; i + 1 < crossings.length; i += 2) for (const [step, [x, y]] of [["moveTo", crossings[i]], ["lineTo", crossings[i + 1]]])
        pen[step]((x + 0.5) / columns * width, height - (y + 0.5) / rows * height);
    }
    pen.strokeStyle = "black";
    pen.lineWidth = 2.5;
    pen.stroke();
  };

  // The curve through the data; of several inputs what is predicted against the targets, and where they are equal.
  const fit = (place, frames) => {
    const xs = unpack(frames.x), all = unpack(frames.values), count = xs.length, [left, right, top, bottom] = [64, 610, 12, 300];
    const svg = add(place, "svg", { viewBox: "0 0 640 350", role: "img", class: "graph fit" });
    const span = values => { let low = Infinity, high = -Infinity; for (const v of values) if (Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v); } return [low, high]; };
    const across = span([...xs, ...frames.points.map(point => point[0])]);
    const data = span(frames.points.map(point => point[1])), room = 0.15 * ((data[1] - data[0]) || 1);
    const upwards = [data[0] - room, data[1] + room]; // the data's: a first curve may be anywhere
    const x = v => left + (v - across[0]) / ((across[1] - across[0]) || 1) * (right - left);
    const y = v => bottom - (Math.min(Math.max(v, upwards[0] - room), upwards[1] + room) - upwards[0]) / (upwards[1] - upwards[0]) * (bottom - top);
    const ticks = ([low, high]) => {
      const rough = (high - low) / 5 || 1, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].find(one => one * power >= rough) * power;
      return Array.from({ length: 7 }, (_, i) => (Math.ceil(low / step) + i) * step).filter(v => v <= high);
    };
    add(svg, "path", { d: `M${left},${top}V${bottom}H${right}`, class: "frame" });
    for (const v of ticks(across)) add(svg, "text", { x: x(v), y: bottom + 16, "text-anchor": "middle" }, short(v));
    for (const v of ticks(upwards)) add(svg, "text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, short(v));
    add(svg, "text", { x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" }, frames.curve ? frames.names[0] : `${frames.names[0]}, target`);
    add(svg, "text", { x: 14, y: (top + bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${(top + bottom) / 2})` }, frames.curve ? frames.names[1] : `${frames.names[1]}, predicted`);
    if (!frames.curve) add(svg, "path", { d: `M${x(across[0])},${y(across[0])}L${x(across[1])},${y(across[1])}`, class: "frame" });
    const dots = frames.points.map(([at, target, heldOut]) => {
      const dot = add(svg, "circle", { cx: x(at), cy: y(target), r: 4, class: heldOut ? "held" : "trained" });
      add(dot, "title", {}, `${short(at)}, ${short(target)}${heldOut ? ", held out" : ""}`);
      return dot;
    });
    const curve = add(svg, "path", { class: "curve" });
    make(place, "p", { class: "hint" }, `Filled: training${frames.points.some(point => point[2]) ? ", hollow: held out" : ""}.`);
    return at => {
      const values = all.subarray(at * count, (at + 1) * count);
      if (frames.curve) curve.setAttribute("d", Array.from(values, (v, i) => `${i ? "L" : "M"}${x(xs[i]).toFixed(1)},${y(v).toFixed(1)}`).join(""));
      else values.forEach((v, i) => dots[i].setAttribute("cy", y(v)));
    };
  };

  const makers = { network: (place, frames) => (frames.matrices ? matrices : network)(place, frames), decision_boundary: plane, fit }, shows = [];
  const show = (epoch, by) => shows.forEach(({ input, label, epochs, draw }) => {
    let at = 0;
    while (at + 1 < epochs.length && epochs[at + 1] <= epoch) at++;
    if (input !== by) input.value = at;
    label.textContent = `epoch ${epochs[at]}`;
    input.setAttribute("aria-valuetext", `epoch ${epochs[at]}`);
    draw(at);
  });
  live.later(() => {
    for (const [name, frames] of Object.entries(data.frames)) {
      const figure = document.querySelector(`figure[data-name="${name}"]`);
      if (!figure) continue;
      if (frames.said) { make(figure, "p", { class: "hint live" }, frames.said); continue; }
      const place = live.stage(figure, "Show it over the epochs");
      const label = make(place, "label", { class: "epochs" }), input = make(label, "input", { type: "range", min: 0, max: frames.epochs.length - 1, step: 1, value: frames.epochs.length - 1 });
      const entry = { input, label: make(label, "output"), epochs: frames.epochs, draw: makers[name](place, frames) };
      input.addEventListener("input", () => show(frames.epochs[+input.value], input));
      shows.push(entry);
    }
    show(Infinity);
    document.documentElement.dataset.frames = shows.length;
  });
})();
