// How class averages are shown: order, size, contrast. Stored in the browser.

const LOOKS_KEY = "rebalance looks";
const USUAL = { sort: "likeness", groups: "size", size: n <= 60 ? 92 : n <= 150 ? 80 : 68, contrast: 1, brightness: 1, circle: true };
const looks = { ...USUAL, ...readLooks() };

// The value by which averages of a superclass are sorted, rising; averages without it go last.
const SORTS = {
  likeness: ["similarity", null],
  outliers: ["least similar first", (i, group) => meanAffinity(i, group)],
  particles: ["particles", (i) => -particlesOf(i)],
  resolution: ["resolution", (i) => told.averages.resolution[i] ?? Infinity],
  class: ["class number", (i) => classOf[i]],
};
const GROUP_SORTS = {
  size: ["size", null],
  likeness: ["similarity", (group) => meanPlace(group)],
  affinity: ["least similar first", (group) => meanWithin(group) ?? Infinity],
};

function isOffered(name) {
  if (name === "resolution") return Boolean(told.averages.resolution);
  if (name === "particles") return Boolean(told.averages.particles);
  return name !== "outliers" || Boolean(pairs);
}
const isOfferedForGroups = (name) => name === "size" || Boolean(pairs);

function sortedBy(by, list, ...more) {
  if (!by) return list;
  const value = new Map(list.map((one) => [one, by(one, ...more)]));
  return [...list].sort((a, b) => (value.get(a) === value.get(b) ? 0 : value.get(a) < value.get(b) ? -1 : 1));
}
const membersShown = (group) => sortedBy(SORTS[looks.sort][1], group.members, group);

// Superclasses in the order shown; their numbers stay those by size.
function groupsShown() {
  const by = GROUP_SORTS[looks.groups][1], numbers = view.groups.map((_, number) => number);
  return sortedBy(by && ((number) => by(view.groups[number])), numbers);
}

// Mean affinity of all pairs in a superclass; null where there is no pair.
function meanWithin(group) {
  const m = group.members.length;
  if (!pairs || m < 2) return null;
  if (group.mean === undefined) {
    let sum = 0;
    for (let a = 1; a < m; a++) for (let b = 0; b < a; b++) sum += affinity(group.members[a], group.members[b]);
    group.mean = (2 * sum) / (m * (m - 1));
  }
  return group.mean;
}

const withinWords = (group) => (meanWithin(group) === null ? "" : `affinity ${meanWithin(group).toFixed(2)}`);

function readLooks() {
  try {
    const kept = JSON.parse(localStorage.getItem(LOOKS_KEY)) ?? {}, fits = {};
    for (const [name, usual] of Object.entries(USUAL)) if (typeof kept[name] === typeof usual) fits[name] = kept[name];
    return fits;
  } catch {
    return {};
  }
}

function keepLooks() {
  const changed = Object.fromEntries(Object.entries(looks).filter(([name, value]) => value !== USUAL[name]));
  try {
    if (Object.keys(changed).length) localStorage.setItem(LOOKS_KEY, JSON.stringify(changed));
    else localStorage.removeItem(LOOKS_KEY);
  } catch { /* then the next page looks as usual */ }
}

// A filter is slow with hundreds of pictures, so there is none by default.
function showLooks() {
  const style = document.documentElement.style, isPlain = looks.contrast === 1 && looks.brightness === 1;
  style.setProperty("--tile", `${looks.size}px`);
  style.setProperty("--picture", isPlain ? "none" : `brightness(${looks.brightness}) contrast(${looks.contrast})`);
  style.setProperty("--picture-apart", `${isPlain ? "" : `brightness(${looks.brightness}) contrast(${looks.contrast}) `}grayscale(1) opacity(0.6)`);
  for (const name of ["sort", "groups"]) find(`looks-${name}`).value = looks[name];
  for (const name of ["size", "contrast", "brightness"]) find(`looks-${name}`).value = looks[name];
  find("looks-circle").checked = looks.circle;
  find("looks-reset").disabled = Object.entries(USUAL).every(([name, value]) => looks[name] === value);
}

let sizing;
function setLooks(changed) {
  Object.assign(looks, changed);
  keepLooks();
  showLooks();
  clearTimeout(sizing);
  // Pictures are stretched while a slider moves, and redrawn when it rests.
  if ("size" in changed) sizing = setTimeout(redraw, 120);
  else if (!("contrast" in changed || "brightness" in changed)) redraw();
}

function startLooks() {
  if (!isOffered(looks.sort) || !SORTS[looks.sort]) looks.sort = USUAL.sort;
  if (!isOfferedForGroups(looks.groups) || !GROUP_SORTS[looks.groups]) looks.groups = USUAL.groups;
  const option = ([name, [words]]) => element("option", { value: name }, words);
  find("looks-sort").append(...Object.entries(SORTS).filter(([name]) => isOffered(name)).map(option));
  find("looks-groups").append(...Object.entries(GROUP_SORTS).filter(([name]) => isOfferedForGroups(name)).map(option));
  for (const name of ["sort", "groups"]) find(`looks-${name}`).addEventListener("change", (event) => setLooks({ [name]: event.target.value }));
  for (const name of ["size", "contrast", "brightness"]) find(`looks-${name}`).addEventListener("input", (event) => setLooks({ [name]: Number(event.target.value) }));
  find("looks-circle").addEventListener("change", (event) => setLooks({ circle: event.target.checked }));
  find("looks-reset").addEventListener("click", () => setLooks({ ...USUAL }));
  const more = find("looks-more");
  addEventListener("pointerdown", (event) => { if (!more.contains(event.target)) more.open = false; });
  more.addEventListener("keydown", (event) => { if (event.key === "Escape") { more.open = false; event.stopPropagation(); more.firstElementChild.focus(); } });
  showLooks();
}
