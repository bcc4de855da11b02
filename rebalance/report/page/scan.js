// Which number of superclasses: criteria for each number, where a scan was made.

function startScan() {
  const { scan } = told;
  find("tab-scan").hidden = !scan;
  if (!scan) find("panel-scan").classList.add("absent");
}

function showScan() {
  const { scan } = told;
  if (!scan) return;
  const place = find("scan");
  place.replaceChildren();
  if (scan.suggestion != null) {
    const button = element("button", { type: "button" }, `Show ${scan.suggestion}`);
    button.disabled = !told.groupings.numbers.includes(scan.suggestion);
    button.addEventListener("click", () => change(() => { state.k = scan.suggestion; }));
    place.append(element("p", {}, `Suggested: ${counted(scan.suggestion, "superclass", "superclasses")}. ${scan.because ?? ""}`), button);
  }
  for (const criterion of scan.criteria) {
    const known = criterion.values.filter((value) => value !== null);
    if (known.length < 2) continue;
    const at = scan.numbers.filter((_, place) => criterion.values[place] !== null);
    const made = plot({
      x: at, series: [known], low: Math.min(...known), high: Math.max(...known), label: criterion.name,
      ends: [scan.numbers[0], scan.numbers.at(-1)], words: String,
      ticks: [...new Set([scan.numbers[0], scan.numbers[scan.numbers.length >> 1], scan.numbers.at(-1)])],
    });
    for (const [number, kind] of [[state.k, "now"], [scan.suggestion, "suggested"]]) {
      const value = known[at.indexOf(number)];
      if (value === undefined) continue;
      made.append(svg("circle", {
        cx: made.toX(number), cy: made.toY(value), r: kind === "now" ? 4.5 : 7,
        fill: kind === "now" ? "var(--accent)" : "none", stroke: "var(--focus)", "stroke-width": kind === "now" ? 0 : 2,
      }));
    }
    place.append(element("h2", {}, criterion.name), made, element("p", { class: "hint" }, criterion.help ?? ""));
  }
  place.append(element("p", { class: "hint" }, "Dot: the number on screen. Ring: the suggestion."));
}
