// Draws class averages from the sheet, each laid on another by its motion.

function loaded(sheet) {
  if (!sheet) return null;
  const image = new Image();
  const ready = new Promise((done) => { image.onload = image.onerror = done; image.src = sheet.src; });
  return { ...sheet, image, ready };
}
const averagesSheet = loaded(told.sheet), reprojectionsSheet = loaded(told.views?.sheet);
const sheetsReady = Promise.all([averagesSheet?.ready, reprojectionsSheet?.ready]);

// Draws average i, laid on the average `onto`, into a canvas of so many CSS pixels.
function draw(canvas, i, onto, side, sheet = averagesSheet) {
  const pixels = Math.round(side * Math.min(2, Math.max(1.5, window.devicePixelRatio || 1)));
  const key = `${i} ${onto} ${pixels} ${sheet === averagesSheet}`;
  if (canvas.drawn === key) return;
  canvas.drawn = key;
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
  const pen = canvas.getContext("2d");
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
  pen.drawImage(image, (i % across) * tile, Math.floor(i / across) * tile, tile, tile, 0, 0, pixels, pixels);
}
