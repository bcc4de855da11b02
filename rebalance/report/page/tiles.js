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
  const back = element("span", { class: "back", "aria-hidden": "true", title: "Back into a superclass (A)" }, "↩");
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

const groupElements = [];

function groupElement(number) {
  while (groupElements.length <= number) {
    const at = groupElements.length;
    const size = element("span", { class: "size" }), within = element("span", { class: "size", title: "Mean affinity of all pairs in it" });
    const members = listbox(element("div", { class: "members" }), `Averages of superclass ${at}`);
    const key = element("button", { type: "button", class: "chip pick-all", title: "Pick all", "aria-label": `Pick all of superclass ${at}` }, String(at));
    const made = element(
      "section", { class: "group", "aria-label": `Superclass ${at}` },
      element("header", {}, key, size, within), members,
    );
    Object.assign(made, { size, within, members, key });
    acceptDrops(made, (places) => view.groups[at] && moveTo(places.filter((i) => groupOf(i) !== at), view.groups[at].label));
    groupElements.push(made);
  }
  return groupElements[number];
}

function listbox(place, label) {
  for (const [name, value] of [["role", "listbox"], ["aria-multiselectable", "true"], ["aria-label", label]]) place.setAttribute(name, value);
  return place;
}

function showTiles() {
  const held = document.activeElement?.classList.contains("tile") ? document.activeElement : null;
  const whole = find("superclasses");
  groupsShown().forEach((number, at) => {
    const group = view.groups[number], shown = groupElement(number);
    shown.style.setProperty("--key", colorOf(number));
    paint(shown.key, colorOf(number));
    shown.size.replaceChildren(...sizeWords(group, number));
    shown.within.textContent = withinWords(group);
    fillWith(shown.members, membersShown(group), group, number);
    if (whole.children[at] !== shown) whole.insertBefore(shown, whole.children[at] || null);
  });
  while (whole.children.length > view.groups.length) whole.lastChild.remove();
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
  members.forEach((i, at) => {
    const tile = tiles[i];
    if (place.children[at] !== tile) place.insertBefore(tile, place.children[at] || null);
    const onto = group ? group.medoid : i;
    draw(tile.canvas, i, onto, looks.size);
    const mirrored = motion(onto, i).mirror;
    tile.name.textContent = `${classOf[i]}${mirrored ? " ↔" : ""}`;
    tile.classList.toggle("medoid", Boolean(group) && group.medoid === i && group.members.length > 1);
    tile.classList.toggle("moved", isMoved(i));
    tile.classList.toggle("suspect", Boolean(group && reasonsOf(i)));
    tile.classList.toggle("chosen", state.chosen === i);
    tile.setAttribute("aria-label", tileWords(i, group, number, mirrored));
    tile.title = tileWords(i, group, number, mirrored);
  });
  while (place.children.length > members.length) place.lastChild.remove();
}

function tileWords(i, group, number, mirrored) {
  const words = [`Class ${classOf[i]}`];
  if (told.averages.particles) words.push(counted(particlesOf(i), "particle"));
  const resolution = told.averages.resolution?.[i];
  if (resolution) words.push(`${resolution} Å`);
  words.push(group ? `superclass ${number}` : apartWords(i));
  if (reasonsOf(i)) words.push(group ? `suspected: ${reasonsOf(i)}` : reasonsOf(i));
  if (group && group.medoid === i) words.push("medoid");
  if (mirrored) words.push("mirrored");
  if (isMoved(i)) words.push("moved by hand");
  return words.join(", ");
}

// Why an average is in no superclass, in a word or two; and what speaks against it.
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
  for (const tile of shown) tile.tabIndex = tile === stop ? 0 : -1;
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
  for (const tray of document.querySelectorAll(".tray")) listbox(tray.querySelector(".members"), tray.getAttribute("aria-label"));
  find("empties").textContent = Object.entries(told.not_shown)
    .filter(([, numbers]) => numbers.length)
    .map(([why, numbers]) => `${counted(numbers.length, "class average")} not shown, ${why}: ${ranges(numbers)}.`)
    .join(" ");
}
