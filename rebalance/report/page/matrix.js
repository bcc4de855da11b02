// The affinity of all pairs: zoomed by wheel, keys or buttons; the pair under the pointer is named.

const GUTTER = 22; // CSS pixels left of the matrix: the superclasses in their colours
const map = unpack(told.colors.map, Uint8Array);
const matrix = { order: [], bounds: [], picture: null, zoom: 1, x: 0, y: 0, at: null, sorted: true, full: false };

function matrixOrder() {
  if (!matrix.sorted) {
    const order = classOf.map((_, i) => i).filter((i) => !state.junk.has(i) && !isLeftOut(i));
    return [order, []];
  }
  const bounds = [];
  let from = 0;
  for (const number of superclassesInOrder()) {
    const to = from + view.groups[number].members.length;
    bounds.push([from, to, number]);
    from = to;
  }
  return [everyoneInOrder(), bounds];
}

// The pixel of each value of an affinity: red, green, blue and opaque, as they lie in memory.
let valueColors = null;
function colorsOfValues(low, high) {
  if (valueColors?.low === low && valueColors.high === high) return valueColors.pixels;
  const bytes = new Uint8ClampedArray(4 * 65536);
  for (let v = 0; v < 65536; v++) {
    const step = 3 * Math.max(0, Math.min(255, Math.round(((v / 65535 - low) / (high - low)) * 255)));
    bytes.set([map[step], map[step + 1], map[step + 2], 255], 4 * v);
  }
  valueColors = { low, high, pixels: new Uint32Array(bytes.buffer) };
  return valueColors.pixels;
}

function showMatrix() {
  if (!pairs) return;
  [matrix.order, matrix.bounds] = matrixOrder();
  const m = matrix.order.length, [low, high] = matrix.full ? [0, 1] : told.colors.limits;
  const picture = matrix.picture ?? (matrix.picture = document.createElement("canvas"));
  picture.width = picture.height = Math.max(1, m);
  const pen = picture.getContext("2d"), image = pen.createImageData(picture.width, picture.height);
  const colors = colorsOfValues(low, high), data = new Uint32Array(image.data.buffer);
  for (let row = 0; row < m; row++) {
    const i = matrix.order[row];
    for (let column = row; column < m; column++) {
      const j = matrix.order[column];
      const value = i === j ? 65535 : pairs.values[i < j ? pairAt(i, j) : pairAt(j, i)];
      data[row * m + column] = data[column * m + row] = colors[value];
    }
  }
  pen.putImageData(image, 0, 0);
  find("colour-low").textContent = low.toFixed(2);
  paintMatrix();
}

function paintMatrix() {
  const canvas = find("matrix"), side = canvas.clientWidth || 390;
  const ratio = Math.min(3, window.devicePixelRatio || 1), pixels = Math.round(side * ratio);
  const high = Math.round((side - GUTTER) * ratio);
  if (canvas.width !== pixels || canvas.height !== high) {
    [canvas.width, canvas.height] = [pixels, high];
    canvas.style.aspectRatio = `${side} / ${side - GUTTER}`;
  }
  const pen = canvas.getContext("2d"), m = matrix.order.length, inner = side - GUTTER;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, side, side);
  if (!m) return;
  const cell = (inner / m) * matrix.zoom;
  const toX = (at) => GUTTER + (at - matrix.x) * cell, toY = (at) => (at - matrix.y) * cell;
  pen.save();
  pen.beginPath();
  pen.rect(GUTTER, 0, inner, inner);
  pen.clip();
  pen.imageSmoothingEnabled = cell * ratio < 1;
  pen.drawImage(matrix.picture, toX(0), toY(0), m * cell, m * cell);
  for (const [from, to] of matrix.bounds) {
    for (const [color, width] of [["rgb(0 0 0 / 0.55)", 2.6], ["#fff", 1.3]]) {
      pen.strokeStyle = color;
      pen.lineWidth = width;
      pen.strokeRect(toX(from), toY(from), (to - from) * cell, (to - from) * cell);
    }
  }
  if (matrix.at) {
    const [row, column] = matrix.at;
    pen.lineWidth = 2;
    pen.strokeStyle = "#f97316";
    pen.strokeRect(toX(column), toY(row), Math.max(cell, 4), Math.max(cell, 4));
  }
  pen.restore();
  paintGutter(pen, toY, inner);
}

function paintGutter(pen, toY, inner) {
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, GUTTER, inner);
  pen.clip();
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const grouped = matrix.bounds.at(-1)?.[1] ?? matrix.order.length;
  if (grouped < matrix.order.length) {
    pen.fillStyle = "#b8b8b8";
    pen.fillRect(0, toY(grouped) + 0.5, GUTTER - 5, Math.max(1, toY(matrix.order.length) - toY(grouped) - 1));
  }
  matrix.bounds.forEach(([from, to, number]) => {
    const top = toY(from), high = toY(to) - top;
    pen.fillStyle = colorOf(number);
    pen.fillRect(0, top + 0.5, GUTTER - 5, Math.max(1, high - 1));
    if (high < 8) return;
    pen.font = `600 ${Math.min(10.5, high)}px system-ui, sans-serif`;
    pen.fillStyle = inkOn(colorOf(number));
    const middle = (Math.max(0, top) + Math.min(inner, top + high)) / 2;
    pen.fillText(String(number), (GUTTER - 5) / 2, middle);
  });
  pen.restore();
}

function zoomBy(times, x = 0.5, y = 0.5) {
  const m = matrix.order.length, largest = Math.max(1, m / 4);
  const zoom = Math.min(largest, Math.max(1, matrix.zoom * times));
  matrix.x += (m * x) / matrix.zoom - (m * x) / zoom;
  matrix.y += (m * y) / matrix.zoom - (m * y) / zoom;
  matrix.zoom = zoom;
  keepInside();
  paintMatrix();
}

function keepInside() {
  const room = matrix.order.length * (1 - 1 / matrix.zoom);
  matrix.x = Math.min(room, Math.max(0, matrix.x));
  matrix.y = Math.min(room, Math.max(0, matrix.y));
}

// Row and column at a place on the screen; null outside the matrix.
function cellAt(event) {
  const box = find("matrix").getBoundingClientRect(), inner = box.width - GUTTER, m = matrix.order.length;
  const cell = (inner / m) * matrix.zoom;
  const column = Math.floor(matrix.x + (event.clientX - box.left - GUTTER) / cell);
  const row = Math.floor(matrix.y + (event.clientY - box.top) / cell);
  const inside = event.clientX - box.left >= GUTTER && event.clientY - box.top < inner;
  return inside && row >= 0 && column >= 0 && row < m && column < m ? [row, column] : null;
}

function namePair(at) {
  matrix.at = at;
  const said = find("matrix-said");
  if (!at) {
    said.textContent = "Point at a pair to see its affinity, click to compare the two averages. Zoom with the wheel or + and −, drag to move.";
  } else {
    const [i, j] = at.map((place) => matrix.order[place]);
    const [one, other] = [groupOf(i), groupOf(j)];
    const both = one < 0 || other < 0 ? `${whereWords(i)}, ${whereWords(j)}`
      : one === other ? `both in superclass ${one}` : `superclasses ${one} and ${other}`;
    said.textContent = `${classOf[i]} and ${classOf[j]}: ${affinity(i, j).toFixed(3)} (${i === j ? "itself" : both})`;
  }
  paintMatrix();
}

function showPairOf(at) {
  const [i, j] = at.map((place) => matrix.order[place]);
  choose(i);
  if (i !== j) { state.beside = j; showAverage(); }
  openTab("average");
  openSheet();
}

function startMatrix() {
  if (!pairs) {
    find("tab-matrix").hidden = true;
    find("panel-matrix").classList.add("absent");
    return;
  }
  const canvas = find("matrix");
  canvas.setAttribute("aria-label", `Affinity of ${counted(n, "class average")}; arrow keys move between pairs`);
  let from = null, went = false;
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = canvas.getBoundingClientRect(), inner = box.width - GUTTER;
    zoomBy(event.deltaY < 0 ? 1.25 : 0.8, (event.clientX - box.left - GUTTER) / inner, (event.clientY - box.top) / inner);
    namePair(cellAt(event));
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    from = [event.clientX, event.clientY, matrix.x, matrix.y];
    went = false;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (from && matrix.zoom > 1) {
      const cell = ((canvas.clientWidth - GUTTER) / matrix.order.length) * matrix.zoom;
      const [dx, dy] = [event.clientX - from[0], event.clientY - from[1]];
      if (Math.abs(dx) + Math.abs(dy) > 3) went = true;
      [matrix.x, matrix.y] = [from[2] - dx / cell, from[3] - dy / cell];
      keepInside();
    }
    namePair(cellAt(event));
  });
  canvas.addEventListener("pointerup", (event) => {
    from = null;
    const at = cellAt(event);
    if (at && !went) showPairOf(at);
  });
  canvas.addEventListener("pointerleave", () => namePair(null));
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const m = matrix.order.length;
    if (by && !event.ctrlKey && !event.metaKey) {
      const [row, column] = matrix.at ?? [0, 0];
      namePair([Math.min(m - 1, Math.max(0, row + by[0])), Math.min(m - 1, Math.max(0, column + by[1]))]);
    } else if (event.key === "Enter" && matrix.at) showPairOf(matrix.at);
    else if (event.key === "+" || event.key === "=") zoomBy(1.25, ...zoomPoint());
    else if (event.key === "-") zoomBy(0.8, ...zoomPoint());
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  find("zoom-in").addEventListener("click", () => zoomBy(1.5));
  find("zoom-out").addEventListener("click", () => zoomBy(1 / 1.5));
  find("zoom-all").addEventListener("click", () => { Object.assign(matrix, { zoom: 1, x: 0, y: 0 }); paintMatrix(); });
  for (const button of document.querySelectorAll('input[name="order"]')) {
    button.addEventListener("change", () => { matrix.sorted = button.value === "sorted" && button.checked; showMatrix(); });
  }
  find("full-scale").addEventListener("change", (event) => { matrix.full = event.target.checked; showMatrix(); });
  const bar = find("colour-bar").getContext("2d");
  for (let step = 0; step < 256; step++) {
    bar.fillStyle = `rgb(${map[3 * step]} ${map[3 * step + 1]} ${map[3 * step + 2]})`;
    bar.fillRect(step, 0, 1, 1);
  }
  const clipped = told.colors.limits[0] > 0;
  find("matrix-note").textContent = (clipped
    ? "Colors run from the 5th percentile of all pairs to 1. " : "") + "Values are rounded to 4 decimals.";
  if (!clipped) find("full-scale").closest("label").hidden = true;
  new ResizeObserver(paintMatrix).observe(canvas);
  namePair(null);
}

function zoomPoint() {
  if (!matrix.at) return [0.5, 0.5];
  const m = matrix.order.length, [row, column] = matrix.at;
  return [((column - matrix.x) * matrix.zoom) / m, ((row - matrix.y) * matrix.zoom) / m];
}
