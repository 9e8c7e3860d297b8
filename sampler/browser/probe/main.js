// @ts-check
// Puts the parts together before the page's first script and leaves one frozen object for the session to call.

/**
 * @param {{key: string, binding: string, seed: number}} options
 */
function startProbe(options) {
  const FRAME = 1000 / 60;
  /** @type {any} */
  let above = null;
  try {
    above = window.top !== window ? /** @type {any} */ (window.top)[options.key] : null;
  } catch (error) {
    above = null; // a frame of another origin
  }
  if (above) {
    delete (/** @type {any} */ (window)[options.binding]);
    seedRandomness(options.seed + 1);
    listen(above.report);
    applyClock(above.clock);
    return;
  }
  const natives = takeNatives();
  const clock = makeClock(natives);
  const report = makeReport(natives, options.binding, clock.held);
  seedRandomness(options.seed);
  listen(report);
  const pending = countPending(natives);
  const draws = watchDraws();
  const scenes = watchScenes();
  const animate = followAnimations(clock);
  applyClock(clock);
  let frame = 0;
  const presented = () => new Promise((resolve) => natives.requestAnimationFrame(() => natives.requestAnimationFrame(resolve)));

  const driver = {
    clock,
    report,
    /** Waits, in real time, for what the page has begun. */
    settle: (/** @type {number} */ maximum) => {
      animate();
      return pending.settle(maximum);
    },
    /**
     * Moves the page's time on to frame `last`; stops earlier where the page waits for something.
     * @param {{last: number, look: boolean, single: boolean, every: boolean}} how `look`: the last one is looked at.
     */
    run: async ({ last, look: looked, single, every }) => {
      while (frame < last) {
        frame += 1;
        const look = looked && frame === last;
        const drawn = look || every || frame === 1;
        if (drawn) await presented();
        draws.begin(look ? "look" : drawn ? "draw" : "skip");
        scenes.begin();
        await clock.frame(frame * FRAME);
        animate();
        const reason = draws.needsEvery() || (look ? draws.stale() : null);
        if (reason && !every) return { frame, needs_every: reason };
        if (single || pending.count() > 0) break;
      }
      return { frame, needs_every: null };
    },
    /** Facts of this moment. */
    look: () => {
      const layout = describeLayout(draws.canvases());
      const { calls, triangles } = draws.counted();
      return natives.stringify({
        ...layout, draw_calls: calls, triangles, scene: scenes.snapshot(), three_revision: scenes.revision(),
        shader_errors: draws.shaderErrors().slice(0, 20), uncontrolled: pending.uncontrolled(),
      });
    },
    presented,
  };
  Object.defineProperty(window, options.key, { value: Object.freeze(driver) });
}
