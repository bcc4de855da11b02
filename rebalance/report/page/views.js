// Viewing directions on half a sphere, shown as a disc, and each average next to its reprojection.

const views = told.views && {
  ...told.views,
  place: unpack(told.views.place, Int16Array),
  densities: unpack(told.views.densities, Uint8Array),
};
const SPHERE = 380, SMALLEST_CIRCLE = 2.4, NEAR = 18; // of the drawing's own units
const MARKS = { 2: "◆", 3: "▲", 4: "■", 5: "⬟" };
const sphere = { pointed: null, layer: null, marks: null, loop: null };

function onSphere(x, y) {
  const [left, lower, side] = views.disc.window, scale = SPHERE / side;
  return [(x - left) * scale, SPHERE - (y - lower) * scale];
}
const placeOf = (i) => onSphere(views.place[2 * i] / 32767, views.place[2 * i + 1] / 32767);
const fitWords = (i) => `${views.fit[i].toFixed(2)}${views.misfit[i] ? ", fits no view" : ""}`;

// Particles kept of an average, if its superclass is reduced evenly.
function keptOf(i) {
  const number = groupOf(i);
  if (number < 0) return 0;
  const { size } = view.groups[number];
  return size ? (particlesOf(i) * view.balance.kept[number]) / size : 0;
}

function startViews() {
  if (!views) {
    find("tab-views").hidden = true;
    find("panel-views").classList.add("absent");
    return;
  }
  const badge = element("span", { class: views.trusted ? "badge" : "badge bad" }, views.trusted ? "Trusted" : "Not trusted");
  find("views-verdict").append(badge, ` ${views.why}`);
  find("views-notes").append(...views.notes.map((note) => element("li", {}, note)));
  find("views-notes").hidden = !views.notes.length;
  find("sphere-note").textContent = sphereNote();
  drawDisc();
  showStarts();
  const drawing = find("sphere");
  drawing.addEventListener("pointermove", (event) => pointAt(nearestOnSphere(event)));
  drawing.addEventListener("pointerleave", () => pointAt(null));
  drawing.addEventListener("click", (event) => {
    const i = nearestOnSphere(event);
    if (i !== null) choose(i);
  });
  drawing.addEventListener("dblclick", () => { if (state.chosen !== null) openTab("average"); });
  drawing.addEventListener("keydown", onSphereKey);
  watchLasso(drawing, {
    at: sphereSpot,
    points: () => classOf.map((_, i) => i).filter((i) => views.known[i]).map((i) => [i, ...placeOf(i)]),
    show: (loop) => sphere.loop.setAttribute("points", loop.map((spot) => spot.map((v) => v.toFixed(1)).join(",")).join(" ")),
    isOn: (event) => event.pointerType !== "touch" || picking.on, // a finger scrolls, unless it is to pick
  });
  onPicked.push(showChosenView);
}

function sphereNote() {
  const words = ["Area of a circle: particles, pale before and solid after balancing. The disc is half a sphere in equal-area projection, since opposite views are mirror images. Uniformity measures how evenly the views fill Fourier space. Each particle is counted at the view of its class average."];
  const orders = [...new Set(views.disc.axes.map(([, , order]) => order))].sort((a, b) => a - b);
  const axes = orders.map((order) => `${MARKS[order] ?? "⬢"} ${order}-fold`).join(", ");
  if (orders.length) words.push(`Views related by ${views.symmetry} symmetry are shown once, in the outlined unit. Axes: ${axes}.`);
  if (views.misfit.some(Boolean)) words.push("×: fits no view.");
  return words.join(" ");
}

function drawDisc() {
  const drawing = find("sphere"), scale = SPHERE / views.disc.window[2], [x, y] = onSphere(0, 0);
  const points = views.disc.outline.map(([a, b]) => onSphere(a, b).map((v) => v.toFixed(1)).join(",")).join(" ");
  drawing.append(svg("polygon", { class: "unit", points }));
  for (const tilt of [30, 60, 90]) {
    drawing.append(svg("circle", { class: "rim", cx: x, cy: y, r: Math.SQRT2 * Math.sin((tilt * Math.PI) / 360) * scale }));
  }
  for (const layer of ["layer", "marks"]) drawing.append(sphere[layer] = svg("g", {}));
  for (const [a, b, order] of views.disc.axes) {
    const [cx, cy] = onSphere(a, b);
    if (cx < 0 || cy < 0 || cx > SPHERE || cy > SPHERE) continue;
    drawing.append(axisMark(cx, cy, order));
  }
  drawing.append(sphere.loop = svg("polygon", { class: "loop", points: "" }));
  drawing.setAttribute("aria-label", `Views of ${counted(views.known.filter(Boolean).length, "class average")} on half a sphere; arrow keys move between averages`);
}

// The mark of a symmetry axis: as many corners as its order has.
function axisMark(x, y, order) {
  const corners = order === 2 ? 4 : Math.min(order, 6), size = order === 2 ? 4 : 5;
  const points = Array.from({ length: corners }, (_, at) => {
    const angle = -Math.PI / 2 + (order === 4 ? Math.PI / 4 : 0) + (2 * Math.PI * at) / corners;
    const wide = order === 2 ? 0.75 : 1;
    return `${(x + wide * size * Math.cos(angle)).toFixed(1)},${(y + size * Math.sin(angle)).toFixed(1)}`;
  });
  return svg("polygon", { class: "axis-mark", points: points.join(" ") });
}

function showViews() {
  if (!views) return;
  const shown = classOf.map((_, i) => i).filter((i) => views.known[i]);
  const total = shown.reduce((sum, i) => sum + (views.misfit[i] ? 0 : particlesOf(i)), 0) || 1;
  const scale = SPHERE / views.disc.window[2];
  const radius = (particles) => scale * Math.sqrt((views.disc.filled * particles) / total / Math.PI);
  const parts = [], named = new Map();
  shown.sort((a, b) => particlesOf(b) - particlesOf(a));
  for (const i of shown) {
    const [cx, cy] = placeOf(i), number = groupOf(i);
    if (views.misfit[i]) {
      parts.push(svg("path", { class: "odd", d: `M${cx - 3.5} ${cy - 3.5}l7 7m0 -7l-7 7`, "data-place": i }));
      continue;
    }
    const was = Math.max(SMALLEST_CIRCLE, radius(particlesOf(i)));
    if (number < 0) {
      parts.push(svg("circle", { class: "aside", cx, cy, r: was, "data-place": i }));
      continue;
    }
    const is = Math.max(SMALLEST_CIRCLE, radius(keptOf(i))), fill = colorOf(number);
    if (was - is > 0.4) parts.push(svg("circle", { class: "was", cx, cy, r: was, fill }));
    parts.push(svg("circle", { class: "is", cx, cy, r: is, fill, "data-place": i }));
    if (!named.has(number)) named.set(number, [cx, cy, was]);
  }
  parts.push(...numbersOn(named));
  sphere.layer.replaceChildren(...parts);
  showUniformity();
  showChosenView();
}

// The number of each superclass, once, next to its largest average where there is room.
function numbersOn(named) {
  const taken = [], texts = [];
  for (const [number, [cx, cy, r]] of named) {
    const wide = number > 9 ? 12 : 6;
    const places = [[cx, cy - r - 3], [cx, cy + r + 9], [cx + r + wide / 2 + 2, cy + 3], [cx - r - wide / 2 - 2, cy + 3]];
    const free = places.find(([x, y]) => x > wide && x < SPHERE - wide && y > 9 && y < SPHERE - 2 &&
      taken.every(([u, v, w]) => Math.abs(u - x) > (w + wide) / 2 + 2 || Math.abs(v - y) > 10));
    if (!free) continue;
    taken.push([...free, wide]);
    texts.push(svg("text", { x: free[0], y: free[1] }, String(number)));
  }
  return texts;
}

function sphereSpot(event) {
  const box = find("sphere").getBoundingClientRect(), scale = SPHERE / box.width;
  return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
}

function nearestOnSphere(event) {
  const [x, y] = sphereSpot(event);
  let best = null, least = NEAR;
  for (let i = 0; i < n; i++) {
    if (!views.known[i]) continue;
    const [cx, cy] = placeOf(i), far = Math.hypot(cx - x, cy - y);
    if (far < least) [best, least] = [i, far];
  }
  return best;
}

function pointAt(i) {
  if (sphere.pointed === i) return;
  sphere.pointed = i;
  showChosenView();
}

function viewWords(i) {
  const words = [`Class ${classOf[i]}, ${whereWords(i)}`];
  if (told.averages.particles) {
    const kept = keptOf(i), all = particlesOf(i);
    if (!told.balance || groupOf(i) < 0 || kept === all) words.push(counted(all, "particle"));
    else words.push(`${count(all)} → ${kept < 0.5 ? "less than 1 particle" : counted(Math.round(kept), "particle")}`);
  }
  if (views.fit[i] !== null) words.push(`correlation with the map ${fitWords(i)}`);
  return `${words.join("; ")}.`;
}

// The average under the pointer, or else the chosen one: ring, text, and reprojection.
function showChosenView() {
  if (!views) return;
  const i = sphere.pointed ?? state.chosen;
  const rings = [...picked].filter((at) => views.known[at]).map((at) => {
    const [cx, cy] = placeOf(at);
    return svg("circle", { class: "picked", cx, cy, r: 8 });
  });
  for (const [at, name] of [[state.chosen, "ring"], [sphere.pointed, "pointed"]]) {
    if (at === null || !views.known[at]) continue;
    const [cx, cy] = placeOf(at);
    rings.push(svg("circle", { class: name, cx, cy, r: name === "ring" ? 11 : 9 }));
  }
  sphere.marks.replaceChildren(...rings);
  const is = i !== null && views.known[i];
  find("views-pair").hidden = !is || !averagesSheet;
  find("sphere-said").textContent = is ? viewWords(i)
    : i === null ? "Point at an average, or click one, to compare it with the map seen from the same direction."
      : `Class ${classOf[i]} was not used to find views.`;
  if (!is || !averagesSheet) return;
  draw(find("view-average"), i, i, 190);
  draw(find("view-map"), i, i, 190, reprojectionsSheet);
  find("view-average-name").textContent = `Class ${classOf[i]}`;
  find("view-map-name").textContent = "Map, same direction";
}

function onSphereKey(event) {
  const by = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  if (event.key === "Enter" && state.chosen !== null) openTab("average");
  else if (by && !event.ctrlKey && !event.metaKey) choose(nextOnSphere(by));
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function nextOnSphere(by) {
  const shown = classOf.map((_, i) => i).filter((i) => views.known[i]);
  if (state.chosen === null || !views.known[state.chosen]) return shown[0];
  return nearestAlong(by, shown.map((i) => [i, ...placeOf(i)]), state.chosen);
}

function showStarts() {
  const order = views.in_agreement.map((_, at) => at).sort((a, b) => views.in_agreement[b] - views.in_agreement[a]);
  const rows = order.map((a) => element("tr", {}, ...order.map((b) => {
    if (a === b) return element("td", {});
    const value = views.starts[a][b], cell = element("td", {}, value.toFixed(2).replace("-", "−"));
    cell.style.background = `color-mix(in srgb, var(--accent) ${Math.round(Math.max(0, value) * 100)}%, var(--pale))`;
    if (value > 0.6) cell.style.color = "var(--on-accent)";
    return cell;
  })));
  find("starts").replaceChildren(element("tbody", {}, ...rows));
  const agree = views.in_agreement.filter(Boolean).length;
  find("starts-said").textContent = `How well the angles found by ${counted(order.length, "search", "searches")} from random starts agree, pair by pair (rank correlation). ${agree > 1 ? `The views are taken from the first ${agree}.` : "No two of them agree."}`;
}
