// Draws class averages from the sheet, each aligned to another by its motion.

function loaded(sheet) {
  if (!sheet) return null;
  const image = new Image();
  const ready = new Promise((done) => { image.onload = image.onerror = done; image.src = sheet.src; });
  return { ...sheet, image, ready, round: null };
}
const averagesSheet = loaded(told.sheet), reprojectionsSheet = loaded(told.views?.sheet);
const sheetsReady = Promise.all([averagesSheet?.ready, reprojectionsSheet?.ready]);

// The sheet with tiles softly cropped to circles, so that rotation shows no edges.
function rounded(sheet) {
  if (sheet.round) return sheet.round;
  const { image, side } = sheet, round = document.createElement("canvas"), hole = document.createElement("canvas");
  [round.width, round.height, hole.width, hole.height] = [image.width, image.height, side, side];
  const pen = round.getContext("2d"), cut = hole.getContext("2d"), half = side / 2;
  const edge = cut.createRadialGradient(half, half, 0, half, half, half);
  edge.addColorStop(1 - 1.5 / half, "#000");
  edge.addColorStop(1, "#0000");
  cut.fillStyle = edge;
  cut.fillRect(0, 0, side, side);
  pen.drawImage(image, 0, 0);
  pen.globalCompositeOperation = "destination-in";
  pen.fillStyle = pen.createPattern(hole, "repeat");
  pen.fillRect(0, 0, image.width, image.height);
  return sheet.round = round;
}

const pixelsOf = (side) => Math.round(side * Math.min(2, Math.max(1.5, window.devicePixelRatio || 1)));
const keyOf = (i, onto, side, sheet) => `${i} ${onto} ${pixelsOf(side)} ${looks.circle} ${sheet === averagesSheet}`;
const isDrawn = (canvas, i, onto, side) => canvas.drawn === keyOf(i, onto, side, averagesSheet);

// Draws average i, aligned to the average `onto`, into a canvas of the given CSS pixels.
function draw(canvas, i, onto, side, sheet = averagesSheet) {
  const pixels = pixelsOf(side), key = keyOf(i, onto, side, sheet);
  if (canvas.drawn === key) return;
  canvas.drawn = key;
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
  // Hundreds of small pictures are drawn faster by the processor than by a graphics card.
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!sheet) return;
  const { side: tile, across, fill, image } = sheet;
  const { matrix: [a, b, c, d], shift: [x, y] } = motion(onto, i);
  const scale = pixels / told.averages.box;
  // The centre of rotation is pixel L/2, whose middle is half a pixel further.
  const centre = (Math.floor(told.averages.box / 2) + 0.5) * scale;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = `rgb(${fill[i]} ${fill[i]} ${fill[i]})`;
  pen.fillRect(0, 0, pixels, pixels);
  pen.imageSmoothingQuality = "high";
  pen.setTransform(
    a, c, b, d,
    centre + x * scale - a * centre - b * centre,
    centre + y * scale - c * centre - d * centre,
  );
  const from = looks.circle && image.width ? rounded(sheet) : image;
  pen.drawImage(from, (i % across) * tile, Math.floor(i / across) * tile, tile, tile, 0, 0, pixels, pixels);
}
