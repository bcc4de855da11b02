// The data of the page, unpacked. Averages are identified by their place 0 … n−1 among those shown.

const told = JSON.parse(document.getElementById("content").textContent);
const find = (id) => document.getElementById(id);
const classOf = told.averages.class_id;
const n = classOf.length;
const JUNK = "junk", LEFT_OUT = "left out", ASIDE = "set aside";

function unpack(text, Type) {
  const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Type(raw.buffer, 0, raw.byteLength / Type.BYTES_PER_ELEMENT);
}

const pairs = told.pairs && {
  values: unpack(told.pairs.values, Uint16Array),
  rotation: told.pairs.rotation ? unpack(told.pairs.rotation, Uint16Array) : null,
  shift: told.pairs.shift ? unpack(told.pairs.shift, Int8Array) : null,
  mirror: told.pairs.mirror ? unpack(told.pairs.mirror, Uint8Array) : null,
};
const isAligned = Boolean(pairs && pairs.rotation);
const allLabels = unpack(told.groupings.labels, Int16Array);

// Place of the pair i < j in condensed arrays.
const pairAt = (i, j) => (i * (2 * n - i - 1)) / 2 + (j - i - 1);

function affinity(i, j) {
  if (i === j) return 1;
  return pairs.values[i < j ? pairAt(i, j) : pairAt(j, i)] / 65535;
}

// The motion x_i = M x_j + t that aligns average j to i: matrix by rows, shift in pixels of the box.
function motion(i, j) {
  if (i === j || !isAligned) return { matrix: [1, 0, 0, 1], shift: [0, 0], degrees: 0, mirror: false };
  if (i > j) {
    const { matrix: [a, b, c, d], shift: [x, y], degrees, mirror } = motion(j, i);
    return {
      matrix: [a, c, b, d], shift: [-(a * x + c * y), -(b * x + d * y)],
      degrees: mirror ? degrees : -degrees, mirror,
    };
  }
  const at = pairAt(i, j);
  const turn = (pairs.rotation[at] / 65536) * 2 * Math.PI;
  const mirror = Boolean((pairs.mirror[at >> 3] >> (at & 7)) & 1);
  const cos = Math.cos(turn), sin = Math.sin(turn), flip = mirror ? -1 : 1;
  const step = told.pairs.shift_step;
  return {
    matrix: [cos * flip, sin, -sin * flip, cos],
    shift: [pairs.shift[2 * at] * step, pairs.shift[2 * at + 1] * step],
    degrees: ((turn * 180) / Math.PI + 180) % 360 - 180, mirror,
  };
}

const particlesOf = (i) => (told.averages.particles ? told.averages.particles[i] : 1);

// One shared format, since making one takes longer than drawing a picture.
const inThousands = new Intl.NumberFormat("en-US");
const count = (number) => inThousands.format(number);
const counted = (number, noun, plural) => `${count(number)} ${number === 1 ? noun : plural || noun + "s"}`;

// A share as a person writes it: 41, 0.4, <0.1 (without the sign).
function percent(part, whole) {
  const share = whole ? (100 * part) / whole : 0;
  if (share >= 9.95 || share === 0) return share.toFixed(0);
  return share >= 0.05 ? share.toFixed(1) : "<0.1";
}

// 1, 3–5, 9 for 1, 3, 4, 5, 9.
function ranges(numbers) {
  const runs = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([a, b]) => (a === b ? `${a}` : `${a}${b === a + 1 ? ", " : "–"}${b}`)).join(", ");
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const palette = told.colors.superclasses;
const colorOf = (number) => palette[view.colors[number]];

// As in the figures; groups changed by hand keep their color, unless a neighbor has it.
function colorsOf(groups) {
  const given = told.groupings.colors[numberAt()], made = [];
  for (const { label } of groups) {
    let at = given[label] ?? label % palette.length;
    if (at === made.at(-1)) at = (at + 1) % palette.length;
    made.push(at);
  }
  return made;
}

// Black or white, whichever has more contrast (relative luminance of WCAG 2).
function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.18 ? "#fff" : "#111";
}
function chip(number) {
  return paint(element("span", { class: "chip" }, String(number)), colorOf(number));
}
function paint(made, color) {
  made.style.background = color;
  made.style.color = inkOn(color);
  return made;
}
