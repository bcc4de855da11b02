// The averages on a map, or in a chain: thumbnails on a canvas that is zoomed, pointed at and lassoed.

const mapPlaces = told.map && unpack(told.map.places, Int16Array);
const plane = { layout: null, isChain: false, zoom: 1, x: 0, y: 0, pointed: null, loop: [], drawsLoops: true, fingers: new Map(), discs: null };
const DISC = 0.92, AROUND = 0.12, LARGEST_ROOM = 150; // of an average's room: picture, around all of them; CSS pixels

const onMap = told.map && [...Array(n).keys()].filter((i) => mapPlaces[2 * i] >= 0);
const mapMotions = told.map && (() => {
  const at = new Map(onMap.map((i, place) => [i, place]));
  return carriedOn(onMap, onMap.map((i) => at.get(told.map.onto[i]) ?? -1));
})();

function mapLayout() {
  const spots = new Map(onMap.map((i, place) => [i, {
    x: mapPlaces[2 * i] / told.map.step + AROUND, y: mapPlaces[2 * i + 1] / told.map.step + AROUND, motion: mapMotions[place],
  }]));
  const far = (axis) => Math.max(...[...spots.values()].map((spot) => spot[axis])) + 0.5 + AROUND;
  return { spots, wide: far("x"), high: far("y"), order: onMap, isChain: false };
}

// Redraw everything after a change of superclasses, window or layout.
function showPlane() {
  if (!told.map || find("panel-map").hidden) return;
  const canvas = find("plane"), wide = canvas.clientWidth || 390;
  // In a narrow window it is in a sheet, which must also have room for the text.
  const most = isNarrow() ? Math.max(220, Math.min(0.56 * innerHeight, 520) - 190) : Math.max(300, Math.min(innerHeight - 330, isWide() ? 900 : 560));
  plane.layout = plane.isChain ? chainLayout(wide, most) : mapLayout();
  const { wide: across, high: down } = plane.layout;
  plane.size = [wide, Math.round(Math.min(most, Math.max(220, (wide * down) / across)))];
  canvas.parentElement.style.height = `${plane.size[1]}px`;
  plane.fit = Math.min(plane.size[0] / across, plane.size[1] / down, LARGEST_ROOM);
  keepPlaneInside();
  paintPlane();
}
const isWide = () => document.querySelector("main").classList.contains("wide");

const roomNow = () => plane.fit * plane.zoom;
const offset = (axis) => {
  const extent = [plane.layout.wide, plane.layout.high][axis] * roomNow();
  return extent <= plane.size[axis] ? (plane.size[axis] - extent) / 2 : -[plane.x, plane.y][axis] * roomNow();
};
const toPlaneX = (x) => offset(0) + x * roomNow(), toPlaneY = (y) => offset(1) + y * roomNow();

function keepPlaneInside() {
  const room = roomNow();
  plane.x = Math.max(0, Math.min(plane.layout.wide - plane.size[0] / room, plane.x));
  plane.y = Math.max(0, Math.min(plane.layout.high - plane.size[1] / room, plane.y));
}

function penOf(canvas) {
  const ratio = Math.min(2, window.devicePixelRatio || 1), [wide, high] = plane.size;
  if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(high * ratio)) {
    [canvas.width, canvas.height] = [Math.round(wide * ratio), Math.round(high * ratio)];
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, wide, high);
  return [pen, ratio];
}

function paintPlane() {
  if (!plane.layout || find("panel-map").hidden) return;
  const [pen] = penOf(find("plane")), room = roomNow(), [wide, high] = plane.size;
  const style = getComputedStyle(document.documentElement), ink = style.getPropertyValue("--ink"), muted = style.getPropertyValue("--muted");
  const discs = discsOf(plane.layout), radius = (room * DISC) / 2;
  const rim = Math.max(1, Math.min(3, room / 22));
  const at = { toX: toPlaneX, toY: toPlaneY, room, ink: muted };
  if (plane.layout.isChain) paintChain(pen, plane.layout, at);
  pen.imageSmoothingQuality = "high";
  const medoids = new Map(view.groups.map(({ medoid }, number) => [medoid, number])), named = [];
  const groupNumber = new Map(view.groups.flatMap(({ members }, number) => members.map((i) => [i, number])));
  const [left, top] = [offset(0), offset(1)];
  for (const [i, { x: ux, y: uy }] of plane.layout.spots) {
    const x = left + ux * room, y = top + uy * room, number = groupNumber.get(i) ?? -1;
    if (x < -room || y < -room || x > wide + room || y > high + room) continue;
    pen.globalAlpha = state.junk.has(i) || isLeftOut(i) ? 0.4 : 1;
    if (discs) pen.drawImage(discs.canvas, ...discs.at.get(i), discs.side, discs.side, x - radius, y - radius, 2 * radius, 2 * radius);
    pen.lineWidth = rim;
    pen.strokeStyle = number < 0 ? "#9a9a9a" : colorOf(number);
    if (number < 0) pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.arc(x, y, radius - rim / 2, 0, 2 * Math.PI);
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    if (!plane.layout.isChain && medoids.has(i) && room > 15) named.push([x, y, number]);
    if (room > 44) paintClassNumber(pen, i, x, y + radius, ink);
  }
  for (const [x, y, number] of named) paintChip(pen, x - radius * 0.72, y - radius * 0.72, number);
  paintPlaneMarks();
}

// All pictures of a layout, aligned and in discs side by side, so that painting only scales them.
function discsOf(layout) {
  if (!averagesSheet?.image.width) return null;
  const { order, spots } = layout, { side: tile, across: columns, fill } = averagesSheet, { box } = told.averages;
  const key = layout.isChain ? order.join(" ") : "map";
  if (plane.discs?.key === key) return plane.discs;
  const side = Math.min(144, Math.round(tile * 1.5)), across = Math.ceil(Math.sqrt(order.length)), half = side / 2;
  const canvas = document.createElement("canvas"), at = new Map();
  [canvas.width, canvas.height] = [across * side, Math.ceil(order.length / across) * side];
  const pen = canvas.getContext("2d"), scale = side / box, centre = Math.floor(box / 2) + 0.5; // its middle is half a pixel further
  pen.imageSmoothingQuality = "high";
  order.forEach((i, place) => {
    const left = (place % across) * side, top = Math.floor(place / across) * side;
    const { matrix: [a, b, c, d], shift: [u, v] } = spots.get(i).motion;
    at.set(i, [left, top]);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.save();
    pen.beginPath();
    pen.arc(left + half, top + half, half - 0.5, 0, 2 * Math.PI);
    pen.fillStyle = `rgb(${fill[i]} ${fill[i]} ${fill[i]})`;
    pen.fill();
    pen.clip();
    pen.setTransform(
      a * scale, c * scale, b * scale, d * scale,
      left + scale * (centre + u - a * centre - b * centre), top + scale * (centre + v - c * centre - d * centre),
    );
    pen.drawImage(rounded(averagesSheet), (i % columns) * tile, Math.floor(i / columns) * tile, tile, tile, 0, 0, box, box);
    pen.restore();
  });
  return plane.discs = { key, canvas, side, at };
}

function paintClassNumber(pen, i, x, y, ink) {
  pen.font = "600 11px system-ui, sans-serif";
  [pen.textAlign, pen.textBaseline] = ["center", "bottom"];
  const words = `${classOf[i]}${reasonsOf(i) && isGrouped(i) ? " ?" : ""}`;
  [pen.lineWidth, pen.strokeStyle, pen.fillStyle] = [3, "rgb(0 0 0 / 0.7)", "#fff"];
  pen.strokeText(words, x, y - 3);
  pen.fillText(words, x, y - 3);
}

function paintChip(pen, x, y, number) {
  const size = roomNow() > 28 ? 11 : 9, high = size + 4;
  pen.font = `650 ${size}px system-ui, sans-serif`;
  const words = String(number), wide = pen.measureText(words).width + size - 4;
  pen.fillStyle = colorOf(number);
  [pen.strokeStyle, pen.lineWidth] = ["#fff", 1];
  pen.beginPath();
  pen.roundRect(x - wide / 2, y - high / 2, wide, high, 4);
  pen.fill();
  pen.stroke();
  [pen.textAlign, pen.textBaseline, pen.fillStyle] = ["center", "middle", inkOn(colorOf(number))];
  pen.fillText(words, x, y + 0.5);
}

// Rings and the drawn loop, on a separate canvas, so that pointing doesn't repaint pictures.
function paintPlaneMarks() {
  if (!plane.layout || find("panel-map").hidden) return;
  const [pen] = penOf(find("plane-marks")), radius = (roomNow() * DISC) / 2;
  const style = getComputedStyle(document.documentElement);
  const ring = (i, color, width, more) => {
    const spot = plane.layout.spots.get(i);
    if (!spot) return;
    [pen.strokeStyle, pen.lineWidth] = [color, width];
    pen.beginPath();
    pen.arc(toPlaneX(spot.x), toPlaneY(spot.y), radius + more, 0, 2 * Math.PI);
    pen.stroke();
  };
  for (const i of picked) {
    const spot = plane.layout.spots.get(i);
    if (!spot) continue;
    if (radius > 12) ring(i, style.getPropertyValue("--paper"), 5, 1.5);
    ring(i, style.getPropertyValue("--accent"), radius > 12 ? 3 : 2.2, radius > 12 ? 1.5 : 0.5);
    if (radius < 9) continue;
    const [x, y] = [toPlaneX(spot.x) + radius * 0.7, toPlaneY(spot.y) - radius * 0.7], size = Math.min(8, Math.max(4, radius * 0.4));
    pen.fillStyle = style.getPropertyValue("--accent");
    pen.beginPath();
    pen.arc(x, y, size, 0, 2 * Math.PI);
    pen.fill();
    [pen.strokeStyle, pen.lineWidth] = [style.getPropertyValue("--on-accent"), 1.6];
    pen.beginPath();
    pen.moveTo(x - size * 0.45, y);
    pen.lineTo(x - size * 0.1, y + size * 0.4);
    pen.lineTo(x + size * 0.5, y - size * 0.4);
    pen.stroke();
  }
  ring(state.chosen, style.getPropertyValue("--focus"), 2.5, 1.5);
  ring(plane.pointed, style.getPropertyValue("--ink"), 2, 1.5);
  if (plane.loop.length < 2) return;
  pen.beginPath();
  for (const [x, y] of plane.loop) pen.lineTo(toPlaneX(x), toPlaneY(y));
  pen.closePath();
  pen.fillStyle = style.getPropertyValue("--accent");
  pen.globalAlpha = 0.16;
  pen.fill();
  pen.globalAlpha = 1;
  [pen.strokeStyle, pen.lineWidth] = [style.getPropertyValue("--accent"), 1.8];
  pen.setLineDash([6, 4]);
  pen.stroke();
  pen.setLineDash([]);
}
