// The choices of the user, and the superclasses that result: labels for a number, changed by hand.

// Stops of the slider: each number of the clustering and, next to the one that the user started
// from, the decided superclasses, which are a separate row after those of the numbers.
const DECIDED = "decided";
const stops = [...told.groupings.numbers];
if (told.groupings.decided) stops.splice(stops.indexOf(told.groupings.current) + 1, 0, DECIDED);

const start = {
  k: told.groupings.decided ? DECIDED : told.groupings.current,
  factor: told.balance?.factor ?? "",
  max: told.balance?.max_size == null ? "" : String(told.balance.max_size),
  seed: told.decisions.seed,
};
const state = {
  ...start,
  junk: new Set([...Array(n).keys()].filter((i) => told.averages.status[i] === JUNK)),
  aside: new Set([...Array(n).keys()].filter((i) => told.averages.status[i] === ASIDE)), // grouped nowhere, dropped neither
  moves: new Map(), // number of superclasses → Map of average → label it was put to
  chosen: null,
  beside: null,
};
const startJunk = new Set(state.junk), startAside = new Set(state.aside);
const startMoved = new Set(told.decisions.moved.map((number) => classOf.indexOf(number)));
const former = [];
const NEW = -2; // a superclass that is not there yet
let listeners = [];

const isLeftOut = (i) => told.averages.status[i] === LEFT_OUT;
const numberAt = () => (state.k === DECIDED ? told.groupings.numbers.length : told.groupings.numbers.indexOf(state.k));
const labelsNow = () => allLabels.subarray(numberAt() * n, (numberAt() + 1) * n);
const movesNow = () => state.moves.get(state.k) ?? new Map();
const isMoved = (i) => (state.k === start.k && startMoved.has(i)) || isMovedHere(i);
const isMovedHere = (i) => {
  const to = movesNow().get(i);
  return to === undefined ? isGrouped(i) && labelsNow()[i] < 0 : to !== labelsNow()[i];
};
const isGrouped = (i) => !state.junk.has(i) && !state.aside.has(i) && !isLeftOut(i);

// The superclass of average i in a row of the groupings. One that is back from set aside goes to
// the superclass with the most similar medoid, unless it was moved elsewhere.
function labelOf(i, row, moves) {
  const label = moves?.get(i) ?? allLabels[row * n + i];
  if (label >= 0 || !pairs) return label;
  const medoids = told.groupings.medoids[row];
  return medoids.reduce((best, medoid, at) => (affinity(i, medoid) > affinity(i, medoids[best]) ? at : best), 0);
}

// Superclasses as the command numbers them: by falling size, ties by lowest class number.
function groupsNow() {
  const labels = labelsNow(), moves = movesNow(), of = new Map();
  for (let i = 0; i < n; i++) {
    const label = isGrouped(i) ? labelOf(i, numberAt(), moves) : -1;
    if (label < 0) continue;
    if (!of.has(label)) of.set(label, []);
    of.get(label).push(i);
  }
  const medoids = told.groupings.medoids[numberAt()];
  const changed = isEdited();
  const groups = [...of].map(([label, members]) => {
    members.sort((a, b) => classOf[a] - classOf[b]);
    const known = medoids[label];
    const whole = !changed || sameMembers(label, members, labels);
    const medoid = whole && known !== undefined ? known : medoidOf(members);
    return {
      label, medoid, members: inOrder(members),
      size: members.reduce((sum, i) => sum + particlesOf(i), 0), lowest: classOf[members[0]],
    };
  });
  return groups.sort((a, b) => b.size - a.size || a.lowest - b.lowest);
}

function sameMembers(label, members, labels) {
  return members.every((i) => labels[i] === label) &&
    labels.reduce((sum, of) => sum + (of === label), 0) === members.length;
}

// The average with the highest mean affinity to the others, or the most particles without affinity.
function medoidOf(members) {
  let best = members[0], highest = -1;
  for (const i of members) {
    const total = pairs ? members.reduce((sum, j) => sum + (i === j ? 0 : affinity(i, j)), 0) : 0;
    const more = particlesOf(i) > particlesOf(best);
    if (total > highest + 1e-9 || (Math.abs(total - highest) <= 1e-9 && more)) {
      best = i;
      highest = Math.max(highest, total);
    }
  }
  return best;
}

// Whether a decisions file is needed to reproduce what is on screen.
function isEdited() {
  if (told.groupings.decided && state.k !== start.k) return true;
  if (!sameSet(state.junk, startJunk) || !sameSet(state.aside, startAside)) return true;
  return movedByHand(isMovedHere).length > 0;
}

const movedByHand = (how = isMoved) => classOf.map((_, i) => i).filter((i) => isGrouped(i) && how(i));
const sameSet = (one, other) => one.size === other.size && [...one].every((i) => other.has(i));

// Save the state for undo. Consecutive steps of one slider count as one change.
function remember(slider = "") {
  const now = performance.now(), last = former.at(-1);
  if (slider && last?.slider === slider && now - last.time < 1000) {
    last.time = now;
    return;
  }
  former.push({
    slider, time: now, chosen: document.activeElement?.place ?? state.chosen,
    settings: { k: state.k, factor: state.factor, max: state.max, seed: state.seed },
    junk: new Set(state.junk), aside: new Set(state.aside),
    moves: new Map([...state.moves].map(([k, moves]) => [k, new Map(moves)])),
  });
}

function undo() {
  const last = former.pop();
  if (!last) return;
  const { settings, chosen, junk, aside, moves, slider } = last;
  change(() => Object.assign(state, settings, { junk, aside, moves }));
  find("f").value = state.factor;
  find("max").value = state.max;
  if (slider || chosen === null) return;
  choose(chosen);
  if (document.activeElement?.classList.contains("tile")) tiles[chosen].focus(); // and not what came after it
}

function change(how) {
  how();
  for (const listener of listeners) listener();
}

// The averages that may be changed: not those left out on request.
function changeable(places) {
  const free = places.filter((i) => !isLeftOut(i));
  if (!free.length && places.length) tell(`${classWords(places)} ${places.length === 1 ? "was" : "were"} left out on request.`);
  return free;
}

const classWords = (places) => (places.length > 8 ? counted(places.length, "average")
  : `${places.length === 1 ? "Class" : "Classes"} ${ranges(places.map((i) => classOf[i]))}`);
const is = (places, one, more) => `${classWords(places)} ${places.length === 1 ? one : more}`;

// Junk; or, if all of them are, not junk. One step to undo, however many.
function toggleJunk(places) {
  const free = changeable(places);
  if (!free.length) return;
  if (!free.every((i) => state.junk.has(i))) {
    remember();
    change(() => { for (const i of free) { state.junk.add(i); state.aside.delete(i); } });
    return tell(`${is(free, "is", "are")} marked as junk. Press U to undo.`);
  }
  // Junk of the run is in no superclass: a single one is moved by hand, several go to the most similar.
  const homeless = free.filter((i) => labelsNow()[i] < 0 && !movesNow().has(i));
  if (homeless.length && (free.length === 1 || !pairs)) return askWhere(homeless);
  remember();
  change(() => { for (const i of free) state.junk.delete(i); });
  return tell(`${is(free, "is back in its superclass", "are back in their superclasses")}.`);
}

// Out of the superclasses with all their particles, or back into the most similar ones.
function toggleAside(places) {
  const free = changeable(places);
  if (!free.length) return;
  if (!free.every((i) => state.aside.has(i))) {
    remember();
    change(() => { for (const i of free) { state.aside.add(i); state.junk.delete(i); } });
    return tell(`${is(free, "is", "are")} set aside: in no superclass, but not excluded. Press U to undo.`);
  }
  const homeless = free.filter((i) => labelOf(i, numberAt(), movesNow()) < 0);
  if (homeless.length) return askWhere(homeless);
  remember();
  change(() => { for (const i of free) state.aside.delete(i); });
  const where = free.length === 1 ? `back in superclass ${groupOf(free[0])}` : "back, each in its most similar superclass";
  return tell(`${is(free, "is", "are")} ${where}. Press M to move ${free.length === 1 ? "it" : "them"}, U to undo.`);
}

function moveTo(places, label) {
  const free = changeable(places);
  if (!free.length) return;
  remember();
  change(() => {
    const moves = new Map(movesNow()), labels = labelsNow();
    const to = label === NEW ? Math.max(...labels, ...moves.values()) + 1 : label;
    for (const i of free) {
      if (to === labels[i]) moves.delete(i);
      else moves.set(i, to);
      state.junk.delete(i);
      state.aside.delete(i);
    }
    state.moves.set(state.k, moves);
  });
  tell(`${is(free, "is", "are")} now in superclass ${groupOf(free[0])}. Press U to undo.`);
}
