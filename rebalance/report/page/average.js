// One class average, and the most similar ones, aligned to it.

const NEAREST = 15;

function nearest(i) {
  const others = classOf.map((_, j) => j).filter((j) => j !== i);
  return others.sort((a, b) => affinity(i, b) - affinity(i, a)).slice(0, NEAREST);
}

const groupOf = (i) => view.groups.findIndex((group) => group.members.includes(i));

function whereWords(i) {
  const number = groupOf(i);
  return number >= 0 ? `superclass ${number}` : apartWords(i);
}

function showAverage() {
  const i = state.chosen;
  find("average").hidden = i === null;
  find("average-hint").hidden = i !== null;
  if (i === null) return;
  const near = pairs ? nearest(i) : [];
  if (state.beside === null && near.length) state.beside = near[0];
  draw(find("pair-one"), i, i, 190);
  find("pair-one-name").textContent = `${classOf[i]}, ${whereWords(i)}`;
  showBeside(i);
  showFacts(i);
  nameActs(find("average"), subjects(i));
  find("neighbours-title").hidden = !near.length;
  find("neighbours").replaceChildren(...near.map((j) => neighbour(i, j)));
}

function neighbour(i, j) {
  const canvas = element("canvas", { "aria-hidden": "true" }), number = groupOf(j);
  draw(canvas, j, i, 66);
  const made = element(
    "button",
    {
      type: "button", class: "near", "aria-pressed": String(state.beside === j),
      "aria-label": `Class ${classOf[j]}, ${whereWords(j)}, affinity ${affinity(i, j).toFixed(3)}`,
    },
    canvas, ...(number >= 0 ? [chip(number)] : []),
    element("div", { class: "caption" }, element("b", {}, String(classOf[j])), element("span", {}, affinity(i, j).toFixed(2))),
  );
  made.title = whereWords(j);
  made.addEventListener("click", () => {
    state.beside = j;
    showBeside(i);
    for (const other of find("neighbours").children) other.setAttribute("aria-pressed", String(other === made));
  });
  made.addEventListener("dblclick", () => { choose(j); tiles[j].scrollIntoView({ block: "center" }); });
  return made;
}

function showBeside(i) {
  const j = state.beside;
  find("pair-other").parentElement.hidden = j === null;
  find("pair-said").textContent = "";
  find("curve").hidden = true;
  if (j === null) return;
  draw(find("pair-other"), j, i, 190);
  find("pair-other-name").textContent = `${classOf[j]}, ${whereWords(j)}`;
  const words = [`Affinity ${affinity(i, j).toFixed(3)}`];
  if (isAligned) {
    const { degrees, shift: [x, y], mirror } = motion(i, j), far = Math.hypot(x, y);
    const size = told.averages.pixel_size;
    const shift = size ? `${(far * size).toPrecision(2)} Å` : `${far.toFixed(1)} pixels`;
    words.push(`class ${classOf[j]} rotated by ${degrees.toFixed(0).replace("-", "−")}°, shifted by ${shift}${mirror ? ", mirrored" : ""}`);
  } else if (told.sheet) words.push("not aligned");
  find("pair-said").textContent = `${words.join("; ")}.`;
  showCurve(i, j);
}

// Mean affinity of average i to the others of a superclass.
function meanAffinity(i, group) {
  const others = group.members.filter((j) => j !== i);
  return others.length ? others.reduce((sum, j) => sum + affinity(i, j), 0) / others.length : 0;
}
const meanWords = (i, number) => `mean affinity ${meanAffinity(i, view.groups[number]).toFixed(3)}`;

// The most similar superclass except its own: the first in the dialog of moves.
function nextBest(i, own) {
  const others = view.groups.map((_, number) => number).filter((number) => number !== own);
  if (!others.length) return "";
  const likeness = new Map(others.map((number) => [number, meanAffinity(i, view.groups[number])]));
  const best = others.reduce((a, b) => (likeness.get(b) > likeness.get(a) ? b : a));
  return `superclass ${best}, ${meanWords(i, best)}`;
}

function showFacts(i) {
  const rows = [];
  if (told.averages.particles) rows.push(["Particles", count(particlesOf(i))]);
  const resolution = told.averages.resolution?.[i];
  if (resolution) rows.push(["Resolution", `${resolution} Å`]);
  if (views && views.fit[i] !== null) rows.push(["Fit to the map", fitWords(i)]);
  const number = groupOf(i);
  if (number >= 0) {
    const { medoid } = view.groups[number];
    rows.push(["Superclass", pairs && view.groups[number].members.length > 1 ? `${number}, ${meanWords(i, number)}` : String(number)]);
    if (pairs) rows.push(["Central average", medoid === i ? "this one" : `class ${classOf[medoid]}, affinity ${affinity(i, medoid).toFixed(3)}`]);
  }
  const next = pairs && nextBest(i, number);
  if (next) rows.push([number >= 0 ? "Next best" : "Most similar", next]);
  if (reasonsOf(i)) rows.push(["Suspected", reasonsOf(i)]);
  find("average-facts").replaceChildren(...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

const curves = told.curves && (() => {
  const ends = unpack(told.curves.pairs, Uint16Array), of = new Map();
  for (let at = 0; at < ends.length / 2; at++) of.set(`${ends[2 * at]} ${ends[2 * at + 1]}`, at);
  return { of, values: unpack(told.curves.values, Int8Array), frequency: told.curves.frequency };
})();

// The Fourier ring correlation of the pair, stored for the nearest neighbors of each average.
function showCurve(i, j) {
  if (!curves) return;
  const at = curves.of.get(`${Math.min(i, j)} ${Math.max(i, j)}`), place = find("curve");
  place.hidden = false;
  if (at === undefined) {
    place.replaceChildren(element("p", { class: "hint" }, "The Fourier ring correlation is stored only for the most similar averages."));
    return;
  }
  const { frequency } = curves, rings = frequency.length;
  const values = Array.from(curves.values.subarray(at * rings, (at + 1) * rings), (v) => v / 127);
  place.replaceChildren(plot({
    x: frequency, series: [values], low: Math.min(0, Math.floor(Math.min(...values) * 10) / 10), high: 1,
    levels: [0, 0.5, 1], label: "Fourier ring correlation of the two averages",
    ticks: roundLengths(frequency[0], frequency[rings - 1], told.averages.pixel_size || 1),
    words: (k) => {
      const size = told.averages.pixel_size, length = (size || 1) / k;
      return `${Number(length.toPrecision(2))} ${size ? "Å" : "pixels"}`;
    },
  }));
}

const SVG = "http://www.w3.org/2000/svg";
function svg(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// Two to five round numbers from low to high: steps of 1, 2 or 5 of a power of ten.
function roundLevels(low, high) {
  const rough = (high - low || 1) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((by) => by * power).find((by) => by >= rough * 0.999);
  const levels = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at++) levels.push(at * step);
  return levels;
}

// Frequencies of round lengths, far enough apart to be read; lengths in units of `unit`.
function roundLengths(first, last, unit) {
  const ticks = [], room = (last - first) / 6;
  for (let power = Math.ceil(Math.log10(unit / first)); power >= -1; power--) {
    for (const by of [10, 8, 6, 5, 4, 3, 2.5, 2, 1.5]) {
      const tick = unit / (by * 10 ** (power - 1));
      if (tick >= first * 0.999 && tick <= last * 1.001 && !(tick - ticks.at(-1) < room)) ticks.push(tick);
    }
  }
  return ticks.length > 1 ? ticks : [first, last];
}

// A small plot of lines over a common axis.
function plot({ x, series, low, high, label, ticks, words, ends = [x[0], x.at(-1)], levels = roundLevels(low, high) }) {
  const wide = 380, tall = 132, left = 40, bottom = 20, top = 8;
  const [first, last] = ends, span = last - first || 1;
  const toX = (value) => left + ((value - first) / span) * (wide - left - 8);
  const toY = (value) => top + (1 - (value - low) / (high - low || 1)) * (tall - top - bottom);
  const whole = svg("svg", { viewBox: `0 0 ${wide} ${tall}`, role: "img", "aria-label": label });
  for (const level of levels) {
    whole.append(svg("line", { x1: left, x2: wide - 8, y1: toY(level), y2: toY(level), class: "axis" }));
    whole.append(svg("text", { x: left - 5, y: toY(level) + 3.5, "text-anchor": "end", class: "axis-text" }, level >= 1000 ? count(Math.round(level)) : Number(level.toPrecision(2))));
  }
  for (const tick of ticks) {
    // Not beyond the edges of the picture.
    const anchor = toX(tick) < left + 14 ? "start" : toX(tick) > wide - 30 ? "end" : "middle";
    whole.append(svg("text", { x: toX(tick), y: tall - 5, "text-anchor": anchor, class: "axis-text" }, words(tick)));
  }
  for (const [place, values] of series.entries()) {
    const points = values.map((value, at) => `${toX(x[at]).toFixed(1)},${toY(value).toFixed(1)}`).join(" ");
    whole.append(svg("polyline", { points, class: place ? "trace beside" : "trace" }));
  }
  whole.toX = toX;
  whole.toY = toY;
  return whole;
}

// Ask for the superclass to move averages to.
function askWhere(places) {
  const free = changeable(places), [i] = free;
  if (!free.length) return;
  const dialog = find("move-dialog"), field = find("move-number"), now = new Set(free.map(groupOf));
  find("move-title").textContent = `Move ${classWords(free).replace("Class", "class")} to`;
  const order = view.groups.map((_, number) => number).filter((number) => now.size > 1 || !now.has(number));
  const likeness = view.groups.map((group) => (pairs ? free.reduce((sum, j) => sum + meanAffinity(j, group), 0) / free.length : 0));
  order.sort((a, b) => likeness[b] - likeness[a]);
  const go = (label) => {
    dialog.close();
    moveTo(free, label);
    clearPicked();
    tiles[i].focus({ preventScroll: false });
  };
  const buttons = order.map((number) => {
    const canvas = element("canvas", { "aria-hidden": "true" }), { medoid, label } = view.groups[number];
    draw(canvas, medoid, i, 80);
    const button = element("button", { type: "button", "aria-label": `Superclass ${number}` }, canvas, chip(number), pairs ? ` ${likeness[number].toFixed(2)}` : "");
    button.addEventListener("click", () => go(label));
    return button;
  });
  find("move-new").onclick = () => go(NEW);
  find("move-list").replaceChildren(...buttons);
  field.value = "";
  field.removeAttribute("aria-invalid");
  field.onkeydown = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const group = /^\d+$/.test(field.value.trim()) ? view.groups[Number(field.value)] : undefined;
    if (group) go(group.label);
    else field.setAttribute("aria-invalid", "true");
  };
  find("move-cancel").onclick = () => dialog.close();
  dialog.showModal();
  field.focus();
}
