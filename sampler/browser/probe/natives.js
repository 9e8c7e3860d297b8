// @ts-check
// What the probe needs of the page's realm, taken before any script of the page can change it.

/**
 * @typedef {object} Natives
 * @property {typeof setTimeout} setTimeout
 * @property {typeof requestAnimationFrame} requestAnimationFrame
 * @property {() => number} now Real milliseconds.
 * @property {() => MessageChannel} channel
 * @property {(value: unknown) => string} stringify
 */

/** @returns {Natives} */
function takeNatives() {
  const { setTimeout, requestAnimationFrame, MessageChannel, performance, JSON } = window;
  const now = Performance.prototype.now;
  const stringify = JSON.stringify;
  return {
    setTimeout: setTimeout.bind(window),
    requestAnimationFrame: requestAnimationFrame.bind(window),
    now: () => now.call(performance),
    channel: () => new MessageChannel(),
    stringify: (value) => stringify(value),
  };
}

/**
 * Replaces a method, keeping name, length and what `descriptor` says of the old one.
 * @param {any} owner
 * @param {string} name
 * @param {(original: Function) => (this: any, ...values: any[]) => any} wrap
 */
function replaceMethod(owner, name, wrap) {
  const descriptor = owner && Object.getOwnPropertyDescriptor(owner, name);
  if (!descriptor || typeof descriptor.value !== "function" || !descriptor.configurable) return;
  const original = descriptor.value;
  const replacement = wrap(original);
  Object.defineProperty(replacement, "name", { value: original.name, configurable: true });
  Object.defineProperty(replacement, "length", { value: original.length, configurable: true });
  Object.defineProperty(owner, name, { ...descriptor, value: replacement });
}

/**
 * The innermost frame of a stack that lies in the page's own source, else in any script.
 * @param {string | undefined} stack
 * @returns {{url: string, line: number, column: number, function: string | null} | null}
 */
function placeOf(stack) {
  /** @type {{url: string, line: number, column: number, function: string | null} | null} */
  let first = null;
  for (const text of String(stack || "").split("\n").slice(0, 60)) {
    const found = /^\s*at (?:async )?(?:(?:new )?([^\s(]+)[^(]*\()?((?:https?|blob|data):[^\s)]*?):(\d+):(\d+)\)?$/.exec(text);
    if (!found) continue;
    const place = { url: found[2].slice(0, 500), line: +found[3], column: +found[4], function: found[1] || null };
    if (place.url.startsWith(location.origin + "/")) return place;
    first = first || place;
  }
  return first;
}
