// @ts-check
// The gallery's manners: filter, order, keys, the large view. Without this script every attempt is still there to read.
"use strict";

/**
 * What the address says after "#": a filter, an order, and the attempt that is being looked at.
 * @typedef {{q: string, check: string, outcome: string, cell: string, sort: string, at: string, view: string}} State
 */

(() => {
  /** @template {Element} T @param {string} selector @param {ParentNode} [within] @returns {T | null} */
  const one = (selector, within = document) => within.querySelector(selector);
  /** @template {Element} T @param {string} selector @param {ParentNode} [within] @returns {T[]} */
  const all = (selector, within = document) => [.../** @type {NodeListOf<T>} */ (within.querySelectorAll(selector))];

  const attempts = /** @type {HTMLElement[]} */ (all("article.attempt"));
  const byId = new Map(attempts.map((attempt) => [attempt.id, attempt]));
  const groups = /** @type {HTMLElement[]} */ (all("[data-cell]"));
  const form = /** @type {HTMLFormElement} */ (one("[data-filter]"));
  const viewer = /** @type {HTMLDialogElement} */ (one("[data-viewer]"));
  const fields = /** @type {const} */ (["q", "check", "outcome", "cell", "sort"]);

  // --- state in the address ----------------------------------------------------------------------

  /** @returns {State} */
  function read() {
    const hash = location.hash.slice(1);
    const empty = { q: "", check: "", outcome: "", cell: "", sort: "", at: "", view: "" };
    let plain = hash;
    try {
      plain = decodeURIComponent(hash);
    } catch {
      // A half-written escape is no anchor of ours.
    }
    if (byId.has(plain)) return { ...empty, at: plain };
    const given = new URLSearchParams(hash);
    for (const name of /** @type {(keyof State)[]} */ (Object.keys(empty))) empty[name] = given.get(name) ?? "";
    return empty;
  }

  let state = read();

  /** @param {Partial<State>} change @param {boolean} [back] whether the browser's Back undoes it */
  function change(change, back = false) {
    state = { ...state, ...change };
    const kept = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
    // An attempt alone keeps its plain anchor, which works without this script too.
    const hash = state.at && kept.size === 1 ? state.at : kept.toString();
    const address = hash ? `#${hash}` : location.pathname + location.search;
    if (hash !== location.hash.slice(1)) history[back ? "pushState" : "replaceState"](null, "", address);
    show();
  }

  window.addEventListener("popstate", () => {
    if (location.hash && !location.hash.includes("=") && !byId.has(decodeURIComponent(location.hash.slice(1)))) return;
    state = read();
    show();
    if (state.at) arrive(state.at);
  });

  // --- filter and order ----------------------------------------------------------------------------

  /** @type {Map<string, string>} */
  const words = new Map();

  /** @param {HTMLElement} attempt @returns {string} all that is said of an attempt, in small letters */
  function text(attempt) {
    let known = words.get(attempt.id);
    if (known === undefined) {
      known = (attempt.textContent ?? "").toLowerCase().replace(/\s+/g, " ");
      words.set(attempt.id, known);
    }
    return known;
  }

  /** @param {HTMLElement} attempt @returns {boolean} */
  function fits(attempt) {
    const { outcome = "", checks = "", number = "" } = attempt.dataset;
    if (state.outcome && outcome !== state.outcome) return false;
    if (state.check && !checks.split(" ").includes(state.check)) return false;
    const group = /** @type {HTMLElement | null} */ (attempt.closest("[data-cell]"));
    if (state.cell && group?.dataset.cell !== state.cell) return false;
    const wanted = state.q.trim().toLowerCase();
    if (!wanted) return true;
    return /^\d+$/.test(wanted) ? Number(number) === Number(wanted) : text(attempt).includes(wanted);
  }

  /** @type {Record<string, (a: HTMLElement, b: HTMLElement) => number>} */
  const orders = {
    "": (a, b) => score(a, Infinity) - score(b, Infinity) || number(a) - number(b),
    best: (a, b) => score(b, -Infinity) - score(a, -Infinity) || number(a) - number(b),
    number: (a, b) => number(a) - number(b),
  };

  /** @param {HTMLElement} attempt @param {number} unscored @returns {number} */
  function score(attempt, unscored) {
    return attempt.dataset.score ? Number(attempt.dataset.score) : unscored;
  }

  /** @param {HTMLElement} attempt @returns {number} */
  function number(attempt) {
    return Number(attempt.dataset.number);
  }

  let sorted = "";

  function show() {
    if (!(state.sort in orders)) state.sort = "";
    if (state.sort !== sorted) {
      for (const list of /** @type {HTMLElement[]} */ (all("[data-list]"))) {
        const own = /** @type {HTMLElement[]} */ ([...list.children]);
        // Unscored attempts compare as infinite, and two of them as not a number: by their own number then.
        list.append(...own.sort((a, b) => orders[state.sort](a, b) || number(a) - number(b)));
      }
      sorted = state.sort;
    }
    let count = 0;
    for (const attempt of attempts) {
      const fit = fits(attempt);
      attempt.hidden = !fit;
      count += Number(fit);
    }
    for (const group of groups) group.hidden = !one("article:not([hidden])", group);
    const filtered = fields.some((name) => name !== "sort" && state[name]);
    /** @type {HTMLElement} */ (one("[data-count]")).textContent = `${count} of ${attempts.length} shown`;
    /** @type {HTMLElement} */ (one("[data-reset]")).hidden = !filtered;
    /** @type {HTMLElement} */ (one("[data-none]")).hidden = count > 0;
    for (const name of fields) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) {
        if (field.value !== state[name]) field.value = state[name];
      }
    }
    const looked = state.view ? byId.get(state.view) : undefined;
    if (looked) enlarge(looked);
    else if (viewer.open) viewer.close();
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    const field = event.target;
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) {
      change({ [field.name]: field.value, at: "" }, field instanceof HTMLSelectElement);
    }
  });
  /** @type {HTMLElement} */ (one("[data-reset]")).addEventListener("click", () => {
    change({ q: "", check: "", outcome: "", cell: "", at: "" }, true);
    /** @type {HTMLElement} */ (form.elements.namedItem("q")).focus();
  });

  // --- going from one attempt to another --------------------------------------------------------------

  const shown = () => /** @type {HTMLElement[]} */ (all("article.attempt:not([hidden])"));

  /** @param {string} id */
  function arrive(id) {
    const attempt = byId.get(id);
    if (!attempt) return;
    if (attempt.hidden) change({ q: "", check: "", outcome: "", cell: "" });
    attempt.focus({ preventScroll: true });
    attempt.scrollIntoView({ block: "start" });
  }

  /** @returns {HTMLElement | null} */
  function current() {
    const focused = document.activeElement?.closest("article.attempt");
    return /** @type {HTMLElement | null} */ (focused) ?? byId.get(state.at) ?? null;
  }

  /** @param {number} step */
  function move(step) {
    const list = shown();
    const from = viewer.open ? byId.get(state.view) : current();
    const index = from ? list.indexOf(from) : -1;
    const next = list[index < 0 ? 0 : index + step];
    if (!next) return;
    if (viewer.open) change({ view: next.id, at: next.id });
    else {
      change({ at: next.id });
      arrive(next.id);
    }
  }

  document.addEventListener("click", (event) => {
    const clicked = event.target instanceof Element ? event.target : null;
    if (!clicked || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const dot = clicked.closest("[data-dot]");
    const check = /** @type {HTMLElement | null} */ (clicked.closest("a[data-check]"));
    const frame = /** @type {HTMLElement | null} */ (clicked.closest("[data-frame]"));
    const opener = clicked.closest("[data-open]");
    if (dot) {
      event.preventDefault();
      const id = dot.getAttribute("data-dot") ?? "";
      change({ at: id }, true);
      arrive(id);
    } else if (check) {
      event.preventDefault();
      const cell = groups.length > 1 ? check.dataset.of ?? "" : "";
      change({ check: check.dataset.check ?? "", cell, q: "", outcome: "", at: "" }, true);
      /** @type {HTMLElement} */ (one("#attempts")).focus({ preventScroll: true });
      form.scrollIntoView({ block: "start" });
    } else if ((frame || opener) && !viewer.open) {
      const attempt = clicked.closest("article.attempt");
      if (!attempt) return;
      event.preventDefault();
      moment = frame ? Number(frame.dataset.frame) : -1;
      change({ at: attempt.id, view: attempt.id }, true);
    }
  });

  // --- the large view -----------------------------------------------------------------------------------

  /** Which of the attempt's frames is looked at; -1 is the last. */
  let moment = -1;
  let enlarged = "";

  /** @param {HTMLElement} attempt */
  function enlarge(attempt) {
    if (enlarged !== attempt.id || !viewer.open) {
      enlarged = attempt.id;
      const about = /** @type {HTMLElement} */ (one(".about", attempt)).cloneNode(true);
      const place = /** @type {HTMLElement} */ (one("[data-viewer-about]"));
      place.replaceChildren(...about.childNodes);
      for (const details of /** @type {HTMLDetailsElement[]} */ (all(":scope > details", place))) details.open = true;
      place.scrollTop = 0;
      const heading = /** @type {HTMLElement} */ (one("header", attempt)).cloneNode(true);
      const title = /** @type {HTMLElement} */ (one("[data-viewer-title]"));
      title.replaceChildren(...[...heading.childNodes].map((part) => inline(part, attempt)).filter((part) => part !== null));
      viewer.setAttribute("aria-label", (title.textContent ?? "").replace(/\s+/g, " ").trim());
      const list = shown();
      const index = list.indexOf(attempt);
      /** @type {HTMLButtonElement} */ (one("[data-viewer-previous]")).disabled = index <= 0;
      /** @type {HTMLButtonElement} */ (one("[data-viewer-next]")).disabled = index < 0 || index >= list.length - 1;
      if (!viewer.open) {
        viewer.showModal();
        viewer.focus();
      }
    }
    project(attempt);
  }

  /** A part of an attempt's header as a span: a title holds no headings or paragraphs.
   * @param {Node} part @param {HTMLElement} attempt @returns {HTMLElement | null} */
  function inline(part, attempt) {
    if (!(part instanceof HTMLElement)) return null;
    const span = document.createElement("span");
    span.className = part.className;
    if (part.tagName === "H4") span.textContent = `attempt ${part.textContent}`;
    else span.append(...part.childNodes);
    if (part.classList.contains("number")) span.classList.add(attempt.dataset.outcome ?? "");
    return span;
  }

  /** Show one of the attempt's pictures. @param {HTMLElement} attempt */
  function project(attempt) {
    const frames = /** @type {HTMLAnchorElement[]} */ (all("a.frame", attempt));
    const screen = /** @type {HTMLElement} */ (one("[data-viewer-screen]"));
    const times = /** @type {HTMLElement} */ (one("[data-viewer-times]"));
    let index = frames.findIndex((frame) => Number(frame.dataset.frame) === moment);
    if (index < 0) index = frames.length - 1;
    if (index < 0) {
      const empty = one(".empty", attempt);
      screen.replaceChildren(...(empty ? [empty.cloneNode(true)] : []));
    } else {
      const picture = document.createElement("img");
      const small = /** @type {HTMLImageElement} */ (one("img", frames[index]));
      picture.src = frames[index].href;
      picture.alt = small.alt;
      picture.width = Number(small.getAttribute("width"));
      picture.height = Number(small.getAttribute("height"));
      screen.replaceChildren(picture, outline(frames[index], picture.width, picture.height));
    }
    times.replaceChildren(
      ...frames.map((frame, at) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = frame.dataset.at ?? "";
        button.setAttribute("aria-pressed", String(at === index));
        button.addEventListener("click", () => {
          moment = Number(frame.dataset.frame);
          project(attempt);
          const pressed = /** @type {HTMLElement | null} */ (one('[aria-pressed="true"]', times));
          pressed?.focus();
        });
        return button;
      }),
    );
  }

  /** The picture's edge, and what findings point at in it.
   * @param {HTMLElement} frame @param {number} width @param {number} height @returns {SVGElement} */
  function outline(frame, width, height) {
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawing.setAttribute("class", "outline");
    drawing.setAttribute("aria-hidden", "true");
    const boxes = (frame.dataset.boxes ?? "").split(";").filter(Boolean);
    for (const [at, box] of [`0 0 ${width} ${height}`, ...boxes].entries()) {
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const sides = box.split(" ");
      for (const [place, name] of ["x", "y", "width", "height"].entries()) rect.setAttribute(name, sides[place]);
      if (at === 0) rect.setAttribute("class", "edge");
      drawing.append(rect);
    }
    return drawing;
  }

  /** @param {string} name @param {() => void} does */
  const onClick = (name, does) => one(`[data-viewer-${name}]`)?.addEventListener("click", does);
  onClick("previous", () => move(-1));
  onClick("next", () => move(1));
  onClick("close", () => viewer.close());
  viewer.addEventListener("close", () => {
    const last = enlarged;
    enlarged = "";
    if (state.view) change({ view: "" });
    arrive(last);
  });

  // --- keys -----------------------------------------------------------------------------------------------

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const on = event.target instanceof Element ? event.target : null;
    const typing = on?.closest("input, select, textarea");
    if (event.key === "Escape" && typing && !viewer.open) {
      /** @type {HTMLElement} */ (typing).blur();
      return;
    }
    if (typing) return;
    const onDot = on?.closest(".strip a");
    const onAttempt = on?.matches("article.attempt");
    if (onDot && /^Arrow/.test(event.key)) {
      event.preventDefault();
      along(onDot, event.key === "ArrowRight" || event.key === "ArrowUp" ? 1 : -1);
    } else if (event.key === "j" || (event.key === "ArrowRight" && (viewer.open || onAttempt))) {
      event.preventDefault();
      move(1);
    } else if (event.key === "k" || (event.key === "ArrowLeft" && (viewer.open || onAttempt))) {
      event.preventDefault();
      move(-1);
    } else if (onAttempt && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && onAttempt && on) {
      event.preventDefault();
      moment = -1;
      change({ at: on.id, view: on.id }, true);
    } else if (event.key === "/" && !viewer.open) {
      event.preventDefault();
      const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("q"));
      field.focus();
      field.select();
    } else if (viewer.open && /^[1-9]$/.test(event.key)) {
      const attempt = byId.get(state.view);
      moment = Number(event.key) - 1;
      if (attempt) project(attempt);
    }
  });

  /** The next dot of a plot by score. @param {Element} dot @param {number} step */
  function along(dot, step) {
    const plot = dot.closest(".strip");
    if (!plot) return;
    const dots = /** @type {SVGAElement[]} */ (all("svg a[data-dot]", plot));
    dots[dots.indexOf(/** @type {SVGAElement} */ (dot)) + step]?.focus();
  }

  // A plot of a thousand dots is one stop on the way through the page, not a thousand.
  for (const plot of all(".strip")) {
    const dots = /** @type {SVGAElement[]} */ (all("svg a[data-dot]", plot));
    const first = dots.find((dot) => one(".is-floor", dot)) ?? dots[0];
    for (const dot of dots) dot.setAttribute("tabindex", dot === first ? "0" : "-1");
    plot.addEventListener("focusin", (event) => {
      const dot = event.target instanceof Element ? event.target.closest("svg a[data-dot]") : null;
      if (dot) for (const other of dots) other.setAttribute("tabindex", other === dot ? "0" : "-1");
    });
  }

  // --- what a dot is ------------------------------------------------------------------------------------------

  const peek = /** @type {HTMLElement} */ (one("[data-peek]"));

  /** @param {Element | null} dot */
  function hint(dot) {
    const attempt = byId.get(dot?.getAttribute("data-dot") ?? "");
    peek.hidden = !attempt;
    if (!dot || !attempt) return;
    const parts = [];
    const small = /** @type {HTMLImageElement | null} */ (one(".frame:last-of-type img", attempt));
    if (small) {
      const picture = document.createElement("img");
      picture.width = 640;
      picture.height = 360;
      picture.alt = "";
      picture.src = small.getAttribute("src") ?? "";
      parts.push(picture);
    }
    const value = document.createElement("b");
    value.textContent = one(".number", attempt)?.textContent ?? "";
    const what = one(".findings .what", attempt)?.textContent ?? "nothing found";
    parts.push(value, `attempt ${one("h4", attempt)?.textContent?.trim()}, ${attempt.dataset.outcome}: ${what}`);
    peek.replaceChildren(...parts);
    const place = dot.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(place.x + place.width / 2 - peek.offsetWidth / 2, room - peek.offsetWidth - 8));
    // Above the whole plot, so that it hides no other dot.
    const plot = dot.closest("svg")?.getBoundingClientRect() ?? place;
    const above = plot.y - peek.offsetHeight - 4;
    peek.style.left = `${left + scrollX}px`;
    peek.style.top = `${(above > 8 ? above : place.bottom + 10) + scrollY}px`;
  }

  for (const plot of all(".strip")) {
    plot.addEventListener("pointerover", (event) => {
      hint(event.target instanceof Element ? event.target.closest("[data-dot]") : null);
    });
    plot.addEventListener("pointerleave", () => hint(null));
    plot.addEventListener("focusin", (event) => hint(event.target instanceof Element ? event.target : null));
    plot.addEventListener("focusout", () => hint(null));
  }

  // --- copy, colours --------------------------------------------------------------------------------------------

  for (const button of /** @type {HTMLButtonElement[]} */ (all("[data-copy]"))) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const quote = /** @type {HTMLElement} */ (one("[data-quote]", /** @type {Element} */ (button.parentElement)));
      let done = true;
      try {
        await navigator.clipboard.writeText(quote.textContent ?? "");
      } catch {
        // No clipboard here: the sentence is marked instead, ready for the reader's own copy key.
        getSelection()?.selectAllChildren(quote);
        done = document.execCommand("copy");
      }
      button.textContent = done ? "Copied" : "Marked";
      setTimeout(() => (button.textContent = "Copy"), 1600);
    });
  }

  const theme = /** @type {HTMLButtonElement} */ (one("[data-theme-toggle]"));
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => theme.setAttribute("aria-label", dark() ? "Use light colours" : "Use dark colours");
  theme.hidden = false;
  name();
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    name();
    try {
      localStorage.setItem("sampler.theme", root.dataset.theme);
    } catch {
      // Closed storage: the choice holds for this visit.
    }
  });

  form.hidden = false;
  /** @type {HTMLElement} */ (one("[data-keys]")).hidden = false;
  show();
  if (state.at && !state.view) arrive(state.at);
})();
