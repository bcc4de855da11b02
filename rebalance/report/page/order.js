// The order with similar averages side by side, also after changes by hand.

// Places of averages for each number of superclasses; a single row if they are all the same.
const orderRows = unpack(told.groupings.places, Int16Array), orderPlaces = [];

// An average without a superclass in the run is placed next to the most similar one.
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

// Superclasses in order of the mean place of their averages.
function superclassesInOrder() {
  const mean = view.groups.map(meanPlace);
  return mean.map((_, number) => number).sort((a, b) => mean[a] - mean[b] || a - b);
}

// All averages in superclasses, similar ones side by side, followed by those set aside.
function everyoneInOrder() {
  const aside = [...state.aside].sort((a, b) => classOf[a] - classOf[b]);
  return [...superclassesInOrder().flatMap((number) => view.groups[number].members), ...aside];
}
