// Number of superclasses, factor and maximum size; and what they keep.

function startControls() {
  const k = find("k");
  k.max = stops.length - 1;
  k.min = 0;
  k.disabled = stops.length < 2;
  k.addEventListener("input", () => setTo({ k: stops[Number(k.value)] }));
  find("as-decided").hidden = !told.groupings.decided;
  find("as-decided").addEventListener("click", () => setTo({ k: DECIDED }));
  find("k-control").title = told.groupings.why_alone;
  const f = find("f"), slider = find("f-slider"), max = find("max");
  f.addEventListener("input", () => setTo({ factor: f.value }));
  slider.addEventListener("input", () => {
    f.value = String(Number(slider.value));
    setTo({ factor: f.value });
  });
  max.addEventListener("input", () => setTo({ max: max.value }));
  f.value = state.factor;
  f.placeholder = "0";
  max.value = state.max;
  if (!told.balance) for (const id of ["f-control", "max-control"]) find(id).hidden = true;
  find("undo").addEventListener("click", undo);
  // Elements below the bar, or scrolled to, need its height.
  const bar = document.querySelector(".controls");
  new ResizeObserver(() => document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`)).observe(bar);
}

// Change one of the settings at the top.
function setTo(setting) {
  remember(Object.keys(setting)[0]);
  change(() => Object.assign(state, setting));
}

// The next or previous number of superclasses.
function stepK(by) {
  const to = stops[stops.indexOf(state.k) + by];
  if (to !== undefined) setTo({ k: to });
}

function showControls() {
  const { balance, groups } = view;
  const decided = state.k === DECIDED;
  find("k").value = stops.indexOf(state.k);
  find("k").setAttribute("aria-valuetext", `${counted(groups.length, "superclass", "superclasses")}${decided ? ", as decided" : ""}`);
  find("as-decided").setAttribute("aria-pressed", String(decided));
  // K of the clustering: marks may leave fewer superclasses, or add some.
  find("k-value").textContent = told.groupings.why_alone || decided ? groups.length : state.k;
  const factor = parseFactor(state.factor);
  find("f-slider").value = factor && factor !== "bad" ? Number(factor.top) / Number(factor.bottom) : 0;
  find("f-slider").setAttribute("aria-valuetext", state.factor || "0");
  for (const id of ["f", "max"]) find(id).setAttribute("aria-invalid", String(balance.error === id));
  find("undo").disabled = former.length === 0;
  find("changed").textContent = changedWords();
  showOutcome(balance, groups);
  find("grouping-said").textContent = groupingWords();
}

function showOutcome(balance, groups) {
  const said = find("balance-said");
  said.classList.toggle("bad", Boolean(balance.error));
  if (!told.balance) {
    find("kept").textContent = count(groups.reduce((sum, group) => sum + group.members.length, 0));
    find("kept-of").textContent = "class averages; no particles were given";
    said.textContent = "";
    return;
  }
  find("kept").textContent = count(balance.total);
  find("kept-of").textContent =
    `of ${counted(told.balance.read, "particle")} kept (${percent(balance.total, told.balance.read)} %)`;
  said.textContent = balance.said || balanceWords(balance, groups);
  said.title = said.textContent;
}

function balanceWords(balance, groups) {
  if (!groups.length) return "No class average is left.";
  const deciding = balance.kept.filter((_, at) => balance.sizes[at] >= balance.least);
  const low = Math.min(...deciding), high = Math.max(...deciding);
  const small = balance.kept.length - deciding.length;
  const even = `smallest ÷ largest ${Number((low / high).toPrecision(2))}${small ? ` (${small} too small, ignored)` : ""}`;
  if (balance.cap === null) return `Not balanced: ${even}.`;
  const wasteful = balance.after < 0.25 * balance.before;
  const smallest = balance.sizes.indexOf(balance.smallest);
  if (wasteful && !state.max.trim()) {
    return `Limited by superclass ${smallest} (${counted(balance.smallest, "particle")}): at most ${count(balance.cap)} each.`;
  }
  return `At most ${count(balance.cap)} each, ${even}.`;
}

function groupingWords() {
  const words = [];
  if (told.groupings.why_alone) words.push(told.groupings.why_alone);
  if (told.groupings.decided) words.push(decidedWords());
  if (told.sheet) {
    words.push(isAligned
      ? "Averages are aligned to the most central one of their superclass (medoid, framed); ↔: mirrored."
      : "Averages are shown as in the stack, not aligned.");
  }
  if (told.averages.particles) {
    words.push(`Below each: class number, particles${told.averages.resolution ? ", resolution" : ""}.`);
  }
  if (document.querySelector(".tile.suspect")) words.push("?: suspected junk.");
  return words.join(" ");
}

function decidedWords() {
  const { clustering, n_superclasses: number } = told.decisions.grouped_by;
  if (state.k !== DECIDED) return `Grouped by ${clustering}, without junk and averages set aside.`;
  return `As decided: ${counted(number, "superclass", "superclasses")} by ${clustering}, then changed by hand.`;
}

// What was changed by hand at this number of superclasses; next to Undo, where it shifts nothing.
function changedWords() {
  const words = [];
  const moved = movedByHand().length;
  if (moved) words.push(`${moved} moved by hand ✎`);
  const elsewhere = stops.filter((k) => k !== state.k && state.moves.get(k)?.size), at = elsewhere.filter((k) => k !== DECIDED);
  if (elsewhere.length) {
    const where = [...(at.length ? [`K = ${at.join(", ")}`] : []), ...(at.length < elsewhere.length ? ["the decided superclasses"] : [])];
    words.push(`moves kept for ${where.join(" and ")}`);
  }
  if (state.aside.size) words.push(`${state.aside.size} set aside`);
  if (state.junk.size) words.push(`${state.junk.size} junk`);
  return words.join(", ");
}
