// The class averages by superclass: one tile each, kept when the grouping changes.

const tiles = classOf.map((number, i) => {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const name = element("b", {}, String(number));
  const facts = element("span", {}, told.averages.particles ? compact(particlesOf(i)) : "");
  const tile = element(
    "div", { class: "tile", role: "option", "aria-selected": "false", tabindex: "-1", "data-place": i },
    canvas, element("div", { class: "caption" }, name, facts),
  );
  const resolution = told.averages.resolution?.[i];
  if (resolution) tile.append(element("div", { class: "resolution" }, `${resolution.toPrecision(3)} Å`));
  const back = element("span", { class: "back", "aria-hidden": "true", title: "Return to a superclass (A)" }, "↩");
  tile.append(back);
  tile.place = i;
  tile.canvas = canvas;
  tile.name = name;
  return tile;
});

function compact(number) {
  if (number < 100000) return count(number);
  return number < 999500 ? `${Math.round(number / 1000)}k` : `${(number / 1e6).toPrecision(3)}M`;
}

// By medoid, so that an unchanged superclass keeps its element when its number changes.
const groupElements = new Map();

function groupElement(medoid) {
  if (groupElements.has(medoid)) return groupElements.get(medoid);
  const size = element("span", { class: "size" }), within = element("span", { class: "size", title: "Mean affinity of all pairs in this superclass" });
  const members = listbox(element("div", { class: "members" }), "");
  const key = element("button", { type: "button", class: "chip pick-all", title: "Select all" });
  const made = element("section", { class: "group" }, element("header", {}, key, size, within), members);
  Object.assign(made, { size, within, members, key, number: null });
  acceptDrops(made, (places) => moveTo(places.filter((i) => groupOf(i) !== made.number), view.groups[made.number].label));
  groupElements.set(medoid, made);
  return made;
}

function numberElement(made, number) {
  made.style.setProperty("--key", colorOf(number));
  paint(made.key, colorOf(number));
  if (made.number === number) return;
  made.number = number;
  made.key.textContent = number;
  made.key.setAttribute("aria-label", `Select all of superclass ${number}`);
  made.setAttribute("aria-label", `Superclass ${number}`);
  made.members.setAttribute("aria-label", `Averages of superclass ${number}`);
}

// Make these the children of an element, in this order, with as few moves as possible.
function arrange(place, wanted) {
  let at = place.firstChild;
  for (const child of wanted) {
    if (child !== at && at?.nextSibling === child) {
      at.remove(); // it stands further down, or elsewhere
      at = child;
    }
    if (child === at) at = at.nextSibling;
    else place.insertBefore(child, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function listbox(place, label) {
  for (const [name, value] of [["role", "listbox"], ["aria-multiselectable", "true"], ["aria-label", label]]) place.setAttribute(name, value);
  return place;
}

function showTiles() {
  const held = document.activeElement?.classList.contains("tile") ? document.activeElement : null;
  arrange(find("superclasses"), groupsShown().map((number) => {
    const group = view.groups[number], shown = groupElement(group.medoid);
    numberElement(shown, number);
    shown.size.replaceChildren(...sizeWords(group, number));
    shown.within.textContent = withinWords(group);
    fillWith(shown.members, membersShown(group), group, number);
    return shown;
  }));
  const byClass = (places) => [...places].sort((a, b) => classOf[a] - classOf[b]);
  const junk = byClass(state.junk), aside = byClass(state.aside);
  const out = classOf.map((_, i) => i).filter((i) => isLeftOut(i) && !state.junk.has(i));
  for (const [id, members] of [["aside", aside], ["junk", junk], ["left-out", out]]) {
    const tray = find(id);
    fillWith(tray.querySelector(".members"), members, null, -1);
    tray.querySelector(".size").textContent = members.length ? particleWords(members) : "";
  }
  const { aside: before, asideAfter } = view.balance;
  if (asideAfter < before) find("aside").querySelector(".size").append(`, ${count(asideAfter)} kept`);
  find("left-out").hidden = out.length === 0;
  if (held && document.activeElement !== held) held.focus({ preventScroll: true });
  keepOneTabStop();
}

function fillWith(place, members, group, number) {
  arrange(place, members.map((i) => tiles[i]));
  for (const i of members) {
    const tile = tiles[i];
    tile.onto = group ? group.medoid : i;
    const mirrored = motion(tile.onto, i).mirror, words = tileWords(i, group, number, mirrored);
    tile.classList.toggle("medoid", Boolean(group) && group.medoid === i && group.members.length > 1);
    tile.classList.toggle("moved", isMoved(i));
    tile.classList.toggle("suspect", Boolean(group && reasonsOf(i)));
    tile.classList.toggle("chosen", state.chosen === i);
    if (tile.title === words) continue;
    tile.name.textContent = `${classOf[i]}${mirrored ? " ↔" : ""}`;
    tile.setAttribute("aria-label", words);
    tile.title = words;
  }
}

// Pictures in sight are drawn at once, those further away after the frame that shows the others.
let notDrawn = [];
function drawTiles(all = false) {
  const shown = inSight(), high = innerHeight, near = [];
  notDrawn = [];
  for (const tile of shown) {
    if (isDrawn(tile.canvas, tile.place, tile.onto, looks.size)) continue;
    const { top, bottom } = all ? { top: 0, bottom: 1 } : tile.getBoundingClientRect();
    (bottom > -100 && top < high + 100 ? near : notDrawn).push(tile);
  }
  for (const tile of near) drawTile(tile);
  if (notDrawn.length) requestAnimationFrame(() => setTimeout(drawMore));
}

const drawTile = (tile) => draw(tile.canvas, tile.place, tile.onto, looks.size);

function drawMore() {
  const until = performance.now() + 12;
  while (notDrawn.length && performance.now() < until) drawTile(notDrawn.shift());
  if (notDrawn.length) setTimeout(drawMore);
}

function tileWords(i, group, number, mirrored) {
  const words = [`Class ${classOf[i]}`];
  if (told.averages.particles) words.push(counted(particlesOf(i), "particle"));
  const resolution = told.averages.resolution?.[i];
  if (resolution) words.push(`${resolution} Å`);
  words.push(group ? `superclass ${number}` : apartWords(i));
  if (reasonsOf(i)) words.push(group ? `suspected: ${reasonsOf(i)}` : reasonsOf(i));
  if (group && group.medoid === i) words.push("most central (medoid)");
  if (mirrored) words.push("mirrored");
  if (isMoved(i)) words.push("moved by hand");
  return words.join(", ");
}

// Why an average is in no superclass, and why it is suspected.
const apartWords = (i) => (state.junk.has(i) ? "junk" : state.aside.has(i) ? "set aside" : "left out");
const reasonsOf = (i) => told.averages.reasons?.[i] ?? "";

function particleWords(members) {
  const averages = counted(members.length, "average");
  if (!told.averages.particles) return averages;
  return `${averages}, ${counted(members.reduce((sum, i) => sum + particlesOf(i), 0), "particle")}`;
}

function sizeWords(group, number) {
  if (!told.balance) return [counted(group.members.length, "average")];
  const kept = view.balance.kept[number];
  if (kept === group.size) {
    const [was, is] = [percent(group.size, view.balance.before), percent(kept, view.balance.after)];
    return [element("b", {}, count(group.size)), was === is ? ` (${was} %)` : ` (${was} → ${is} %)`];
  }
  const [was, is] = [percent(group.size, view.balance.before), percent(kept, view.balance.after)];
  return [`${count(group.size)} → `, element("b", {}, count(kept)), ` (${was} → ${is} %)`];
}

const ARROWS = ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"];
const inSight = () => [...document.querySelectorAll("#groups .tile")];

// One tile at a time is in the tab order; arrows go from one to the next.
function keepOneTabStop() {
  const now = document.activeElement?.place ?? state.chosen;
  const shown = inSight();
  const stop = shown.find((tile) => tile.place === now) ?? shown[0];
  for (const tile of shown) {
    const index = tile === stop ? 0 : -1;
    if (tile.tabIndex !== index) tile.tabIndex = index;
  }
}

function step(from, key) {
  const shown = inSight(), at = shown.indexOf(from);
  if (key === "ArrowRight") return shown[at + 1];
  if (key === "ArrowLeft") return shown[at - 1];
  if (key === "Home") return shown[0];
  if (key === "End") return shown.at(-1);
  const middle = (tile) => {
    const box = tile.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  const [x, y] = middle(from), sign = key === "ArrowDown" ? 1 : -1;
  let best, least = Infinity;
  for (const tile of shown) {
    const [there, level] = middle(tile), down = sign * (level - y);
    if (down < 20) continue;
    const far = down * 3 + Math.abs(there - x);
    if (far < least) [best, least] = [tile, far];
  }
  return best;
}

function choose(i) {
  if (state.chosen !== i) state.beside = null;
  state.chosen = i;
  for (const tile of tiles) tile.classList.toggle("chosen", tile.place === i);
  showAverage();
  showChosenView();
  if (told.map) { sayOnPlane(); paintPlaneMarks(); }
}

function startTiles() {
  const whole = find("groups");
  whole.addEventListener("click", (event) => {
    const tile = event.target.closest(".tile");
    if (!tile) return;
    if (event.target.classList.contains("back")) return toggleAside([tile.place]);
    tile.focus({ preventScroll: true });
    if (clickPicks(event, tile.place)) return;
    clearPicked();
    picking.anchor = tile.place;
    choose(tile.place);
    openTab("average");
    openSheet();
  });
  whole.addEventListener("focusin", (event) => {
    if (event.target.classList.contains("tile")) keepOneTabStop();
  });
  whole.addEventListener("keydown", (event) => {
    const tile = event.target.closest?.(".tile");
    if (!tile || keyPicks(event, tile) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (ARROWS.includes(event.key)) {
      event.preventDefault();
      const next = step(tile, event.key);
      if (next) { next.focus(); choose(next.place); picking.anchor = next.place; }
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(tile.place);
      openTab("average");
      openSheet();
    }
  });
  addEventListener("beforeprint", () => { for (const tile of notDrawn.splice(0)) drawTile(tile); });
  for (const tray of document.querySelectorAll(".tray")) listbox(tray.querySelector(".members"), tray.getAttribute("aria-label"));
  find("empties").textContent = Object.entries(told.not_shown)
    .filter(([, numbers]) => numbers.length)
    .map(([why, numbers]) => `${counted(numbers.length, "class average")} not shown (${why}): ${ranges(numbers)}.`)
    .join(" ");
}
