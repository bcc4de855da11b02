// Selection of several averages, and the actions on all of them.

const picked = new Set(); // places of averages; change it by pick() and clearPicked() only
const isPicked = (i) => picked.has(i);
const picking = { on: false, anchor: null }; // a tap picks; from where Shift picks a range
const onPicked = []; // called, without arguments, whenever what is picked has changed

// Select these averages, in addition to the selection or instead of it, except those left out.
function pick(places, add = false) {
  if (!add) picked.clear();
  for (const i of places) if (!isLeftOut(i)) picked.add(i);
  showPicked();
}

function unpick(places) {
  for (const i of places) picked.delete(i);
  showPicked();
}

function clearPicked() {
  picking.anchor = null;
  if (picked.size) pick([]);
}

// The averages for a key or button: all selected ones, or else one.
const subjects = (i) => (picked.size ? inOrderShown(picked) : i === null ? [] : [i]);
const inOrderShown = (places) => inSight().map((tile) => tile.place).filter((i) => places.has(i));

function togglePicked(i) {
  // The first one was chosen by a plain click, as in a list of files.
  const first = picked.size || picking.on || picking.anchor === null || state.chosen !== picking.anchor ? i : picking.anchor;
  picking.anchor = i;
  if (isPicked(i)) unpick([i]);
  else pick([first, i], true);
}

// From the last one that was clicked to this one, in the order on screen.
function pickRange(i, add) {
  const shown = inSight().map((tile) => tile.place), from = shown.indexOf(picking.anchor ?? state.chosen ?? i), to = shown.indexOf(i);
  picking.anchor = shown[from] ?? i;
  pick(shown.slice(Math.min(Math.max(from, 0), to), Math.max(from, to) + 1), add);
}

// Select all of a superclass or tray, or deselect them if all are selected.
function togglePlaces(places) {
  if (places.length && places.every((i) => isPicked(i) || isLeftOut(i))) unpick(places);
  else pick(places, true);
}
const placesIn = (group) => [...group.querySelectorAll(".tile")].map((tile) => tile.place);

// Handle a click that selects; false for an ordinary click.
function clickPicks(event, i) {
  if (event.shiftKey) pickRange(i, event.ctrlKey || event.metaKey);
  else if (event.ctrlKey || event.metaKey || picking.on) togglePicked(i);
  else return false;
  return true;
}

// Keys on a tile: Space, Shift with an arrow, Ctrl+A. True where the key was one of them.
function keyPicks(event, tile) {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === "a") pick(placesIn(tile.closest(".group")), picked.size > 0);
  else if (command || event.altKey) return false;
  else if (event.key === " ") { picking.anchor = tile.place; (isPicked(tile.place) ? unpick : pick)([tile.place], true); }
  else if (event.shiftKey && ARROWS.includes(event.key)) {
    const next = step(tile, event.key);
    picking.anchor ??= tile.place;
    if (next) { pickRange(next.place, false); next.focus(); choose(next.place); }
  } else return false;
  event.preventDefault();
  return true;
}

function showPicked() {
  for (const tile of tiles) {
    const now = isPicked(tile.place);
    if (tile.classList.toggle("picked", now) !== (tile.getAttribute("aria-selected") === "true")) {
      tile.setAttribute("aria-selected", String(now));
    }
  }
  const bar = find("picked-bar"), some = picked.size > 0;
  bar.hidden = !some;
  const words = some ? pickedWords() : "";
  if (some) find("picked-said").textContent = words;
  find("announced").textContent = some || find("announced").textContent === "" ? words : "None selected";
  if (some) nameActs(bar, subjects(null));
  if (state.chosen !== null) nameActs(find("average"), subjects(state.chosen));
  for (const listener of onPicked) listener();
}

function pickedWords() {
  const averages = counted(picked.size, "average");
  if (!told.averages.particles) return `${averages} selected`;
  return `${averages} selected (${counted([...picked].reduce((sum, i) => sum + particlesOf(i), 0), "particle")})`;
}

// Label the buttons with what they would do to these averages.
function nameActs(place, places) {
  const all = picked.size > 1 && place.id === "average" ? ` all ${picked.size}` : "";
  const [aside, junk, move] = ["aside", "junk", "move"].map((act) => place.querySelector(`[data-act="${act}"]`));
  const name = (button, words, key) => button.replaceChildren(words, element("span", { class: "key" }, ` (${key})`));
  name(aside, `${places.length && places.every((i) => state.aside.has(i)) ? "Bring back" : "Set aside"}${all}`, "A");
  name(junk, `${places.length && places.every((i) => state.junk.has(i)) ? "Not junk" : "Junk"}${all}`, "J");
  name(move, `Move${all} to …`, "M");
  for (const button of [aside, junk, move]) button.disabled = places.every(isLeftOut);
}

// Act on all selected averages, or on average i, and then clear the selection.
function actOn(act, i = state.chosen) {
  const places = subjects(i);
  if (!places.length) return tell("Choose a class average first.");
  act(places);
  if (act !== askWhere && !document.querySelector("dialog[open]")) clearPicked();
}
const ACTS = { aside: toggleAside, junk: toggleJunk, move: askWhere };

// In this mode a tap or click selects, for touch screens without Ctrl.
function setPicking(on) {
  picking.on = on;
  find("select").setAttribute("aria-pressed", String(on));
  document.documentElement.classList.toggle("picking", on);
  if (!on) clearPicked();
}

function startPicked() {
  for (const button of document.querySelectorAll("[data-act]")) {
    button.addEventListener("click", () => actOn(ACTS[button.dataset.act]));
  }
  find("picked-clear").addEventListener("click", clearPicked);
  find("select").addEventListener("click", () => setPicking(!picking.on));
  find("groups").addEventListener("click", (event) => {
    const button = event.target.closest(".pick-all");
    if (button) togglePlaces(placesIn(button.closest(".group")));
  });
}
