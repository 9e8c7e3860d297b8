// @ts-check
// The page's own time: held from before its first script and moved on only by `frame`.
//
// Timers, animation frames, idle callbacks, Date and performance.now all follow it. Each callback runs
// in a native task of its own, so that microtasks run after it and an exception is reported by the
// browser with its place, as in a page that runs freely.

/**
 * @typedef {object} Clock
 * @property {() => number} held Milliseconds since the page began, as the last `frame` left it.
 * @property {() => number} now The same as a page asks for it: see `pushed`.
 * @property {() => number} epoch Milliseconds since 1970 at which the page began.
 * @property {(handler: any, delay: any, args: any[], repeat: boolean) => number} addTimer
 * @property {(id: any) => void} removeTimer
 * @property {(run: Function) => number} addFrame
 * @property {(id: any) => void} removeFrame
 * @property {(run: Function, timeout: number) => number} addIdle
 * @property {(id: any) => void} removeIdle
 * @property {(run: () => void) => Promise<void>} task
 * @property {(atMilliseconds: number) => Promise<void>} frame Runs what is due until then, then one animation frame.
 */

/**
 * @param {Natives} natives
 * @returns {Clock}
 */
function makeClock(natives) {
  const EPOCH = Date.UTC(2025, 5, 2, 10, 0, 0);
  const CALLBACKS_A_FRAME = 20000;
  let held = 0;
  /** How far a busy wait has pushed the clock on within one instant. */
  let pushed = 0;
  let asked = 0;
  let nesting = 0;
  let lastId = 0;
  let sequence = 0;
  /** @type {{id: number, due: number, order: number, run: Function, args: any[], interval: number | null, nesting: number}[]} */
  const timers = [];
  /** @type {{id: number, run: Function}[]} */
  let frames = [];
  /** @type {{id: number, run: Function, due: number}[]} */
  let idles = [];

  // A page that waits in a loop for time to pass would wait forever: after many questions within one
  // instant the clock moves by a millisecond for every hundred more, the same on every run.
  const now = () => {
    asked += 1;
    if (asked > 5000 && asked % 100 === 0) pushed += 1;
    return held + pushed;
  };
  const instant = (/** @type {number} */ at) => {
    held = at;
    pushed = 0;
    asked = 0;
  };

  const channel = natives.channel();
  /** @type {(() => void) | null} */
  let job = null;
  /** @type {(() => void) | null} */
  let finished = null;
  channel.port1.onmessage = () => {
    if (job) {
      const run = job;
      job = null;
      try {
        run();
      } finally {
        channel.port2.postMessage(0);
      }
    } else if (finished) {
      const resolve = finished;
      finished = null;
      resolve();
    }
  };
  /**
   * Runs a callback in a native task; resolves when its microtasks are done too.
   * @param {() => void} run
   * @returns {Promise<void>}
   */
  const task = (run) => new Promise((resolve) => {
    job = run;
    finished = resolve;
    channel.port2.postMessage(0);
  });

  const insert = (/** @type {typeof timers[number]} */ timer) => {
    let low = 0;
    let high = timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (timers[middle].due <= timer.due) low = middle + 1;
      else high = middle;
    }
    timers.splice(low, 0, timer);
  };

  /**
   * @param {any} handler
   * @param {any} delay
   * @param {any[]} args
   * @param {boolean} repeat
   */
  const addTimer = (handler, delay, args, repeat) => {
    const wanted = Math.max(0, Math.trunc(Number(delay)) || 0);
    const wait = Math.max(wanted, nesting >= 4 ? 4 : repeat ? 1 : 0);
    const id = ++lastId;
    insert({ id, due: held + wait, order: ++sequence, run: handler, args, interval: repeat ? Math.max(wait, 1) : null, nesting: nesting + 1 });
    return id;
  };
  const removeTimer = (/** @type {any} */ id) => {
    const at = timers.findIndex((timer) => timer.id === Number(id));
    if (at >= 0) timers.splice(at, 1);
  };

  return {
    held: () => held,
    now,
    epoch: () => EPOCH,
    addTimer,
    removeTimer,
    addFrame: (run) => {
      frames.push({ id: ++lastId, run });
      return lastId;
    },
    removeFrame: (id) => {
      for (const frame of frames) if (frame.id === Number(id)) frame.run = () => {};
    },
    addIdle: (run, timeout) => {
      idles.push({ id: ++lastId, run, due: held + timeout });
      return lastId;
    },
    removeIdle: (id) => {
      idles = idles.filter((idle) => idle.id !== Number(id));
    },
    task,
    frame: async (at) => {
      for (let count = 0; timers.length && timers[0].due <= at && count < CALLBACKS_A_FRAME; count++) {
        const timer = timers[0];
        timers.shift();
        instant(Math.max(held, timer.due));
        if (timer.interval !== null) insert({ ...timer, due: held + timer.interval, order: ++sequence, nesting: Math.min(timer.nesting + 1, 10) });
        await task(() => {
          nesting = timer.nesting;
          try {
            timer.run.apply(window, timer.args);
          } finally {
            nesting = 0;
          }
        });
      }
      instant(at);
      const due = frames;
      frames = [];
      for (const frame of due) await task(() => frame.run.call(window, at));
      const waiting = idles;
      idles = [];
      for (const idle of waiting) {
        await task(() => idle.run.call(window, { didTimeout: idle.due <= at, timeRemaining: () => 8 }));
      }
    },
  };
}

/**
 * Puts the clock in the place of the realm's own time. A frame of the same origin shares its parent's.
 * @param {Clock} clock
 */
function applyClock(clock) {
  const target = /** @type {any} */ (window);
  const callable = (/** @type {any} */ handler) => {
    if (typeof handler === "function") return handler;
    return () => (0, target.eval)(String(handler));
  };
  replaceMethod(target, "setTimeout", () => function setTimeout(/** @type {any} */ handler, /** @type {any} */ delay, /** @type {any[]} */ ...args) {
    return clock.addTimer(callable(handler), delay, args, false);
  });
  replaceMethod(target, "setInterval", () => function setInterval(/** @type {any} */ handler, /** @type {any} */ delay, /** @type {any[]} */ ...args) {
    return clock.addTimer(callable(handler), delay, args, true);
  });
  const clear = () => function (/** @type {any} */ id) { clock.removeTimer(id); };
  replaceMethod(target, "clearTimeout", clear);
  replaceMethod(target, "clearInterval", clear);
  const request = () => function (/** @type {any} */ run) {
    if (typeof run !== "function") {
      throw new TypeError("Failed to execute 'requestAnimationFrame' on 'Window': parameter 1 is not of type 'Function'.");
    }
    return clock.addFrame(run);
  };
  const cancel = () => function (/** @type {any} */ id) { clock.removeFrame(id); };
  replaceMethod(target, "requestAnimationFrame", request);
  replaceMethod(target, "cancelAnimationFrame", cancel);
  replaceMethod(target, "webkitRequestAnimationFrame", request);
  replaceMethod(target, "webkitCancelAnimationFrame", cancel);
  replaceMethod(target, "requestIdleCallback", () => function (/** @type {any} */ run, /** @type {any} */ options) {
    return clock.addIdle(run, Number(options?.timeout) || Infinity);
  });
  replaceMethod(target, "cancelIdleCallback", () => function (/** @type {any} */ id) { clock.removeIdle(id); });
  replaceMethod(Performance.prototype, "now", () => function () { return clock.now(); });
  Object.defineProperty(Performance.prototype, "timeOrigin", { get: () => clock.epoch(), configurable: true });
  target.Date = fixedDate(() => clock.epoch() + Math.floor(clock.now()));
}

/**
 * The Date of a realm in which it is always `now`.
 * @param {() => number} now Milliseconds since 1970.
 */
function fixedDate(now) {
  const RealDate = Date;
  /**
   * @this {any}
   * @param {any[]} args
   * @returns {any}
   */
  function FixedDate(...args) {
    if (!new.target) return new RealDate(now()).toString();
    return Reflect.construct(RealDate, args.length ? args : [now()], new.target === FixedDate ? RealDate : new.target);
  }
  Object.setPrototypeOf(FixedDate, RealDate);
  for (const key of Reflect.ownKeys(RealDate)) {
    const descriptor = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(RealDate, key));
    Object.defineProperty(FixedDate, key, descriptor);
  }
  Object.defineProperty(FixedDate, "now", { value: () => now(), configurable: true, writable: true });
  Object.defineProperty(RealDate.prototype, "constructor", { value: FixedDate, configurable: true, writable: true });
  return FixedDate;
}
