// @ts-check
// Counts what the page has begun and waits for, so that its time can be held until the answer is there:
// fetches, images, scripts, decoding, compiling, workers. What never ends is given up after a while.

/**
 * @typedef {object} Pending
 * @property {() => number} count
 * @property {(maximumMilliseconds: number) => Promise<boolean>} settle Real time; false when something was given up.
 * @property {() => string[]} uncontrolled
 */

/**
 * @param {Natives} natives
 * @returns {Pending}
 */
function countPending(natives) {
  let pending = 0;
  let forgiven = 0;
  /** @type {Set<string>} */
  const uncontrolled = new Set();
  // The answer's own handlers run first, then the count falls.
  const end = () => natives.setTimeout(() => { pending -= 1; }, 0);
  const follow = (/** @type {any} */ promise) => {
    pending += 1;
    return promise.then(
      (/** @type {any} */ value) => { end(); return value; },
      (/** @type {any} */ error) => { end(); throw error; },
    );
  };
  const promising = (/** @type {any} */ owner, /** @type {string[]} */ names) => {
    for (const name of names) {
      replaceMethod(owner, name, (original) => function () {
        const result = original.apply(this, arguments);
        return result && typeof result.then === "function" ? follow(result) : result;
      });
    }
  };
  promising(window, ["fetch", "createImageBitmap"]);
  promising(Response.prototype, ["json", "text", "arrayBuffer", "blob", "formData"]);
  promising(Blob.prototype, ["text", "arrayBuffer"]);
  promising(HTMLImageElement.prototype, ["decode"]);
  if (window.WebAssembly) promising(WebAssembly, ["compile", "compileStreaming", "instantiate", "instantiateStreaming"]);
  if (window.FontFace) promising(FontFace.prototype, ["load"]);
  if (window.OffscreenCanvas) promising(OffscreenCanvas.prototype, ["convertToBlob"]);

  const once = (/** @type {EventTarget} */ target, /** @type {string[]} */ names) => {
    pending += 1;
    let over = false;
    const done = () => {
      if (!over) end();
      over = true;
    };
    for (const name of names) target.addEventListener(name, done, { once: true });
  };
  replaceMethod(XMLHttpRequest.prototype, "send", (original) => function () {
    once(this, ["loadend"]);
    return original.apply(this, arguments);
  });
  for (const name of ["readAsArrayBuffer", "readAsText", "readAsDataURL", "readAsBinaryString"]) {
    replaceMethod(FileReader.prototype, name, (original) => function () {
      once(this, ["loadend"]);
      return original.apply(this, arguments);
    });
  }
  replaceMethod(HTMLCanvasElement.prototype, "toBlob", (original) => function (/** @type {Function} */ callback, /** @type {any[]} */ ...rest) {
    pending += 1;
    return original.call(this, (/** @type {any} */ blob) => { end(); callback(blob); }, ...rest);
  });
  const addressed = (/** @type {any} */ prototype, /** @type {string} */ name, /** @type {(element: any) => boolean} */ counts) => {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    if (!descriptor || !descriptor.set) return;
    const set = descriptor.set;
    Object.defineProperty(prototype, name, {
      ...descriptor,
      set(value) {
        if (String(value) !== "" && counts(this)) once(this, ["load", "error"]);
        set.call(this, value);
      },
    });
  };
  addressed(HTMLImageElement.prototype, "src", () => true);
  // A script or style sheet loads only in the document; one that is never put there is given up.
  addressed(HTMLScriptElement.prototype, "src", () => true);
  addressed(HTMLLinkElement.prototype, "href", (link) => link.rel === "stylesheet");

  if (window.Worker) {
    const RealWorker = window.Worker;
    window.Worker = new Proxy(RealWorker, {
      construct(target, args, newTarget) {
        const worker = Reflect.construct(target, args, newTarget);
        uncontrolled.add("worker");
        let open = 0;
        const answered = () => {
          for (; open > 0; open--) end();
        };
        worker.addEventListener("message", answered);
        worker.addEventListener("error", answered);
        const post = worker.postMessage;
        worker.postMessage = function () {
          open += 1;
          pending += 1;
          return post.apply(worker, arguments);
        };
        return worker;
      },
    });
  }
  replaceMethod(HTMLMediaElement.prototype, "play", (original) => function () {
    uncontrolled.add(this instanceof HTMLVideoElement ? "video" : "audio");
    return original.apply(this, arguments);
  });

  const open = () => pending - forgiven;
  return {
    count: open,
    uncontrolled: () => [...uncontrolled],
    settle: async (maximum) => {
      const start = natives.now();
      for (let quiet = 0; quiet < 2;) {
        await new Promise((resolve) => natives.setTimeout(resolve, open() > 0 ? 2 : 0));
        quiet = open() > 0 ? 0 : quiet + 1;
        if (natives.now() - start > maximum) {
          forgiven = pending;
          return false;
        }
      }
      return true;
    },
  };
}
