// Uniformity of the particles' views, from the densities that the program computed.

const densityOf = Float64Array.from({ length: 256 }, (_, root) => (root / 255) ** 2);

// U = 1 / mean(ρ_even / ρ_k) over Fourier directions k, as rebalance/views/uniformity.py has it.
function uniformityOf(particles) {
  const { densities, directions } = views, density = new Float64Array(directions);
  let total = 0;
  for (let i = 0; i < n; i++) {
    const weight = views.shows_view[i] ? particles(i) : 0;
    if (!weight) continue;
    total += weight;
    for (let k = 0, at = i * directions; k < directions; k++, at++) {
      density[k] += weight * densityOf[densities[at]];
    }
  }
  if (!total) return 0;
  let lost = 0;
  for (const value of density) lost += (views.even_density * total) / value;
  return directions / lost;
}

function showUniformity() {
  const place = find("uniformity");
  place.hidden = !told.averages.particles;
  if (place.hidden) return;
  const used = (i) => (groupOf(i) >= 0 ? particlesOf(i) : 0);
  const before = uniformityOf(used), rows = [[isBalancing() ? "before" : "now", before, ""]];
  if (isBalancing()) {
    // Random dropping keeps the shares of the averages.
    rows.push(["random dropping", before, ""], ["after balancing", uniformityOf(keptOf), "after"]);
  }
  const title = views.trusted ? "Uniformity of views" : "Uniformity of views (if these views are right)";
  // From the rounded numbers as shown.
  const gain = rows.length > 1 ? rows[2][1].toFixed(2) - rows[1][1].toFixed(2) : 0;
  const words = ["1 = even, near 0 = gaps."];
  if (rows.length > 1) words.unshift(`${gain < 0 ? "−" : "+"}${Math.abs(gain).toFixed(2)} compared with dropping the same number at random.`);
  place.replaceChildren(
    element("h2", {}, title),
    ...rows.map(([name, value, kind]) => {
      const bar = element("i");
      bar.style.width = `${100 * value}%`;
      return element("div", { class: `even-row ${kind}` }, element("span", { class: "muted" }, name), element("div", { class: "track" }, bar), element("b", {}, value.toFixed(2)));
    }),
    element("p", { class: "hint" }, words.join(" ")),
  );
}
