// How large a superclass may be, by the arithmetic of the command: exact decimals, whole numbers.

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

// The cap of decide_cap in rebalance/strategies/caps.py, and what there is to say about it.
function decideCap(smallest, factorText, maxText) {
  const factor = parseFactor(factorText);
  if (factor === "bad") {
    return { error: "f", said: "The rebalance factor is a number from 0 to 1." };
  }
  const cleaned = maxText.trim();
  if (cleaned && !(/^\+?\d+$/.test(cleaned) && BigInt(cleaned) >= 1n)) {
    return { error: "max", said: "The maximum size is a whole number of at least 1." };
  }
  if (!cleaned) {
    if (!factor || factor.top === 0n) return { cap: null, said: "" };
    return { cap: (BigInt(smallest) * factor.bottom) / factor.top, said: "" };
  }
  const size = BigInt(cleaned);
  if (factor && factor.top === 0n) {
    return { cap: null, said: `The maximum size ${count(size)} is ignored: the factor is 0.` };
  }
  const said = [];
  if (factor) said.push(`The maximum size ${count(size)} overrides the factor.`);
  if (size < BigInt(smallest)) {
    said.push(`It is below the smallest superclass (${count(smallest)}): all are cut to it.`);
  } else if (!factor) {
    said.push(`The same as a factor of ${Number((smallest / Number(size)).toPrecision(4))} here.`);
  }
  return { cap: size, said: said.join(" ") };
}

// Particles kept of each group, and in all.
function balanceOf(groups, factorText, maxText) {
  const sizes = groups.map((group) => group.size);
  const present = sizes.filter((size) => size > 0);
  const smallest = present.length ? Math.min(...present) : 1;
  const decided = told.balance
    ? decideCap(smallest, factorText, maxText)
    : { cap: null, said: "" };
  const cap = decided.error || !present.length ? null : decided.cap;
  const kept = sizes.map((size) => (cap !== null && BigInt(size) > cap ? Number(cap) : size));
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  return { ...decided, cap, smallest, sizes, kept, before: sum(sizes), after: sum(kept) };
}
