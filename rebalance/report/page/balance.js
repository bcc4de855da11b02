// The cap of superclasses, with the exact arithmetic of the command.

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,9})?$/i;

// The rebalance factor as an exact fraction of two BigInts; null for no text; "bad" out of range.
function parseFactor(text) {
  const cleaned = text.trim();
  if (!cleaned) return null;
  if (!DECIMAL.test(cleaned)) return "bad";
  const [digits, power] = cleaned.toLowerCase().split("e");
  const [whole, part = ""] = digits.replace(/^[+-]/, "").split(".");
  let top = BigInt(whole + part || "0");
  if (top === 0n) return { top: 0n, bottom: 1n };
  if (cleaned.startsWith("-")) return "bad";
  const exponent = Number(power || 0) - part.length;
  const size = top.toString().length + exponent;
  if (size > 1) return "bad";
  // A smaller factor than 10^-30 counts as that.
  if (size < -29) return { top: 1n, bottom: 10n ** 30n };
  const bottom = exponent < 0 ? 10n ** BigInt(-exponent) : 1n;
  if (exponent > 0) top *= 10n ** BigInt(exponent);
  return top > bottom ? "bad" : { top, bottom };
}

// The cap as by decide_cap in rebalance/strategies/caps.py, and a sentence about it.
function decideCap(smallest, factorText, maxText) {
  const factor = parseFactor(factorText);
  if (factor === "bad") {
    return { error: "f", said: "The rebalance factor must be a number from 0 to 1." };
  }
  const cleaned = maxText.trim();
  if (cleaned && !(/^\+?\d+$/.test(cleaned) && BigInt(cleaned) >= 1n)) {
    return { error: "max", said: "The maximum size must be a whole number, at least 1." };
  }
  if (!cleaned) {
    if (!factor || factor.top === 0n) return { cap: null, said: "" };
    return { cap: (BigInt(smallest) * factor.bottom) / factor.top, said: "" };
  }
  const size = BigInt(cleaned);
  if (factor && factor.top === 0n) {
    return { cap: null, said: `The maximum size ${count(size)} is ignored because the factor is 0.` };
  }
  const said = [];
  if (factor) said.push(`The maximum size ${count(size)} overrides the factor.`);
  if (size < BigInt(smallest)) {
    said.push(`It is below the smallest superclass (${count(smallest)}), so all are reduced to it.`);
  } else if (!factor) {
    said.push(`Equivalent to a factor of ${Number((smallest / Number(size)).toPrecision(4))}.`);
  }
  return { cap: size, said: said.join(" ") };
}

// Particles from which a superclass decides the cap: cap_from_of in rebalance/strategies/small.py.
function capFromOf(sizes) {
  const present = sizes.filter((size) => size > 0).sort((a, b) => a - b);
  if (!told.balance || present.length < 2) return 0;
  const total = present.reduce((a, b) => a + b, 0), asked = told.balance.cap_from;
  const least = asked === "auto" ? Math.ceil(total / (10 * present.length)) : asked;
  return present[0] < least && least <= present.at(-2) ? least : 0;
}

// Particles kept of each group, of the averages set aside, and in all.
function balanceOf(groups, factorText, maxText, aside = []) {
  const sizes = groups.map((group) => group.size);
  const least = capFromOf(sizes);
  const present = sizes.filter((size) => size > 0);
  const deciding = present.length ? present.filter((size) => size >= least) : aside.filter((size) => size > 0);
  const smallest = deciding.length ? Math.min(...deciding) : 1;
  const decided = told.balance
    ? decideCap(smallest, factorText, maxText)
    : { cap: null, said: "" };
  const cap = decided.error || !deciding.length ? null : decided.cap;
  const capped = (size) => (cap !== null && BigInt(size) > cap ? Number(cap) : size);
  const kept = sizes.map(capped);
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const [before, after, asideAfter] = [sum(sizes), sum(kept), sum(aside.map(capped))];
  return {
    ...decided, cap, least, smallest, sizes, kept, before, after,
    aside: sum(aside), asideAfter, total: after + asideAfter,
  };
}
