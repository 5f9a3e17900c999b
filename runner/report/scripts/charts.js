"use strict";
// What all charts share: the numbers in the page, and their colours.
const live = (() => {
  const data = JSON.parse(document.getElementById("live").textContent);
  const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const unpack = text => { // float32 without its last byte
    const short = bytes(text), whole = new Uint8Array(short.length / 3 * 4);
    for (let i = 0; i < short.length; i++) whole[Math.floor(i / 3) * 4 + 1 + i % 3] = short[i];
    return new Float32Array(whole.buffer);
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // viridis, where it stands out from the page; and the colours of Okabe and Ito that do on both
  const viridis = [[68, 1, 84], [70, 50, 127], [54, 92, 141], [39, 127, 142], [31, 161, 135], [74, 194, 109],
    [160, 218, 57], [253, 231, 37]];
  const distinct = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c6bb1", "#888888"];
  const ramp = share => {
    const at = (dark.matches ? 0.3 + 0.7 * share : 0.72 * share) * (viridis.length - 1);
    const low = Math.min(Math.floor(at), viridis.length - 2);
    return `rgb(${viridis[low].map((part, i) => Math.round(part + (at - low) * (viridis[low + 1][i] - part)))})`;
  };
  const axis = data.axes?.find(one => one.name === data.color);
  const places = axis?.categories ?? [...new Set(axis?.values)].sort((a, b) => a - b);
  const of = value => axis.categories && places.length <= distinct.length ? distinct[places.indexOf(value)]
    : ramp(places.length > 1 ? places.indexOf(value) / (places.length - 1) : 0);
  const short = value => value === null || !isFinite(value) ? "–" : String(+value.toPrecision(4));
  const make = (parent, tag, values = {}, text = "") => {
    const element = parent.appendChild(document.createElement(tag));
    for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
    element.append(text);
    return element;
  };
  // A place for a chart beside a picture, and a button that shows one or the other.
  const stage = (figure, label) => {
    const place = document.createElement("div");
    place.className = "live";
    figure.querySelector(".still").before(place);
    figure.classList.add("has-live");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "swap";
    const name = () => { button.textContent = figure.classList.contains("as-picture") ? label : "Show the picture"; };
    button.addEventListener("click", () => { figure.classList.toggle("as-picture"); name(); });
    name();
    place.before(button);
    return place;
  };
  const later = draw => requestAnimationFrame(() => setTimeout(draw)); // once the page has been painted
  return { later, data, bytes, unpack, dark, color: line => axis ? of(axis.values[line]) : getComputedStyle(document.body).color, colorOf: of, ramp, distinct, places, axis, short, make, stage,
    settings: data.lines?.map(line => String(line.setting)) };
})();
