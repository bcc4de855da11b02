// Draws class averages from the sheet, each laid on another by its motion.

const sheet = new Image();
const sheetReady = told.sheet
  ? new Promise((done) => { sheet.onload = sheet.onerror = done; sheet.src = told.sheet.src; })
  : Promise.resolve();

// Draws average i, laid on the average `onto`, into a canvas of so many CSS pixels.
function draw(canvas, i, onto, side) {
  const pixels = Math.round(side * Math.min(2, Math.max(1.5, window.devicePixelRatio || 1)));
  const key = `${i} ${onto} ${pixels}`;
  if (canvas.drawn === key) return;
  canvas.drawn = key;
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
  const pen = canvas.getContext("2d");
  if (!told.sheet) return;
  const { side: tile, across, fill } = told.sheet;
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
  pen.drawImage(sheet, (i % across) * tile, Math.floor(i / across) * tile, tile, tile, 0, 0, pixels, pixels);
}
