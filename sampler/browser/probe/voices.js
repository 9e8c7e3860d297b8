// @ts-check
// What the page says: console, dialogs, new windows. Told with the place in the source, answered without a stop.

/** @param {Tell} report */
function listen(report) {
  const LONGEST = 2000;
  const worded = (/** @type {any[]} */ values) => {
    let text = "";
    for (const value of values.slice(0, 20)) {
      if (text.length > LONGEST) break;
      let word;
      try {
        if (typeof value === "string") word = value.slice(0, LONGEST);
        else if (value instanceof Error) word = String(value.stack || value);
        else if (value && typeof value === "object" && !(value instanceof Node)) word = Object.prototype.toString.call(value);
        else word = String(value);
      } catch (error) {
        word = "(a value that cannot be shown)";
      }
      text += (text ? " " : "") + word.slice(0, LONGEST);
    }
    return text.slice(0, LONGEST);
  };
  /** @type {Record<string, string>} */
  const levels = { debug: "debug", info: "info", log: "log", warn: "warning", error: "error", trace: "log" };
  for (const name of Object.keys(levels)) {
    replaceMethod(console, name, () => function (/** @type {any[]} */ ...values) {
      report("console", { level: levels[name], text: worded(values), place: placeOf(new Error().stack) });
    });
  }
  replaceMethod(console, "assert", () => function (/** @type {any} */ condition, /** @type {any[]} */ ...values) {
    if (!condition) report("console", { level: "error", text: "Assertion failed: " + worded(values), place: placeOf(new Error().stack) });
  });
  for (const name of ["table", "dir", "group", "groupCollapsed", "dirxml", "count", "timeLog", "timeEnd"]) {
    replaceMethod(console, name, () => function (/** @type {any[]} */ ...values) {
      report("console", { level: "log", text: worded(values), place: placeOf(new Error().stack) });
    });
  }
  const answers = /** @type {Record<string, any>} */ ({ alert: undefined, confirm: false, prompt: null, print: undefined });
  for (const name of Object.keys(answers)) {
    replaceMethod(window, name, () => function (/** @type {any} */ message) {
      report("dialog", { dialog: name, message: worded(message === undefined ? [] : [message]), place: placeOf(new Error().stack) });
      return answers[name];
    });
  }
  // The browser tells of an error by itself; this says at which moment of the page's own time it comes.
  for (const kind of ["error", "unhandledrejection"]) {
    addEventListener(kind, (event) => {
      if (event.target === window || kind !== "error") report("moment", {});
    }, true);
  }
  replaceMethod(window, "open", () => function (/** @type {any} */ address) {
    report("popup", { url: String(address).slice(0, 500), place: placeOf(new Error().stack) });
    return null; // as every browser answers without a click
  });
}
