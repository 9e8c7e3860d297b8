// @ts-check
// Knows every canvas that was given a context, and what it holds apart from the page around it.

/**
 * @typedef {object} CanvasFacts
 * @property {HTMLCanvasElement | OffscreenCanvas} canvas
 * @property {string} context
 * @property {string | null} refused
 * @property {WebGL2RenderingContext | null} gl
 * @property {number} draws On the visible framebuffer.
 * @property {number} clears
 * @property {boolean} lost
 * @property {boolean} lostByPage
 * @property {{url: string, line: number, column: number, function: string | null} | null} place
 * @property {HTMLCanvasElement | null} copy The picture after the last drawing that was carried out, made small.
 */

/**
 * @typedef {object} Canvases
 * @property {(canvas: any) => CanvasFacts | undefined} of
 * @property {() => CanvasFacts[]} all With fresh copies of those drawn in 2D.
 * @property {(facts: CanvasFacts) => void} copy Keeps what the canvas holds now, made small.
 * @property {(facts: CanvasFacts) => void} finish Waits until all that was drawn on the canvas is drawn.
 */

/** @returns {Canvases} */
function watchCanvases() {
  const COPY_WIDTH = 320;
  const CANVASES = 1000;
  /** @type {Map<any, CanvasFacts>} */
  const known = new Map();
  const drawImage = CanvasRenderingContext2D.prototype.drawImage;
  const clearRect = CanvasRenderingContext2D.prototype.clearRect;
  const getImageData = CanvasRenderingContext2D.prototype.getImageData;
  const getContext = HTMLCanvasElement.prototype.getContext;

  const copy = (/** @type {CanvasFacts} */ facts) => {
    const { canvas } = facts;
    if (!canvas.width || !canvas.height) return;
    const scale = Math.min(1, COPY_WIDTH / canvas.width, COPY_WIDTH / canvas.height);
    const small = facts.copy || document.createElement("canvas");
    const width = Math.max(1, Math.round(canvas.width * scale));
    const height = Math.max(1, Math.round(canvas.height * scale));
    if (small.width !== width || small.height !== height) {
      small.width = width;
      small.height = height;
    }
    const context = /** @type {any} */ (getContext.call(small, "2d", { willReadFrequently: true }));
    clearRect.call(context, 0, 0, width, height);
    context.imageSmoothingQuality = "high"; // a star must not fall between two samples
    /** @type {any} */ (drawImage).call(context, canvas, 0, 0, width, height);
    facts.copy = small;
  };

  /** @type {any} */
  let pixel = null;
  const finish = (/** @type {CanvasFacts} */ facts) => {
    if (!facts.canvas.width || !facts.canvas.height) return;
    if (!pixel) {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 1;
      pixel = getContext.call(canvas, "2d", { willReadFrequently: true });
    }
    /** @type {any} */ (drawImage).call(pixel, facts.canvas, 0, 0, 1, 1);
    getImageData.call(pixel, 0, 0, 1, 1);
  };

  const watchContext = (/** @type {any} */ prototype) => replaceMethod(prototype, "getContext", (original) => function (/** @type {any} */ kind) {
    const asked = [...arguments];
    // Software WebGL is ours, not the visitor's: a page that declines slow machines is not declined here.
    if (asked[1]?.failIfMajorPerformanceCaveat) asked[1] = { ...asked[1], failIfMajorPerformanceCaveat: false };
    const context = original.apply(this, asked);
    const name = kind === "experimental-webgl" ? "webgl" : String(kind);
    let facts = known.get(this);
    if (!facts && known.size < CANVASES) {
      facts = { canvas: this, context: "none", refused: null, gl: null, draws: 0, clears: 0, lost: false, lostByPage: false, place: placeOf(new Error().stack), copy: null };
      known.set(this, facts);
      this.addEventListener("webglcontextlost", () => { if (facts) facts.lost = true; });
      this.addEventListener("webglcontextrestored", () => { if (facts) facts.lost = false; });
    }
    if (!facts) return context;
    if (!context) {
      facts.refused = name;
    } else if (facts.context === "none") {
      facts.context = name;
      facts.refused = null;
      if (name.startsWith("webgl")) facts.gl = context;
    }
    return context;
  });
  watchContext(HTMLCanvasElement.prototype);
  if (window.OffscreenCanvas) watchContext(OffscreenCanvas.prototype);

  return {
    of: (canvas) => known.get(canvas),
    copy,
    finish,
    all: () => {
      for (const facts of known.values()) {
        if (facts.context === "2d" && facts.canvas instanceof HTMLCanvasElement && facts.canvas.isConnected) copy(facts);
        if (facts.gl && facts.gl.isContextLost()) facts.lost = true;
      }
      return [...known.values()];
    },
  };
}
