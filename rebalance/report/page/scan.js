// Results of a scan for each number of superclasses, and the particles that each would keep.

const scan = told.scan;

function startScan() {
  const isOneOfMany = told.groupings.numbers.length > 1;
  find("tab-scan").hidden = !scan && !isOneOfMany;
  if (find("tab-scan").hidden) return find("panel-scan").classList.add("absent");
  find("scan-because").textContent = scan ? scan.because : scanMissing();
  if (scan) {
    const first = scan.has_structure ? "Suggested:" : "Best score:";
    find("scan-choices").append(first, choice(scan.suggestion));
    if (scan.runners_up.length) find("scan-choices").append("also worth a look:", ...scan.runners_up.map(choice));
  } else if (told.command?.scan) {
    find("scan-command").hidden = find("copy-scan").hidden = false;
    find("scan-command").textContent = told.command.scan.join(" ");
    find("copy-scan").addEventListener("click", () => copy(told.command.scan.join(" "), "Command copied."));
  }
  find("scan-choices").hidden = !scan;
}

function scanMissing() {
  const words = told.groupings.decided ? "The superclasses of this run were decided by hand." : "The number of superclasses of this run was given.";
  return told.command?.scan ? `${words} To compare all numbers and get a suggestion, run:` : words;
}

function choice(number) {
  const button = element("button", { type: "button", "data-number": number, "aria-label": `${counted(number, "superclass", "superclasses")}` }, String(number));
  button.disabled = !told.groupings.numbers.includes(number);
  if (button.disabled) button.title = told.groupings.why_alone || `This page shows at most ${told.groupings.numbers.at(-1)} superclasses.`;
  button.addEventListener("click", () => setTo({ k: number }));
  return button;
}

function showScan() {
  if (find("tab-scan").hidden) return;
  for (const button of find("scan-choices").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.number) === state.k));
  }
  const { numbers } = told.groupings, plots = [];
  const span = [...numbers, ...(scan ? scan.numbers : [])];
  const ends = [Math.min(...span), Math.max(...span)];
  const add = (title, x, lines, settings, words) => plots.push(
    element("h2", {}, title), overNumbers(title, x, lines, ends, settings), element("p", { class: "hint" }, words),
  );
  if (scan) {
    const all = [...scan.silhouette, ...[-2, 2].flatMap((by) => scan.expected.map((value, at) => value + by * scan.expected_sd[at]))];
    add("Silhouette", scan.numbers, [scan.silhouette, scan.expected], {
      low: Math.min(0, ...all), high: Math.max(...all), spread: scan.expected_sd,
    }, "−1 to 1: how much closer averages are to their own superclass than to the next. Dashed: expected by chance. Look for a number where the lines are far apart.");
    const known = scan.numbers.map((_, at) => at).filter((at) => scan.stability[at] !== null);
    if (known.length > 1) {
      add("Stability", known.map((at) => scan.numbers[at]), [known.map((at) => scan.stability[at])], { low: 0, high: 1 },
        "Do the superclasses stay the same when averages are left out and noise is added? Adjusted Rand index: 1 = identical, 0 = chance.");
    }
  }
  const kept = keptShares();
  if (kept && numbers.length > 1 && isBalancing()) {
    add("Particles kept", numbers, [kept], { low: 0, high: 100, levels: [0, 50, 100] },
      "Percent of all particles, with the factor or maximum size on screen.");
  }
  find("scan-said").textContent = saidOfNumber(kept);
  find("scan-plots").replaceChildren(...plots);
}

const isBalancing = () => view.balance.cap !== null;

// Share of particles kept at each number, by what is on screen: balance, junk, moves.
function keptShares() {
  if (!told.balance || view.balance.error) return null;
  return told.groupings.numbers.map((number, row) => {
    const sizes = new Map(), moves = state.moves.get(number);
    for (let i = 0; i < n; i++) {
      const label = isGrouped(i) ? labelOf(i, row, moves) : -1;
      if (label < 0) continue;
      sizes.set(label, (sizes.get(label) ?? 0) + particlesOf(i));
    }
    const groups = [...sizes.values()].map((size) => ({ size }));
    return (100 * balanceOf(groups, state.factor, state.max, asideSizes()).total) / told.balance.read;
  });
}

function saidOfNumber(kept) {
  if (state.k === DECIDED) return "";
  const words = [], at = scan ? scan.numbers.indexOf(state.k) : -1;
  if (at >= 0) {
    words.push(`silhouette ${scan.silhouette[at].toFixed(2)} (${scan.expected[at].toFixed(2)} expected by chance)`);
    if (scan.stability[at] !== null) words.push(`stability ${scan.stability[at].toFixed(2)}`);
  }
  if (kept && isBalancing()) words.push(`${percent(kept[numberAt()], 100)} % of particles kept`);
  return words.length ? `${state.k}: ${words.join(", ")}.` : "";
}

// A plot over numbers of superclasses; a click chooses the nearest.
function overNumbers(title, x, series, ends, { spread, ...settings }) {
  const step = [1, 2, 5, 10, 20].find((by) => (ends[1] - ends[0]) / by <= 8) ?? 50;
  const ticks = [];
  for (let tick = Math.ceil(ends[0] / step) * step; tick <= ends[1]; tick += step) ticks.push(tick);
  const made = plot({ x, series, ends, ticks, words: String, label: `${title} by number of superclasses`, ...settings });
  const { viewBox: { baseVal: box } } = made, under = made.querySelector("polyline");
  if (spread) {
    const edge = (sign) => x.map((number, at) => `${made.toX(number).toFixed(1)},${made.toY(series[1][at] + sign * 2 * spread[at]).toFixed(1)}`);
    under.before(svg("polygon", { class: "spread-band", points: [...edge(1), ...edge(-1).reverse()].join(" ") }));
  }
  const suggested = scan ? [scan.suggestion, ...scan.runners_up] : [];
  for (const [number, kind] of [...suggested.map((number, at) => [number, at ? "runner-up" : "suggested"]), ...(state.k === DECIDED ? [] : [[state.k, "now"]])]) {
    under.before(svg("line", { class: `at-number ${kind}`, x1: made.toX(number), x2: made.toX(number), y1: 6, y2: box.height - 20 }));
  }
  const at = x.indexOf(state.k);
  if (at >= 0) made.append(svg("circle", { class: "now", cx: made.toX(state.k), cy: made.toY(series[0][at]), r: 4 }));
  made.addEventListener("click", (event) => {
    const { left, width } = made.getBoundingClientRect();
    const place = ((event.clientX - left) / width) * box.width;
    const far = (number) => Math.abs(made.toX(number) - place);
    setTo({ k: told.groupings.numbers.reduce((best, number) => (far(number) < far(best) ? number : best)) });
  });
  return made;
}
