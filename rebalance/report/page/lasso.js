// A loop drawn around averages by mouse, pen or finger, and which of them are inside.

// Whether a point is inside a closed loop, by the crossings of a ray to the right.
function isInside(loop, x, y) {
  let inside = false;
  for (let at = 0, last = loop.length - 1; at < loop.length; last = at++) {
    const [ax, ay] = loop[at], [bx, by] = loop[last];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

// Of points [average, x, y], the best average in a direction from one of them, preferring near ones.
function nearestAlong([dx, dy], points, from) {
  const [, x, y] = points.find(([i]) => i === from);
  let best = from, least = Infinity;
  for (const [i, cx, cy] of points) {
    const along = (cx - x) * dx + (cy - y) * dy;
    if (i === from || along <= 0.01) continue;
    const across = Math.abs((cx - x) * dy) + Math.abs((cy - y) * dx), far = along + 2 * across;
    if (far < least) [best, least] = [i, far];
  }
  return best;
}

const LEAST_DRAG = 5; // CSS pixels: less is a click

// Lets a loop be drawn on an element. `at(event)`: a place in the drawing; `points()`: [average, x, y]
// there; `show(loop)`: draws it, nothing for none; `isOn(event)`: whether a drag draws a loop now.
function watchLasso(drawn, { at, points, show, isOn }) {
  let loop = null, from = null;
  drawn.addEventListener("pointerdown", (event) => {
    drawn.lassoed = false;
    if (event.button || !event.isPrimary || !isOn(event)) return;
    loop = [at(event)];
    from = [event.clientX, event.clientY];
  });
  drawn.addEventListener("pointermove", (event) => {
    if (!loop || !event.isPrimary) return;
    if (loop.length === 1 && Math.hypot(event.clientX - from[0], event.clientY - from[1]) < LEAST_DRAG) return;
    if (loop.length === 1) drawn.setPointerCapture(event.pointerId);
    loop.push(at(event));
    show(loop);
  });
  const end = (event) => {
    if (!loop || !event.isPrimary) return;
    const ring = loop;
    loop = null;
    show([]);
    if (event.type === "pointercancel" || ring.length < 3) return;
    drawn.lassoed = true;
    const held = points().filter(([, x, y]) => isInside(ring, x, y)).map(([i]) => i);
    pick(held, event.shiftKey);
  };
  drawn.addEventListener("pointerup", end);
  drawn.addEventListener("pointercancel", end);
  // A second finger zooms and cancels the loop.
  drawn.giveUpLasso = () => { loop = null; show([]); };
  // Ignore the click that ends a drag. (A finger's drag ends without one.)
  drawn.addEventListener("click", (event) => {
    if (drawn.lassoed) event.stopImmediatePropagation();
  }, { capture: true });
}
