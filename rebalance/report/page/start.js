// Everything together: what is on screen is made anew from what was chosen.

const view = { groups: [], colors: [], balance: null };

function redraw() {
  performance.mark("redraw-starts");
  view.groups = groupsNow();
  view.colors = colorsOf(view.groups);
  view.balance = balanceOf(view.groups, state.factor, state.max, asideSizes());
  showTiles();
  showControls();
  showAverage();
  showMatrix();
  showViews();
  showParticles();
  showScan();
  showCommand();
  showPicked();
  performance.measure("redraw", "redraw-starts");
}

const asideSizes = () => [...state.aside].map(particlesOf);

function facts() {
  const words = [counted(classOf.length + Object.values(told.not_shown).flat().length, "class average")];
  if (told.balance) words.push(counted(told.balance.read, "particle"));
  if (told.metric) words.push(`compared by ${told.metric}`);
  const { by, clustering } = told.decisions.grouped_by;
  if (by === "clustering") words.push(`grouped by ${clustering}${told.groupings.why_alone && told.clustering !== clustering ? " and by hand" : ""}`);
  if (told.averages.pixel_size) words.push(`${Number(told.averages.pixel_size.toPrecision(4))} Å per pixel`);
  words.push(`rebalance ${told.rebalance}`);
  return words.join(" · ");
}

find("job").textContent = told.job;
find("facts").textContent = facts();
startTiles();
startControls();
startMatrix();
startViews();
startPicked();
startScan();
startDecisions();
startMarking();
startKeyboard();
// Where a decision is waiting: the number that a scan suggests, before what it makes.
openTab(scan ? "scan" : pairs ? "matrix" : told.balance ? "particles" : "average");
listeners = [redraw, keepMarks];
sheetsReady.then(() => {
  redraw();
  document.documentElement.dataset.ready = "yes";
});
