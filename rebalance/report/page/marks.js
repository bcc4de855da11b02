// Changes by hand outlive the page: stored in the browser, and read from a decisions file.

const MARKS_KEY = `rebalance marks ${told.digest}`;
let savedMarks = ""; // as they were when last written to a file
const kept = { works: true };

// All changes by hand, by class number.
function marksNow() {
  const numbers = (places) => [...places].map((i) => classOf[i]).sort((a, b) => a - b);
  return {
    junk: numbers(state.junk), set_aside: numbers(state.aside),
    moves: [...state.moves].filter(([, moves]) => moves.size).sort(([a], [b]) => stops.indexOf(a) - stops.indexOf(b))
      .map(([k, moves]) => [k, [...moves].map(([i, label]) => [classOf[i], label]).sort(([a], [b]) => a - b)]),
  };
}
const startMarks = JSON.stringify(marksNow());

function isUnsaved() {
  const marks = JSON.stringify(marksNow());
  return marks !== startMarks && marks !== savedMarks;
}

function noteSaved() {
  savedMarks = JSON.stringify(marksNow());
  keepMarks();
  showCommand();
}

function settingsOf({ k, factor, max, seed }) {
  return { k, factor, max, seed };
}

// Nothing is stored for an unchanged page.
function keepMarks() {
  try {
    const marks = marksNow();
    if (JSON.stringify(marks) === startMarks) localStorage.removeItem(MARKS_KEY);
    else {
      const entry = { version: 1, marks, saved: savedMarks, start: settingsOf(start), settings: settingsOf(state) };
      localStorage.setItem(MARKS_KEY, JSON.stringify(entry));
    }
    kept.works = true;
  } catch {
    kept.works = false; // full, or forbidden: the warning on leaving is left
  }
}

function readMarks() {
  try {
    const entry = JSON.parse(localStorage.getItem(MARKS_KEY));
    return entry?.version === 1 ? entry : null;
  } catch {
    return null;
  }
}

// Restore the changes to this job from this browser.
function bringMarksBack() {
  const entry = readMarks();
  if (!entry) return;
  const placeOf = new Map(classOf.map((number, i) => [number, i]));
  const places = (numbers) => new Set(numbers.map((number) => placeOf.get(number)).filter((i) => i !== undefined && !isLeftOut(i)));
  try {
    const junk = places(entry.marks.junk), aside = places(entry.marks.set_aside);
    const moves = new Map(entry.marks.moves.map(([k, of]) => [
      k, new Map(of.filter(([number, label]) => placeOf.has(number) && Number.isInteger(label)).map(([number, label]) => [placeOf.get(number), label])),
    ]));
    // If the run has other settings, those of the run are shown.
    const same = JSON.stringify(entry.start) === JSON.stringify(settingsOf(start));
    const settings = same && stops.includes(entry.settings.k) ? settingsOf(entry.settings) : {};
    remember();
    Object.assign(state, { junk, aside, moves }, settings);
    savedMarks = String(entry.saved ?? "");
  } catch {
    former.length = 0; // not what this page wrote
    return;
  }
  find("f").value = state.factor;
  find("max").value = state.max;
  tell("Your earlier changes to this job were restored from this browser. Press U to discard them.");
}

// Take over a decisions file; or return a sentence on why it can't be used.
function takeDecisions(text) {
  let file;
  try { file = JSON.parse(text); } catch { return "It is not a decisions file: it is not JSON."; }
  if (file?.decisions_version === undefined) return "It is not a decisions file: it has no decisions_version.";
  if (file.decisions_version !== told.decisions.decisions_version) {
    return `It has version ${file.decisions_version}, but this page reads version ${told.decisions.decisions_version}.`;
  }
  const isNumbers = (list) => Array.isArray(list) && list.every(Number.isInteger);
  const { superclasses, set_aside: aside = [], junk = [], moved = [] } = file;
  if (!Array.isArray(superclasses) || ![...superclasses, aside, junk, moved].every(isNumbers)) {
    return "Its content is not valid. Save it again from a report page.";
  }
  const named = [...superclasses.flat(), ...aside, ...junk], there = new Set(told.decisions.class_numbers);
  if (new Set(named).size < named.length) return "A class is listed twice in superclasses, set_aside and junk.";
  const unknown = named.filter((number) => !there.has(number));
  const of = `It was saved for ${file.job || "another job"}.`;
  if (unknown.length) return `It names class ${ranges(unknown)}, which this job does not have. ${of}`;
  const images = told.decisions.averages_sha256;
  if (file.averages_sha256 && images && file.averages_sha256 !== images) {
    return `Its class averages have the same numbers but different images. ${of}`;
  }
  const missing = classOf.filter((number, i) => !isLeftOut(i) && !named.includes(number));
  if (missing.length) return `It does not mention class ${ranges(missing)}.`;
  remember();
  change(() => Object.assign(state, stateOf(file, superclasses, aside, junk, new Set(moved))));
  find("f").value = state.factor;
  find("max").value = state.max;
  return "";
}

// The number of superclasses that it started from, and every class that it moved.
function stateOf(file, superclasses, aside, junk, moved) {
  const { numbers } = told.groupings, asked = file.grouped_by?.n_superclasses ?? superclasses.length;
  const k = numbers.reduce((best, number) => (Math.abs(number - asked) < Math.abs(best - asked) ? number : best));
  const row = numbers.indexOf(k), label = (i) => allLabels[row * n + i];
  const placeOf = new Map(classOf.map((number, i) => [number, i]));
  const places = (list) => list.map((number) => placeOf.get(number)).filter((i) => i !== undefined && !isLeftOut(i));
  const groups = superclasses.map(places), shared = [];
  groups.forEach((group, at) => {
    const of = new Map();
    for (const i of group) of.set(label(i), (of.get(label(i)) ?? 0) + (moved.has(classOf[i]) ? 1 : n + 1));
    for (const [to, much] of of) if (to >= 0) shared.push([much, at, to]);
  });
  const named = new Map(), taken = new Set();
  for (const [, at, to] of shared.sort((a, b) => b[0] - a[0] || a[1] - b[1] || a[2] - b[2])) {
    if (named.has(at) || taken.has(to)) continue;
    named.set(at, to);
    taken.add(to);
  }
  let next = Math.max(...allLabels.subarray(row * n, (row + 1) * n));
  const moves = new Map();
  groups.forEach((group, at) => {
    const to = named.get(at) ?? ++next;
    for (const i of group) if (label(i) !== to) moves.set(i, to);
  });
  return {
    k, junk: new Set(places(junk)), aside: new Set(places(aside)), moves: new Map([...state.moves, [k, moves]]),
    factor: file.factor ?? "", max: file.max_size == null ? "" : String(file.max_size), seed: file.seed ?? told.decisions.seed,
  };
}

async function loadFile(file) {
  const why = takeDecisions(await file.text());
  tell(why ? `${file.name} was not loaded. ${why}` : `${file.name} was loaded. Press U to undo.`, why ? 9000 : 3500);
  if (!why) { savedMarks = JSON.stringify(marksNow()); keepMarks(); showCommand(); }
}

function startMarking() {
  const field = find("load-file");
  find("load").addEventListener("click", () => field.click());
  field.addEventListener("change", () => {
    if (field.files.length) loadFile(field.files[0]);
    field.value = "";
  });
  addEventListener("beforeunload", (event) => {
    if (!isUnsaved()) return;
    event.preventDefault();
    event.returnValue = "";
  });
  bringMarksBack();
}
