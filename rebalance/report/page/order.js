// The order in which neighbours are alike: of the program, and of what was changed by hand since.

// Where averages stand for each number of superclasses: one row for all, if that is the same.
const orderRows = unpack(told.groupings.places, Int16Array), orderPlaces = [];

// One that is in no superclass of the program stands beside the average that it is most like.
function placesNow() {
  const row = orderRows.length > n ? numberAt() : 0;
  if (orderPlaces[row]) return orderPlaces[row];
  const places = Float64Array.from(orderRows.subarray(row * n, (row + 1) * n));
  const known = [...places.keys()].filter((i) => places[i] >= 0);
  for (let i = 0; i < n; i++) {
    if (places[i] >= 0) continue;
    const like = pairs && known.length ? known.reduce((best, j) => (affinity(i, j) > affinity(i, best) ? j : best)) : i;
    places[i] = like === i ? n : places[like] + 0.5;
  }
  orderPlaces[row] = places;
  return places;
}

function inOrder(members) {
  const places = placesNow();
  return [...members].sort((a, b) => places[a] - places[b] || classOf[a] - classOf[b]);
}

function meanPlace({ members }) {
  const places = placesNow();
  return members.reduce((sum, i) => sum + places[i], 0) / members.length;
}

// Numbers of the superclasses as they stand beside each other: by the mean place of their averages.
function superclassesInOrder() {
  const mean = view.groups.map(meanPlace);
  return mean.map((_, number) => number).sort((a, b) => mean[a] - mean[b] || a - b);
}

// All averages that are in a superclass, neighbours alike, and those set aside after them.
function everyoneInOrder() {
  const aside = [...state.aside].sort((a, b) => classOf[a] - classOf[b]);
  return [...superclassesInOrder().flatMap((number) => view.groups[number].members), ...aside];
}
