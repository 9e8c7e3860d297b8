// @ts-check
// Puts the parts together before the page's first script and leaves one frozen object for the session to call.

/**
 * @param {{key: string, binding: string, seed: number}} options
 */
function startProbe(options) {
  const FRAME = 1000 / 60;
  /** Real milliseconds after which a call returns between two frames, so that the watchdog sees progress. */
  const LONGEST_CALL = 1000;
  if (window.top !== window) {
    delete (/** @type {any} */ (window)[options.binding]);
    seedRandomness(options.seed + 1);
    try {
      const above = /** @type {any} */ (window.top)[options.key];
      listen(above.report);
      applyClock(above.clock);
    } catch (error) {
      // A frame of another origin keeps its own time; `uncontrolled` says so.
    }
    return;
  }
  const natives = takeNatives();
  const clock = makeClock(natives);
  const report = makeTell(natives, options.binding, clock.held);
  seedRandomness(options.seed);
  listen(report);
  const pending = countPending(natives);
  const canvases = watchCanvases();
  const draws = watchDraws(canvases);
  const shaderFailures = watchShaders();
  const scenes = watchScenes();
  const animate = followAnimations(clock);
  applyClock(clock);
  let frame = 0;
  // The picture of what was drawn before is handed over in the same native frame, after its callbacks.
  const presented = () => new Promise((resolve) => natives.requestAnimationFrame(() => natives.setTimeout(resolve, 0)));
  const foreignFrames = () => [...document.querySelectorAll("iframe")].filter((frame) => frame.src + frame.srcdoc !== "" && !frame.contentDocument);

  let caretHidden = false;
  /** A caret blinks in real time. */
  const hideCaret = () => {
    const focused = /** @type {any} */ (document.activeElement);
    if (caretHidden || !focused || !(focused.isContentEditable || /^(INPUT|TEXTAREA)$/.test(focused.tagName))) return;
    caretHidden = true;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { caret-color: transparent !important }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  };

  const driver = {
    clock,
    report,
    /** Waits for the document's load event. */
    loaded: () => new Promise((resolve) => {
      if (document.readyState === "complete") resolve(true);
      else addEventListener("load", () => resolve(true), { once: true });
    }),
    /** Waits, in real time, for what the page has begun. */
    settle: async (/** @type {number} */ maximum) => {
      if (animate()) await presented();
      return pending.settle(maximum);
    },
    /**
     * Moves the page's time on to frame `last`; stops earlier where the page waits for something.
     * @param {{last: number, look: boolean, single: boolean, every: boolean}} how `look`: the last one is looked at.
     */
    run: async ({ last, look: looked, single, every }) => {
      const begun = natives.now();
      while (frame < last) {
        frame += 1;
        const look = looked && frame === last;
        const drawn = look || every || frame === 1;
        if (drawn) await presented();
        draws.begin(look ? "look" : drawn ? "draw" : "skip");
        scenes.begin();
        await clock.frame(frame * FRAME);
        if (animate()) await presented();
        const reason = draws.needsEvery() || (look ? draws.stale() : null);
        if (reason && !every) return { frame, needs_every: reason };
        if (single || pending.count() > 0 || natives.now() - begun > LONGEST_CALL) break;
      }
      return { frame, needs_every: null };
    },
    /** Facts of this moment. */
    look: () => {
      hideCaret();
      const layout = describeLayout(canvases.all());
      const { calls, triangles } = draws.counted();
      return natives.stringify({
        ...layout, draw_calls: calls, triangles, scene: scenes.snapshot(), three_revision: scenes.revision(),
        shader_errors: shaderFailures(), uncontrolled: [...pending.uncontrolled(), ...(foreignFrames().length ? ["frame"] : [])],
      });
    },
    presented,
  };
  Object.defineProperty(window, options.key, { value: Object.freeze(driver) });
}
