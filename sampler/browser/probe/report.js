// @ts-check
// Sends facts out of the page the moment they happen, so that a page that hangs or crashes later loses none.

/**
 * @typedef {(kind: string, fact: object) => void} Tell
 */

/**
 * @param {Natives} natives
 * @param {string} bindingName Name of the function that the browser put into the page for us.
 * @param {() => number} now Milliseconds of the page's own clock.
 * @returns {Tell}
 */
function makeTell(natives, bindingName, now) {
  const limits = { console: 300, dialog: 50, popup: 50 };
  /** @type {Record<string, number>} */
  const sent = {};
  const send = /** @type {any} */ (window)[bindingName];
  delete (/** @type {any} */ (window)[bindingName]);
  return (kind, fact) => {
    sent[kind] = (sent[kind] || 0) + 1;
    const limit = /** @type {Record<string, number>} */ (limits)[kind] || 1000;
    if (!send) return;
    if (sent[kind] <= limit) send(natives.stringify({ kind, at: now() / 1000, ...fact }));
    else if (sent[kind] % 1000 === 1 || sent[kind] === limit + 1) send(natives.stringify({ kind: "dropped", of: kind, sent: sent[kind] }));
  };
}
