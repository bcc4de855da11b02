// Starts everything; what is on screen is redrawn from the state.

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
  showPlane();
  showViews();
  showParticles();
  showScan();
  showCommand();
  showPicked();
  drawTiles(!document.documentElement.dataset.ready);
  performance.measure("redraw", "redraw-starts");
}

const asideSizes = () => [...state.aside].map(particlesOf);

function facts() {
  const averages = counted(classOf.length + Object.values(told.not_shown).flat().length, "class average");
  const { by, clustering } = told.decisions.grouped_by, how = [];
  if (told.metric) how.push(`compared by ${told.metric}`);
  if (by === "clustering") how.push(`grouped by ${clustering}${told.clustering !== clustering ? " and by hand" : ""}`);
  return [told.balance ? `${averages}, ${counted(told.balance.read, "particle")}` : averages, how.join(", ")].filter(Boolean).join("; ");
}

find("job").textContent = told.job;
find("facts").textContent = facts();
startLooks();
startTiles();
startControls();
startMatrix();
startViews();
startPlane();
startPicked();
startDragging();
startScan();
startDecisions();
startMarking();
startKeyboard();
// Open where a decision is needed: first the suggested number, if there was a scan.
openTab(scan ? "scan" : pairs ? "matrix" : told.balance ? "particles" : "average");
listeners = [redraw, keepMarks];
sheetsReady.then(() => {
  redraw();
  document.documentElement.dataset.ready = "yes";
});
