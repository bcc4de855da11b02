// Dragging averages by mouse, pen or finger (after a long press), to any superclass or to the dock.

const LONG_PRESS = 380; // milliseconds that a finger rests before it drags and no longer scrolls
const FAR_ENOUGH = 5; // pixels that a mouse moves before it drags
const EDGE = 56; // pixels at the top and above the dock where the page scrolls, if it is held there
const drag = { tile: null, places: null, id: null, x: 0, y: 0, from: null, over: null, timer: 0, way: 0, since: 0 };

// A place that takes what is dropped on it.
function acceptDrops(place, take) {
  place.classList.add("takes-drops");
  place.take = take;
}

function pressTile(event) {
  const tile = event.target.closest?.(".tile");
  if (!tile || event.button !== 0 || event.target.classList.contains("back")) return;
  endDrag();
  Object.assign(drag, { tile, id: event.pointerId, from: [event.clientX, event.clientY] });
  if (event.pointerType === "touch") drag.timer = setTimeout(() => lift(...drag.from), LONG_PRESS);
}

// From now on the averages follow the pointer.
function lift(x, y) {
  const i = drag.tile.place;
  drag.places = isPicked(i) ? subjects(i) : [i];
  for (const place of drag.places) tiles[place].classList.add("dragged");
  const heap = find("heap"), canvas = heap.querySelector("canvas");
  heap.hidden = false;
  canvas.width = canvas.height = drag.tile.canvas.width;
  canvas.getContext("2d").drawImage(drag.tile.canvas, 0, 0);
  find("heap-count").textContent = drag.places.length > 1 ? String(drag.places.length) : "";
  // Not under the pointer, so that an immediate release changes nothing.
  find("dock").classList.toggle("at-top", y > innerHeight - 150);
  const { left, width } = find("groups").getBoundingClientRect();
  Object.assign(find("dock").style, { left: `${left}px`, width: `${width}px` });
  find("dock").style.setProperty("--top", `${topOfAverages() + 12}px`);
  document.documentElement.classList.add("dragging");
  carry(x, y);
  requestAnimationFrame(scrollAtEdges);
}

// The lower edge of the bar.
const topOfAverages = () => Math.max(0, document.querySelector(".controls").getBoundingClientRect().bottom);

function carry(x, y) {
  Object.assign(drag, { x, y });
  find("heap").style.transform = `translate(${x + 10}px, ${y + 10}px)`;
  const over = document.elementFromPoint(x, y)?.closest(".takes-drops") ?? null;
  if (over === drag.over) return;
  drag.over?.classList.remove("over");
  over?.classList.add("over");
  drag.over = over;
}

function movePointer(event) {
  if (!drag.tile || event.pointerId !== drag.id) return;
  const far = Math.hypot(event.clientX - drag.from[0], event.clientY - drag.from[1]);
  if (drag.places) carry(event.clientX, event.clientY);
  else if (event.pointerType !== "touch") { if (far > FAR_ENOUGH) lift(event.clientX, event.clientY); }
  else if (far > 2 * FAR_ENOUGH) endDrag(); // it scrolls
}

function dropHere(event) {
  if (!drag.tile || event.pointerId !== drag.id) return;
  const { places, over } = drag;
  endDrag();
  if (!places) return;
  // Ignore the click that follows.
  const swallow = (click) => { click.stopPropagation(); click.preventDefault(); };
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }), 50);
  if (!over) return;
  over.take(places);
  if (places.some(isPicked)) clearPicked();
}

function endDrag() {
  clearTimeout(drag.timer);
  for (const tile of document.querySelectorAll(".tile.dragged")) tile.classList.remove("dragged");
  drag.over?.classList.remove("over");
  Object.assign(drag, { tile: null, places: null, over: null });
  find("heap").hidden = true;
  document.documentElement.classList.remove("dragging");
}

function scrollAtEdges() {
  if (!drag.places) return;
  const box = find("dock").getBoundingClientRect(), isTop = find("dock").classList.contains("at-top");
  const top = isTop ? box.bottom : topOfAverages(), foot = isTop ? innerHeight : box.top;
  const way = drag.over?.closest("#dock") ? 0 : drag.y < top + EDGE ? -1 : drag.y > foot - EDGE ? 1 : 0;
  if (way !== drag.way) Object.assign(drag, { way, since: performance.now() });
  // A pointer on its way to the dock only passes the edge.
  if (way && performance.now() - drag.since > 250) {
    scrollBy(0, 14 * way);
    carry(drag.x, drag.y);
  }
  requestAnimationFrame(scrollAtEdges);
}

const toAside = (places) => { if (!places.every((i) => state.aside.has(i))) toggleAside(places); };
const toJunk = (places) => { if (!places.every((i) => state.junk.has(i))) toggleJunk(places); };

function startDragging() {
  const whole = find("groups");
  whole.addEventListener("pointerdown", pressTile);
  addEventListener("pointermove", movePointer);
  addEventListener("pointerup", dropHere);
  addEventListener("pointercancel", endDrag);
  addEventListener("blur", endDrag);
  // A finger that drags does not scroll, and opens no menu.
  whole.addEventListener("touchmove", (event) => { if (drag.places) event.preventDefault(); }, { passive: false });
  whole.addEventListener("contextmenu", (event) => { if (drag.timer && drag.tile) event.preventDefault(); });
  for (const id of ["aside", "dock-aside"]) acceptDrops(find(id), toAside);
  for (const id of ["junk", "dock-junk"]) acceptDrops(find(id), toJunk);
  acceptDrops(find("dock-new"), (places) => moveTo(places, NEW));
}
