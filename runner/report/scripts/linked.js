// The other figures over epochs, as weights, gradients and sharpness, under the crosshair of the learning curves.
(() => {
  const { data, unpack, short, make } = live;
  const MOST_VALUES = 3; // of an entry that stand beside its name
  const unpacked = (panel, entries) => {
    const counts = Array.from(unpack(panel.counts)), all = unpack(panel.values), length = counts.length;
    const part = i => Array.from(all.subarray(i * length, (i + 1) * length), v => Number.isFinite(v) ? v : null);
    return { ...panel, counts, lines: panel.lines.map(([of, look], i) => ({ of, look, row: part(i), spans: true, color: entries[of].color, width: { thin: 1, edge: 0 }[look] ?? 1.5 })),
      bands: panel.bands.map(([upper, lower], i) => [upper, lower, () => entries[panel.lines[upper][0]].color().replace(/^rgb\((.*)\)$/, "rgba($1,0.2)").replace(/^(#[0-9a-f]{6})$/i, "$133")]) };
  };
  const color = ({ setting, share, hue }) => {
    if (share !== null) return () => live.ramp(share);
    if (hue !== null) return () => live.distinct[hue % live.distinct.length];
    const line = live.settings?.indexOf(String(setting)) ?? -1; // its setting's, as in the learning curves
    return () => line < 0 ? "#888888" : live.color(line);
  };
  const draw = (figure, chart) => {
    const entries = chart.entries.map(entry => ({ ...entry, color: color(entry), shown: true, filtered: true }));
    const panels = chart.panels.map(panel => unpacked(panel, entries));
    const place = live.stage(figure, "Show the curves");
    figure.classList.add("retold"); // the picture's caption speaks of its own colours
    const { legend, readout, area } = plots.frame(place, chart.title), visible = i => entries[i].shown && entries[i].filtered;
    make(place, "p", { class: "hint" }, `${chart.said} Drag to zoom, double-click to undo; the arrow keys move the crosshair.`);
    const values = (at, entry) => panels.flatMap(panel => { // what is drawn of an entry, in every panel that has it
      const lines = panel.lines.filter(line => line.of === entry && line.look !== "edge");
      return lines.map(line => ({ label: line.look === "thin" ? "largest stable" : panel.label, point: plots.valueAt(panel.counts, line.row, at) }));
    });
    const say = (at, entry) => {
      const number = point => point ? short(point.value) + (point.count === at ? "" : ` (at ${point.count})`) : "–", told = values(at, entry);
      const texts = told.map(({ label, point }) => told.length > 1 ? `${label} ${number(point)}` : number(point));
      readout.textContent = `${chart.unit} ${at}${entries[entry].name ? `, ${entries[entry].name}` : ""}: ${texts.join(", ")}`;
      entries.forEach(({ value }, i) => {
        const told = value ? values(at, i) : [];
        if (told.length && told.length <= MOST_VALUES) value.textContent = told.map(({ point }) => point ? short(point.value) : "–").join(" · ");
      });
    };
    const charts = plots.group({ area, key: chart.counted, unit: chart.unit, panels: () => panels, entries: entries.length, visible, say, columns: () => chart.columns });
    const groups = [...new Set(entries.map(entry => entry.group))];
    for (const name of groups.length > 1 ? groups : []) {
      const members = entries.filter(entry => entry.group === name);
      const button = plots.switches(legend, name, members[0].color, on => { for (const entry of members) entry.shown = on; charts.update(); });
      button.append(" ");
      if (members.length === 1) members[0].value = make(button, "span", { class: "value" });
    }
    charts.build();
    charts.say();
    filtering?.listen(settings => {
      for (const entry of entries) entry.filtered = entry.setting === null || settings.has(String(entry.setting));
      charts.update();
    });
    live.dark.addEventListener("change", charts.redraw);
    figure.dataset.ready = "";
  };
  // One after the other, once the learning curves are there.
  const waiting = Object.entries(data.linked ?? {}).map(([name, chart]) => [document.querySelector(`figure[data-name="${name}"]`), chart]);
  const next = () => { const [figure, chart] = waiting.shift() ?? []; if (figure) { draw(figure, chart); live.later(next); } };
  live.later(next);
})();
