// The order in which neighbours are alike: of the program, and of what was changed by hand since.

const orderPlaces = (() => {
  const { numbers, orders } = told.groupings, all = unpack(orders, Int16Array);
  const used = allLabels.subarray(0, n).reduce((sum, label) => sum + (label >= 0), 0);
  const rows = used ? all.length / used : 0; // one for each number, or one for all of them
  return numbers.map((_, row) => (row && row >= rows ? null : placesOf(all.subarray(row * used, (row + 1) * used))));
})();

// Where each average stands in an order. One that is not in it stands beside the one it is most like.
function placesOf(order) {
  const places = new Float64Array(n).fill(n);
  order.forEach((i, place) => { places[i] = place; });
  if (!pairs || !order.length) return places;
  for (let i = 0; i < n; i++) {
    if (places[i] < n) continue;
    const like = order.reduce((best, j) => (affinity(i, j) > affinity(i, best) ? j : best));
    places[i] = places[like] + 0.5;
  }
  return places;
}

const placesNow = () => orderPlaces[numberAt()] ?? orderPlaces[0];

function inOrder(members) {
  const places = placesNow();
  return [...members].sort((a, b) => places[a] - places[b] || classOf[a] - classOf[b]);
}

// Numbers of the superclasses as they stand beside each other: by the mean place of their averages.
function superclassesInOrder() {
  const places = placesNow();
  const mean = view.groups.map(({ members }) => members.reduce((sum, i) => sum + places[i], 0) / members.length);
  return mean.map((_, number) => number).sort((a, b) => mean[a] - mean[b] || a - b);
}

// All averages that are in a superclass, neighbours alike, and those set aside after them.
function everyoneInOrder() {
  const aside = [...state.aside].sort((a, b) => classOf[a] - classOf[b]);
  return [...superclassesInOrder().flatMap((number) => view.groups[number].members), ...aside];
}
