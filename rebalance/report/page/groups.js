// What a person chose, and the superclasses that follow: from the labels of a number, changed by hand.

const start = {
  k: told.groupings.current,
  factor: told.balance?.factor ?? "",
  max: told.balance?.max_size == null ? "" : String(told.balance.max_size),
};
const state = {
  ...start,
  junk: new Set([...Array(n).keys()].filter((i) => told.averages.status[i] === JUNK)),
  moves: new Map(), // number of superclasses → Map of average → label it was put to
  chosen: null,
  beside: null,
};
const startJunk = new Set(state.junk);
const former = [];
const NEW = -2; // a superclass that is not there yet
let listeners = [];

const isLeftOut = (i) => told.averages.status[i] === LEFT_OUT;
const numberAt = () => told.groupings.numbers.indexOf(state.k);
const labelsNow = () => allLabels.subarray(numberAt() * n, (numberAt() + 1) * n);
const movesNow = () => state.moves.get(state.k) ?? new Map();
const isMoved = (i) => {
  const to = movesNow().get(i);
  return to !== undefined && to !== labelsNow()[i];
};

// Superclasses as the command numbers them: by falling size, ties by lowest class number.
function groupsNow() {
  const labels = labelsNow(), moves = movesNow(), of = new Map();
  for (let i = 0; i < n; i++) {
    const label = moves.get(i) ?? labels[i];
    if (label < 0 || state.junk.has(i) || isLeftOut(i)) continue;
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
      label, medoid, members: inOrder(members, medoid),
      size: members.reduce((sum, i) => sum + particlesOf(i), 0), lowest: classOf[members[0]],
    };
  });
  return groups.sort((a, b) => b.size - a.size || a.lowest - b.lowest);
}

function sameMembers(label, members, labels) {
  return members.every((i) => labels[i] === label) &&
    labels.reduce((sum, of) => sum + (of === label), 0) === members.length;
}

// The average with the highest mean affinity to the rest; with most particles where none is known.
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

const leafAt = told.groupings.leaves && (() => {
  const at = new Int32Array(n).fill(n);
  told.groupings.leaves.forEach((i, place) => { at[i] = place; });
  return at;
})();

function inOrder(members, medoid) {
  if (leafAt) return [...members].sort((a, b) => leafAt[a] - leafAt[b] || classOf[a] - classOf[b]);
  if (!pairs) return [...members].sort((a, b) => particlesOf(b) - particlesOf(a));
  const near = (i) => (i === medoid ? 2 : affinity(medoid, i));
  return [...members].sort((a, b) => near(b) - near(a));
}

function isEdited() {
  if (state.junk.size !== startJunk.size || [...state.junk].some((i) => !startJunk.has(i))) return true;
  return [...movesNow().keys()].some(isMoved);
}

function remember() {
  former.push({
    k: state.k, junk: new Set(state.junk),
    moves: new Map([...state.moves].map(([k, moves]) => [k, new Map(moves)])),
  });
}

function undo() {
  const last = former.pop();
  if (last) change(() => Object.assign(state, last));
}

function change(how) {
  how();
  for (const listener of listeners) listener();
}

function toggleJunk(i) {
  if (isLeftOut(i)) return tell(`Class ${classOf[i]} was left out on request.`);
  if (state.junk.has(i)) {
    // Junk of the run is in no superclass: it has to be put into one.
    if (labelsNow()[i] < 0 && !movesNow().has(i)) return askWhere(i);
    remember();
    change(() => state.junk.delete(i));
    return tell(`Class ${classOf[i]} is back in its superclass.`);
  }
  remember();
  change(() => state.junk.add(i));
  return tell(`Class ${classOf[i]} is junk. U undoes it.`);
}

function moveTo(i, label) {
  if (isLeftOut(i)) return tell(`Class ${classOf[i]} was left out on request.`);
  remember();
  change(() => {
    const moves = new Map(movesNow());
    const taken = [...labelsNow(), ...moves.values()];
    const to = label === NEW ? Math.max(...taken) + 1 : label;
    if (to === labelsNow()[i]) moves.delete(i);
    else moves.set(i, to);
    state.moves.set(state.k, moves);
    state.junk.delete(i);
  });
  const number = view.groups.findIndex((group) => group.members.includes(i));
  return tell(`Class ${classOf[i]} is in superclass ${number} now. U undoes it.`);
}
