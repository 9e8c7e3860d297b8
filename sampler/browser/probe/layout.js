// @ts-check
// Facts about what is laid out on the screen: canvases, what lies over them, text, scrolling.

/**
 * @param {CanvasFacts[]} known
 * @returns {object}
 */
function describeLayout(known) {
  const boxOf = (/** @type {Element} */ element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y, width, height };
  };
  const opacityOf = (/** @type {Element | null} */ element) => {
    let opacity = 1;
    for (; element; element = element.parentElement) opacity *= Number(getComputedStyle(element).opacity);
    return opacity;
  };
  const isShown = (/** @type {Element} */ element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && getComputedStyle(element).visibility === "visible" && opacityOf(element) > 0.01;
  };
  const seen = new Set(known.map((facts) => facts.canvas));
  const all = [...known];
  for (const canvas of [...document.querySelectorAll("canvas")].slice(0, 100)) {
    if (!seen.has(canvas)) {
      all.push({ canvas, context: "none", refused: null, gl: null, draws: 0, clears: 0, lost: false, lostByPage: false, place: null, copy: null });
    }
  }
  const onScreen = (/** @type {{x: number, y: number, width: number, height: number}} */ box) =>
    Math.max(0, Math.min(box.x + box.width, innerWidth) - Math.max(box.x, 0)) *
    Math.max(0, Math.min(box.y + box.height, innerHeight) - Math.max(box.y, 0));
  const canvases = all.map((facts) => {
    const element = facts.canvas instanceof HTMLCanvasElement ? facts.canvas : null;
    const box = element ? boxOf(element) : { x: 0, y: 0, width: 0, height: 0 };
    const shown = Boolean(element && element.isConnected && isShown(element));
    return {
      facts, area: shown ? onScreen(box) : 0,
      told: {
        context: facts.context, refused_context: facts.refused, width_pixels: facts.canvas.width, height_pixels: facts.canvas.height,
        connected: Boolean(element && element.isConnected), shown, box, draws: facts.draws, clears: facts.clears,
        lost: facts.lost, lost_by_page: facts.lostByPage, made_at: facts.place,
      },
    };
  });
  canvases.sort((a, b) => b.area - a.area || b.facts.draws - a.facts.draws);
  const main = canvases[0];

  const overlays = [];
  if (main && main.area > 0) {
    const frame = main.told.box;
    const total = frame.width * frame.height;
    const elements = document.body ? document.body.getElementsByTagName("*") : [];
    for (let i = 0; i < Math.min(elements.length, 3000) && overlays.length < 20; i++) {
      const element = elements[i];
      if (element === main.facts.canvas || element.contains(/** @type {any} */ (main.facts.canvas)) || element instanceof HTMLCanvasElement) continue;
      const box = element.getBoundingClientRect();
      const width = Math.min(box.right, frame.x + frame.width) - Math.max(box.left, frame.x);
      const height = Math.min(box.bottom, frame.y + frame.height) - Math.max(box.top, frame.y);
      if (width <= 0 || height <= 0 || width * height < total * 0.5) continue;
      const style = getComputedStyle(element);
      if (style.visibility !== "visible" || style.display === "none") continue;
      const alpha = /rgba\([^)]*,\s*([\d.]+)\)|\/\s*([\d.]+)\s*\)/.exec(style.backgroundColor);
      const background = style.backgroundColor === "transparent" ? 0 : alpha ? Number(alpha[1] ?? alpha[2]) : 1;
      const filled = style.backgroundImage !== "none" || /^(IMG|VIDEO|IFRAME|svg)$/.test(element.tagName) ? 1 : background;
      const opacity = filled * opacityOf(element);
      if (opacity < 0.5) continue;
      const name = element.tagName.toLowerCase() + (element.id ? "#" + element.id : "") +
        (typeof element.className === "string" && element.className.trim() ? "." + element.className.trim().split(/\s+/).join(".") : "");
      overlays.push({
        selector: name.slice(0, 200), text: String(/** @type {any} */ (element).innerText || "").trim().slice(0, 200),
        opacity: Math.min(1, opacity), covers_share: Math.min(1, (width * height) / total),
      });
    }
  }
  const scroller = document.scrollingElement || document.documentElement;
  const style = scroller ? getComputedStyle(scroller) : null;
  const bodyStyle = document.body ? getComputedStyle(document.body) : null;
  const held = (/** @type {"overflowX" | "overflowY"} */ axis) =>
    [style, bodyStyle].some((each) => each && (each[axis] === "hidden" || each[axis] === "clip"));
  return {
    canvases: canvases.slice(0, 50).map((canvas) => canvas.told),
    copy: main && main.facts.copy ? HTMLCanvasElement.prototype.toDataURL.call(main.facts.copy, "image/png") : null,
    overlays,
    visible_text: String(document.body ? document.body.innerText || "" : "").slice(0, 2000),
    scroll_pixels: scroller ? [
      held("overflowX") ? 0 : Math.max(0, scroller.scrollWidth - innerWidth),
      held("overflowY") ? 0 : Math.max(0, scroller.scrollHeight - innerHeight),
    ] : [0, 0],
  };
}
