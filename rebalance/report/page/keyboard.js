// Tabs, keys, dark and light.

const KEYS = [
  ["← → ↑ ↓", "move between averages, or move a slider"],
  ["Enter", "show the average and the most similar ones"],
  ["Space", "select or deselect the average; Shift+arrow selects more"],
  ["Ctrl+A", "select all of its superclass"],
  ["Esc", "deselect all; close the details"],
  ["A", "set aside the selected averages (or the current one), or bring them back"],
  ["J", "mark them as junk, or unmark them"],
  ["M", "move them to another superclass"],
  ["U", "undo the last change"],
  ["[ and ]", "one superclass fewer or more"],
  ["1 … 7", "open a panel on the right"],
  ["C", "copy the command"],
  ["S", "save the decisions"],
  ["O", "load a decisions file"],
  ["T", "switch between dark and light"],
  ["?", "show this list"],
];

const TABS = ["average", "matrix", "map", "views", "particles", "scan", "run"];
const openTabs = () => TABS.filter((name) => !find(`tab-${name}`).hidden);

function openTab(name) {
  for (const other of TABS) {
    const open = other === name;
    find(`tab-${other}`).setAttribute("aria-selected", String(open));
    find(`tab-${other}`).tabIndex = open ? 0 : -1;
    find(`panel-${other}`).hidden = !open;
  }
  if (name === "matrix") paintMatrix();
  if (name === "map") showPlane();
}

// In a narrow window the details are a sheet at the bottom; in a wide one, a column.
const sheet = document.querySelector("aside");
const isNarrow = () => matchMedia("(max-width: 900px)").matches;

function openSheet() {
  sheet.classList.add("open");
  if (!isNarrow()) return;
  if (!find("panel-matrix").hidden) paintMatrix();
  showPlane();
  if (!find("panel-average").hidden && state.chosen !== null) tiles[state.chosen].scrollIntoView({ block: "nearest" });
}

function closeSheet() {
  sheet.classList.remove("open");
}

function isDark() {
  const named = document.documentElement.dataset.theme;
  return named ? named === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function toggleTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
}

function nameTheme() {
  find("theme").textContent = isDark() ? "Light" : "Dark";
}

function startKeyboard() {
  find("keys").append(...KEYS.map(([key, words]) => element("tr", {}, element("td", {}, element("kbd", {}, key)), element("td", {}, words))));
  find("help").addEventListener("click", () => find("help-dialog").showModal());
  find("theme").addEventListener("click", toggleTheme);
  find("close-sheet").addEventListener("click", closeSheet);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameTheme);
  nameTheme();
  for (const name of TABS) {
    const tab = find(`tab-${name}`);
    tab.addEventListener("click", () => { openTab(name); openSheet(); });
    tab.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const names = openTabs(), next = names[(names.indexOf(name) + by + names.length) % names.length];
      openTab(next);
      openSheet();
      find(`tab-${next}`).focus();
    });
  }
  document.addEventListener("keydown", onKey);
}

// Mark an average and go to the next one; the marked one moves to its tray.
function markAndGoOn(act, from) {
  const places = subjects(from), i = places.includes(from) ? from : places[0];
  if (i === undefined) return actOn(act, null);
  const row = isGrouped(i) ? "#superclasses .tile" : `#${tiles[i].closest(".tray")?.id} .tile`;
  const shown = [...document.querySelectorAll(row)].filter((tile) => tile.place === i || !places.includes(tile.place));
  const at = shown.indexOf(tiles[i]), next = shown[at + 1] ?? shown[at - 1], was = isGrouped(i);
  actOn(act, from);
  if (!next || isGrouped(i) === was) return; // a question is open, or nothing may be changed
  next.focus();
  choose(next.place);
}

function onKey(event) {
  const target = event.target, typing = target.matches?.("input[type=text], textarea, select");
  if (event.altKey || document.querySelector("dialog[open]")) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
    event.preventDefault();
    undo();
    return;
  }
  if (event.ctrlKey || event.metaKey || typing) return;
  if (event.key === "Escape" && drag.places) return endDrag();
  if (event.key === "Escape") return picked.size || picking.on ? setPicking(false) : closeSheet();
  const i = target.place ?? state.chosen;
  const acts = {
    a: () => markAndGoOn(toggleAside, i), j: () => markAndGoOn(toggleJunk, i), m: () => actOn(askWhere, i), u: undo, "[": () => stepK(-1), "]": () => stepK(1),
    c: copyCommand, s: save, o: () => find("load").click(), t: toggleTheme, "?": () => find("help-dialog").showModal(),
  };
  const act = acts[event.key.toLowerCase()];
  const tab = openTabs()[Number(event.key) - 1];
  if (act) { event.preventDefault(); act(); }
  else if (/^[1-7]$/.test(event.key) && tab) { openTab(tab); openSheet(); }
}
