// Averages aligned one to another, accumulating motions; and all of them in one row over many lines.

const LINE = 1.5; // height of a line, in widths of the room of an average

// The motions of each average onto its target, as that one is already moved: `onto`
// gives the target's place in the same list, −1 for none.
function carriedOn(averages, onto) {
  const made = averages.map(() => null), carried = told.map.carried;
  averages.forEach((_, place) => {
    const waiting = [place];
    while (made[place] === null) {
      const at = waiting.at(-1), under = onto[at];
      if (under < 0) made[at] = { matrix: [1, 0, 0, 1], shift: [0, 0] };
      else if (made[under] === null) { waiting.push(under); continue; }
      else made[at] = laidOn(made[under], motion(averages[under], averages[at]), carried);
      waiting.pop();
    }
  });
  return made;
}

function laidOn({ matrix: [a, b, c, d], shift: [x, y] }, { matrix: [e, f, g, h], shift: [u, v] }, carried) {
  return {
    matrix: [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h],
    shift: [carried * (a * u + b * v + x), carried * (c * u + d * v + y)],
  };
}

// Positions in lines that fill the given room; averages set aside begin a new line.
function chainLayout(wide, high) {
  const everyone = everyoneInOrder(), grouped = everyone.length - state.aside.size, aside = state.aside.size;
  let columns = 1;
  const lines = (across) => Math.ceil(grouped / across) + Math.ceil(aside / across);
  while (columns < everyone.length && (lines(columns) * LINE * wide) / columns > high) columns++;
  const lead = everyone.slice(0, grouped), onto = everyone.map((i, at) => {
    if (at < grouped) return at - 1;
    return lead.length ? lead.reduce((best, j, place) => (affinity(i, j) > affinity(i, lead[best]) ? place : best), 0) : -1;
  });
  const moved = carriedOn(everyone, onto), spots = new Map();
  everyone.forEach((i, at) => {
    const place = at < grouped ? at : Math.ceil(grouped / columns) * columns + at - grouped;
    spots.set(i, { x: (place % columns) + 0.5 + AROUND, y: Math.floor(place / columns) * LINE + 0.5 + AROUND, motion: moved[at] });
  });
  return { spots, wide: columns + 2 * AROUND, high: Math.max(1, lines(columns)) * LINE + 2 * AROUND, order: everyone, grouped, columns, isChain: true };
}

// Bands of superclasses, their numbers where they begin, and bars for the affinity of neighbors.
function paintChain(pen, layout, { toX, toY, room, ink }) {
  const { order, grouped, spots } = layout;
  const groupNumber = new Map(view.groups.flatMap(({ members }, number) => members.map((i) => [i, number])));
  let start = 0;
  for (let at = 1; at <= order.length; at++) {
    const [one, other] = [order[start], order[at]], number = groupNumber.get(one) ?? -1;
    if (other !== undefined && (groupNumber.get(other) ?? -1) === number && spots.get(other).y === spots.get(one).y) continue;
    const left = toX(spots.get(one).x - 0.48), right = toX(spots.get(order[at - 1]).x + 0.48), top = toY(spots.get(one).y + 0.72);
    pen.fillStyle = number < 0 ? "#b8b8b8" : colorOf(number);
    pen.fillRect(left, top, right - left, room * 0.26);
    if (number >= 0 && room > 22) {
      pen.font = `650 ${Math.min(13, room * 0.24)}px system-ui, sans-serif`;
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      pen.fillStyle = inkOn(colorOf(number));
      pen.fillText(String(number), left + 3, top + room * 0.14);
    }
    start = at;
  }
  pen.fillStyle = ink;
  for (let at = 1; at < grouped; at++) {
    const { x, y } = spots.get(order[at]), high = 0.19 * room * affinity(order[at - 1], order[at]);
    pen.fillRect(toX(x - 0.5) - Math.max(1, room * 0.02), toY(y + 0.7) - high, Math.max(2, room * 0.04), high);
  }
}
