// Mouse, touch and keys on the map and the chain.

function placeOnPlane(event) {
  const box = find("plane-marks").getBoundingClientRect();
  return [(event.clientX - box.left - offset(0)) / roomNow(), (event.clientY - box.top - offset(1)) / roomNow()];
}

function averageAt(event) {
  const [x, y] = placeOnPlane(event);
  let best = null, least = DISC / 2;
  for (const [i, spot] of plane.layout.spots) {
    const far = Math.hypot(spot.x - x, spot.y - y);
    if (far < least) [best, least] = [i, far];
  }
  return best;
}

function zoomPlane(times, x = plane.size[0] / 2, y = plane.size[1] / 2) {
  const before = [(x - offset(0)) / roomNow(), (y - offset(1)) / roomNow()];
  plane.zoom = Math.max(1, Math.min(Math.max(1, LARGEST_ROOM / plane.fit), plane.zoom * times));
  plane.x = before[0] - x / roomNow();
  plane.y = before[1] - y / roomNow();
  keepPlaneInside();
  paintPlane();
}

function pointOnPlane(i) {
  if (plane.pointed === i) return;
  plane.pointed = i;
  sayOnPlane();
  paintPlaneMarks();
}

function sayOnPlane() {
  const i = plane.pointed ?? state.chosen;
  find("plane-said").textContent = i === null
    ? "Drag a loop around averages to select them (Shift adds). Click one for details. Zoom with the wheel or + and −."
    : planeWords(i);
  find("plane-acts").hidden = !picked.size;
}

function planeWords(i) {
  const words = [`Class ${classOf[i]}, ${whereWords(i)}`];
  if (told.averages.particles) words.push(counted(particlesOf(i), "particle"));
  if (plane.layout?.isChain) {
    const at = plane.layout.order.indexOf(i);
    if (at > 0 && at < plane.layout.grouped) words.push(`affinity ${affinity(plane.layout.order[at - 1], i).toFixed(2)} to the previous one`);
  }
  if (reasonsOf(i)) words.push(isGrouped(i) ? `suspected: ${reasonsOf(i)}` : reasonsOf(i));
  if (isPicked(i)) words.push("selected");
  return `${words.join("; ")}.`;
}

// Scroll to the chosen average.
function revealOnPlane(i) {
  const spot = plane.layout?.spots.get(i);
  if (!spot) return;
  const [wide, high] = plane.size.map((pixels) => pixels / roomNow());
  plane.x = Math.max(spot.x + 0.6 - wide, Math.min(spot.x - 0.6, plane.x));
  plane.y = Math.max(spot.y + 0.6 - high, Math.min(spot.y - 0.6, plane.y));
  keepPlaneInside();
}

function goOnPlane(event) {
  const { order, isChain, columns, spots } = plane.layout, now = state.chosen;
  const by = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
  if (!spots.has(now)) return order[0];
  if (isChain) return order[order.indexOf(now) + by[0] + columns * by[1]] ?? now;
  return nearestAlong(by, [...spots].map(([i, { x, y }]) => [i, x, y]), now);
}

function onPlaneKey(event) {
  const arrow = event.key.startsWith("Arrow"), command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === "a") pick(inSightOnPlane(), picked.size > 0);
  else if (command || event.altKey) return;
  else if (arrow) {
    const from = state.chosen, next = goOnPlane(event);
    choose(next);
    if (event.shiftKey) pick(from === null ? [next] : [from, next], true);
    revealOnPlane(next);
    paintPlane();
    sayOnPlane();
  } else if (event.key === " " && state.chosen !== null) (isPicked(state.chosen) ? unpick : pick)([state.chosen], true);
  else if (event.key === "Enter" && state.chosen !== null) { openTab("average"); openSheet(); }
  else if (event.key === "+" || event.key === "=") zoomPlane(1.3);
  else if (event.key === "-") zoomPlane(1 / 1.3);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

const inSightOnPlane = () => [...plane.layout.spots].filter(([, { x, y }]) => {
  const [left, top] = [toPlaneX(x), toPlaneY(y)];
  return left >= 0 && top >= 0 && left <= plane.size[0] && top <= plane.size[1];
}).map(([i]) => i);

// Two fingers zoom about their middle and move; true while there are two.
function pinch(event) {
  const { fingers } = plane, box = find("plane-marks").getBoundingClientRect();
  const pair = () => {
    const [one, other] = [...fingers.values()];
    return [Math.hypot(one[0] - other[0], one[1] - other[1]), (one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
  };
  if (fingers.size !== 2 || !fingers.has(event.pointerId)) return false;
  const [far, x, y] = pair();
  fingers.set(event.pointerId, [event.clientX - box.left, event.clientY - box.top]);
  const [farNow, xNow, yNow] = pair();
  plane.x -= (xNow - x) / roomNow();
  plane.y -= (yNow - y) / roomNow();
  zoomPlane(farNow / Math.max(1, far), xNow, yNow);
  return true;
}

function watchPlane(canvas) {
  let from = null;
  const moves = (event) => !plane.drawsLoops || event.button === 1;
  watchLasso(canvas, {
    at: placeOnPlane,
    points: () => [...plane.layout.spots].map(([i, { x, y }]) => [i, x, y]),
    show: (loop) => { plane.loop = loop; paintPlaneMarks(); },
    isOn: (event) => !moves(event) && plane.fingers.size < 2,
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    zoomPlane(event.deltaY < 0 ? 1.25 : 0.8, event.clientX - box.left, event.clientY - box.top);
    pointOnPlane(averageAt(event));
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    const box = canvas.getBoundingClientRect();
    plane.fingers.set(event.pointerId, [event.clientX - box.left, event.clientY - box.top]);
    if (plane.fingers.size === 2) { canvas.giveUpLasso(); from = null; return; }
    if (moves(event)) from = [event.clientX, event.clientY, plane.x, plane.y];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (pinch(event)) return;
    if (from) {
      [plane.x, plane.y] = [from[2] - (event.clientX - from[0]) / roomNow(), from[3] - (event.clientY - from[1]) / roomNow()];
      if (Math.hypot(event.clientX - from[0], event.clientY - from[1]) > LEAST_DRAG) canvas.lassoed = true;
      keepPlaneInside();
      paintPlane();
    } else pointOnPlane(averageAt(event));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => { plane.fingers.delete(event.pointerId); from = null; });
  }
  canvas.addEventListener("pointerleave", () => pointOnPlane(null));
  canvas.addEventListener("click", (event) => {
    const i = averageAt(event);
    if (i === null) { clearPicked(); return; }
    if (event.shiftKey || event.ctrlKey || event.metaKey || picking.on) (isPicked(i) ? unpick : pick)([i], true);
    else { clearPicked(); choose(i); }
  });
  canvas.addEventListener("dblclick", () => { if (state.chosen !== null) { openTab("average"); openSheet(); } });
  canvas.addEventListener("keydown", onPlaneKey);
}

function startPlane() {
  if (!told.map) {
    find("tab-map").hidden = true;
    find("panel-map").classList.add("absent");
    return;
  }
  const canvas = find("plane-marks");
  canvas.setAttribute("aria-label", `Map of ${counted(onMap.length, "class average")}; arrow keys move between averages, Space selects`);
  watchPlane(canvas);
  for (const button of document.querySelectorAll('input[name="layout"]')) {
    button.addEventListener("change", () => {
      Object.assign(plane, { isChain: button.value === "chain" && button.checked, zoom: 1, x: 0, y: 0, pointed: null });
      find("plane-note").textContent = planeNote();
      showPlane();
    });
  }
  find("plane-lasso").addEventListener("click", () => {
    plane.drawsLoops = !plane.drawsLoops;
    find("plane-lasso").setAttribute("aria-pressed", String(plane.drawsLoops));
    canvas.classList.toggle("moves", !plane.drawsLoops);
  });
  find("plane-in").addEventListener("click", () => zoomPlane(1.5));
  find("plane-out").addEventListener("click", () => zoomPlane(1 / 1.5));
  find("plane-all").addEventListener("click", () => { Object.assign(plane, { zoom: 1, x: 0, y: 0 }); paintPlane(); });
  find("plane-wide").addEventListener("click", () => {
    const wide = document.querySelector("main").classList.toggle("wide");
    find("plane-wide").setAttribute("aria-pressed", String(wide));
    showPlane();
  });
  onPicked.push(() => { sayOnPlane(); paintPlaneMarks(); });
  new ResizeObserver(() => { if (plane.size && find("plane").clientWidth !== plane.size[0]) showPlane(); }).observe(find("plane"));
  new MutationObserver(paintPlane).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paintPlane);
  find("plane-note").textContent = planeNote();
  sayOnPlane();
}

function planeNote() {
  const how = isAligned ? "" : " Averages are shown as in the stack, not aligned.";
  if (plane.isChain) return `All averages in a row, similar ones side by side${isAligned ? ", each aligned to the previous one" : ""}. Bars between: affinity of the two. Bands: superclasses.${how}`;
  const { kept } = told.map, words = ["Similar averages are close together, as far as a flat map allows."];
  if (kept !== null) words.push(`Of the 5 most similar to each average, ${percent(kept, 1)} % are among its 10 nearest here.`);
  return `${words.join(" ")} Rims and numbers: superclasses (dashed: none).${how}`;
}
