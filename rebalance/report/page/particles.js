// Particles of each superclass before and after.

function showParticles() {
  const { groups, balance } = view, largest = Math.max(1, ...balance.sizes);
  const cap = balance.cap !== null && Number(balance.cap) < largest ? Number(balance.cap) : null;
  const rows = groups.map((group, number) => {
    const kept = balance.kept[number];
    const track = element("div", { class: "track" });
    for (const [name, size] of [["before", group.size], ["after", kept]]) {
      const bar = element("i", { class: name });
      bar.style.width = `${(100 * size) / largest}%`;
      track.append(bar);
    }
    if (cap !== null) {
      const line = element("i", { class: "cap-line" });
      line.style.left = `${(100 * cap) / largest}%`;
      track.append(line);
    }
    const numbers = element("div", { class: "numbers" });
    if (kept === group.size) numbers.append(element("b", {}, count(kept)));
    else numbers.append(`${count(group.size)} → `, element("b", {}, count(kept)));
    return element("div", { class: "bar-row" }, chip(number), track, numbers);
  });
  const words = told.balance
    ? `Particles per superclass. Outlined: before, filled: after balancing${cap !== null ? `, dashed: the maximum (${count(cap)})` : ""}.`
    : "Class averages per superclass.";
  find("bars").replaceChildren(element("p", { class: "muted" }, words), element("br"), ...rows);
}
