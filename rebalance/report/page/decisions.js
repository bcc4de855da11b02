// What is on screen, as a command and as a decisions file.

const jobName = told.job.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._]+/, "").slice(0, 60) || "job";
const fileName = `decisions_${jobName}.json`, tableName = `class_averages_${jobName}.csv`;

function decisionsNow() {
  return {
    ...told.decisions,
    superclasses: view.groups.map((group) => group.members.map((i) => classOf[i]).sort((a, b) => a - b)),
    set_aside: [...state.aside].map((i) => classOf[i]).sort((a, b) => a - b),
    junk: [...state.junk].map((i) => classOf[i]).sort((a, b) => a - b),
    factor: state.factor.trim() || null,
    max_size: state.max.trim() ? Number(state.max) : null,
    seed: state.seed,
    moved: movedByHand().map((i) => classOf[i]).sort((a, b) => a - b),
    grouped_by: told.groupings.why_alone || state.k === DECIDED ? told.decisions.grouped_by : { ...told.decisions.grouped_by, n_superclasses: state.k },
  };
}

// The command to type; null if a plugin has no name, or nothing can be run.
function commandNow() {
  if (!told.command || view.balance.error || !view.groups.length) return null;
  const words = [...told.command.words];
  if (isEdited()) return [...words, "--decisions", fileName].join(" ");
  words.push(...told.command.grouping);
  if (told.decisions.grouped_by.by === "clustering" && !told.groupings.why_alone && state.k !== DECIDED) words.push("-k", state.k);
  const factor = state.factor.trim(), max = state.max.trim();
  if (factor || (told.command.decided && !max)) words.push("-f", factor || "0");
  if (max) words.push("--max-size", max);
  return words.join(" ");
}

function showCommand() {
  const command = commandNow(), edited = isEdited();
  find("command").textContent = command ?? "";
  find("command").hidden = command === null;
  find("copy-command").disabled = command === null;
  find("save").disabled = Boolean(view.balance.error) || !view.groups.length;
  find("save").classList.toggle("unsaved", isUnsaved());
  find("command-said").textContent = !told.command
    ? "This run used a plugin given in Python, so there is no command to type. Save the decisions and pass them to rebalance.run(decisions=…)."
    : edited ? `Save the decisions first. The command reads ${fileName} from the current folder.`
      : "Reproduces what is on screen.";
  const same = !edited && state.k === start.k && state.factor.trim() === start.factor && state.max.trim() === start.max;
  find("methods-said").textContent = same ? "" : "Describes the run itself, not your changes on screen.";
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = element("textarea", {}, text);
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  tell(what);
}

function copyCommand() {
  const command = commandNow();
  if (command === null) return;
  copy(command, isEdited() ? `Command copied. It reads ${fileName}, so save the decisions too.` : "Command copied.");
}

function download(text, type, name) {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Class averages as on screen, in the words of superclasses.csv. Which particles are kept is
// decided by the command; the page only knows how many.
function tableNow() {
  const rows = classOf.map((number, i) => {
    const label = groupOf(i), status = label >= 0 ? "used" : apartWords(i);
    return [number, label >= 0 ? label : status === ASIDE ? -2 : -1, status, told.averages.particles ? particlesOf(i) : "", Number(isGrouped(i) && isMoved(i))];
  });
  for (const [status, numbers] of Object.entries(told.not_shown)) {
    rows.push(...numbers.map((number) => [number, -1, status, status === "without particles" ? 0 : "", 0]));
  }
  rows.sort(([a], [b]) => a - b);
  return [["class_id", "superclass", "status", "particles", "moved_by_hand"], ...rows].map((row) => `${row.join(",")}\n`).join("");
}

function saveTable() {
  download(tableNow(), "text/csv", tableName);
  tell(`Saved ${tableName}: the class averages as shown on screen.`);
}

function save() {
  if (find("save").disabled) return;
  download(`${JSON.stringify(decisionsNow(), null, 1)}\n`, "application/json", fileName);
  noteSaved();
  tell(`Saved ${fileName}. Use it with: rebalance run … --decisions ${fileName}`);
}

let silence;
function tell(words, milliseconds = 3500) {
  const toast = find("toast");
  toast.textContent = words;
  toast.classList.add("shown");
  clearTimeout(silence);
  silence = setTimeout(() => toast.classList.remove("shown"), milliseconds);
}

function startDecisions() {
  find("copy-command").addEventListener("click", copyCommand);
  find("save").addEventListener("click", save);
  find("save-table").addEventListener("click", saveTable);
  const { text, references } = told.methods;
  find("methods").append(element("p", {}, text), element("ol", {}, ...references.map((paper) => element("li", {}, paper))));
  find("copy-methods").addEventListener("click", () => {
    copy([text, ...references.map((paper, at) => `[${at + 1}] ${paper}`)].join("\n"), "Methods and references copied.");
  });
  const size = told.averages.pixel_size, by = [`rebalance ${told.rebalance}`];
  if (size) by.push(`${Number(size.toPrecision(4))} Å per pixel`);
  find("notes").append(...[...told.notes, `${by.join("; ")}.`].map((note) => element("li", {}, note)));
  if (told.warnings.length) {
    const box = find("warnings");
    box.hidden = false;
    box.open = told.warnings.length <= 3;
    box.querySelector("summary").textContent = `${counted(told.warnings.length, "warning")} from the run`;
    box.querySelector("ul").append(...told.warnings.map((warning) => element("li", {}, warning)));
  }
}
