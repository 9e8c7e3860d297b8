// @ts-check
// Counts what is drawn with WebGL, and draws only the frames that are looked at.
//
// While time is moved between two pictures, draw calls are counted but not carried out. That changes no
// picture as long as no later draw reads what was left out. Every surface (texture, renderbuffer or the
// canvas itself) whose last content was left out is remembered in `missing`; the moment something reads
// one, `needsEvery` says what it was, and the attempt is rendered again with every frame drawn.

/**
 * @typedef {object} Draws
 * @property {(mode: "skip" | "draw" | "look") => void} begin Begins a frame: left out, drawn, or drawn to be looked at.
 * @property {() => {calls: number, triangles: number}} counted Since `begin`.
 * @property {() => string | null} needsEvery
 * @property {() => string | null} stale A canvas on the screen whose last drawing was left out.
 */

/**
 * @param {Canvases} canvases
 * @returns {Draws}
 */
function watchDraws(canvases) {
  const COPIES_AT_LOAD = 30;
  /** @type {WeakMap<any, any>} */
  const states = new WeakMap();
  /** @type {"skip" | "draw" | "look"} */
  let mode = "draw";
  let looked = false;
  let copies = 0;
  let calls = 0;
  let triangles = 0;
  /** @type {string | null} */
  let why = null;
  const need = (/** @type {string} */ reason) => { why = why || reason; };

  /** State of one context, as far as drawing needs it. */
  const stateOf = (/** @type {any} */ gl) => {
    let state = states.get(gl);
    if (!state) {
      const facts = canvases.of(gl.canvas);
      const screen = { name: "canvas", missing: false };
      state = {
        gl, facts, screen, draw: null, read: null, unit: 0, units: [], program: null, copying: false,
        missing: new Set(), programs: new WeakMap(), locations: new WeakMap(), values: new WeakMap(),
        attachments: new WeakMap(), surfaces: new WeakMap(), scissor: false, mask: true,
      };
      states.set(gl, state);
    }
    return state;
  };
  const surfaceOf = (/** @type {any} */ state, /** @type {any} */ object) => {
    let surface = state.surfaces.get(object);
    if (!surface) {
      surface = { name: object instanceof WebGLTexture ? "texture" : "buffer" };
      state.surfaces.set(object, surface);
    }
    return surface;
  };
  /** Surfaces of a framebuffer; null is the canvas. */
  const targets = (/** @type {any} */ state, /** @type {any} */ framebuffer) =>
    framebuffer ? [...(state.attachments.get(framebuffer) || new Map()).values()] : [state.screen];

  const leftOut = (/** @type {any} */ state) => {
    for (const surface of targets(state, state.draw)) state.missing.add(surface);
  };
  const readable = (/** @type {any} */ state, /** @type {any} */ framebuffer, /** @type {string} */ how) => {
    if (state.missing.size && targets(state, framebuffer).some((surface) => state.missing.has(surface))) {
      need(`${how} reads a picture of an earlier frame`);
    }
  };
  const samplers = (/** @type {any} */ state, /** @type {any} */ program) => {
    let names = state.programs.get(program);
    if (!names) {
      names = [];
      const gl = state.gl;
      const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) || 0;
      const kinds = new Set([0x8b5e, 0x8b60, 0x8b5f, 0x8b62, 0x8dc1, 0x8dc4, 0x8dc5, 0x8dca, 0x8dcb, 0x8dcc, 0x8dcf, 0x8dd2, 0x8dd3, 0x8dd4, 0x8dd7]);
      for (let i = 0; i < count; i++) {
        const info = gl.getActiveUniform(program, i);
        if (info && kinds.has(info.type)) names.push(info.name.replace(/\[0\]$/, ""));
      }
      state.programs.set(program, names);
    }
    return names;
  };
  const checkReads = (/** @type {any} */ state) => {
    if (!state.missing.size) return;
    if (targets(state, state.draw).some((surface) => state.missing.has(surface))) {
      if (state.draw || state.facts?.gl?.getContextAttributes()?.preserveDrawingBuffer) {
        need(state.draw ? "it draws over a texture of an earlier frame" : "it draws over its earlier frames");
      }
      for (const surface of targets(state, state.draw)) state.missing.delete(surface);
    }
    if (!state.missing.size || !state.program) return;
    const values = state.values.get(state.program) || new Map();
    for (const name of samplers(state, state.program)) {
      for (const unit of values.get(name) || [0]) {
        const bound = state.units[unit];
        for (const texture of bound ? bound.values() : []) {
          if (texture && state.missing.has(surfaceOf(state, texture))) need("it draws with a texture of an earlier frame");
        }
      }
    }
  };
  /** After the callback that draws: keeps what the canvas holds, or at least waits, so that no work piles up in the GPU. */
  const soonCopied = (/** @type {any} */ state) => {
    const { facts } = state;
    if (!facts || state.copying || state.draw) return;
    const kept = mode === "look" || (!looked && copies < COPIES_AT_LOAD);
    if (!looked) copies += 1;
    state.copying = true;
    queueMicrotask(() => {
      state.copying = false;
      if (kept) canvases.copy(facts);
      else canvases.finish(facts);
    });
  };

  /**
   * @param {any} gl
   * @param {number} primitive
   * @param {number} count
   * @param {number} instances
   */
  const drawing = (gl, primitive, count, instances) => {
    const state = stateOf(gl);
    calls += 1;
    if (primitive >= 4) triangles += (primitive === 4 ? count / 3 : Math.max(0, count - 2)) * instances;
    if (!state.draw && state.facts) state.facts.draws += 1;
    if (mode === "skip") {
      leftOut(state);
      return false;
    }
    checkReads(state);
    soonCopied(state);
    return true;
  };
  const clearing = (/** @type {any} */ gl, /** @type {boolean} */ whole) => {
    const state = stateOf(gl);
    if (!state.draw && state.facts) state.facts.clears += 1;
    if (mode === "skip") {
      leftOut(state);
      return false;
    }
    if (whole && !state.scissor && state.mask) for (const surface of targets(state, state.draw)) state.missing.delete(surface);
    soonCopied(state);
    return true;
  };

  const kinds = [window.WebGLRenderingContext, window.WebGL2RenderingContext].filter(Boolean);
  for (const { prototype } of kinds) {
    /** @param {string} name @param {(gl: any, args: any) => boolean} carriedOut */
    const guard = (name, carriedOut) => replaceMethod(prototype, name, (original) => function () {
      if (carriedOut(this, arguments)) return original.apply(this, arguments);
    });
    /** @param {string} name @param {(state: any, args: any) => void} note */
    const note = (name, note) => replaceMethod(prototype, name, (original) => function () {
      note(stateOf(this), arguments);
      return original.apply(this, arguments);
    });
    guard("drawArrays", (gl, a) => drawing(gl, a[0], a[2], 1));
    guard("drawElements", (gl, a) => drawing(gl, a[0], a[1], 1));
    guard("drawRangeElements", (gl, a) => drawing(gl, a[0], a[3], 1));
    guard("drawArraysInstanced", (gl, a) => drawing(gl, a[0], a[2], a[3]));
    guard("drawElementsInstanced", (gl, a) => drawing(gl, a[0], a[1], a[4]));
    guard("clear", (gl, a) => clearing(gl, (a[0] & 0x4000) !== 0 || stateOf(gl).draw !== null));
    for (const name of ["clearBufferfv", "clearBufferiv", "clearBufferuiv", "clearBufferfi"]) guard(name, (gl) => clearing(gl, true));
    guard("blitFramebuffer", (gl) => {
      const state = stateOf(gl);
      if (mode === "skip") {
        leftOut(state);
        return false;
      }
      readable(state, state.read, "copying between framebuffers");
      for (const surface of targets(state, state.draw)) state.missing.delete(surface);
      soonCopied(state);
      return true;
    });
    for (const name of ["copyTexImage2D", "copyTexSubImage2D", "copyTexSubImage3D"]) {
      guard(name, (gl) => {
        const state = stateOf(gl);
        const bound = state.units[state.unit];
        for (const texture of bound ? bound.values() : []) {
          if (!texture) continue;
          if (mode === "skip") state.missing.add(surfaceOf(state, texture));
          else state.missing.delete(surfaceOf(state, texture));
        }
        if (mode === "skip") return name === "copyTexImage2D"; // it also gives the texture its size
        readable(state, state.read, "copying into a texture");
        return true;
      });
    }
    note("readPixels", (state) => readable(state, state.read, "readPixels"));
    note("beginTransformFeedback", () => need("its shaders write buffers (transform feedback)"));
    note("beginQuery", (state, a) => { if (a[0] !== 0x88bf) need("it asks whether anything was drawn (queries)"); });
    note("enable", (state, a) => { if (a[0] === 0x0c11) state.scissor = true; });
    note("disable", (state, a) => { if (a[0] === 0x0c11) state.scissor = false; });
    note("colorMask", (state, a) => { state.mask = a[0] && a[1] && a[2]; });
    note("useProgram", (state, a) => { state.program = a[0]; });
    note("activeTexture", (state, a) => { state.unit = a[0] - 0x84c0; });
    note("bindTexture", (state, a) => {
      const bound = state.units[state.unit] || (state.units[state.unit] = new Map());
      bound.set(a[0], a[1]);
    });
    note("bindFramebuffer", (state, a) => {
      if (a[0] !== 0x8ca8) state.draw = a[1]; // all but READ_FRAMEBUFFER
      if (a[0] !== 0x8ca9) state.read = a[1]; // all but DRAW_FRAMEBUFFER
    });
    const attach = (/** @type {any} */ state, /** @type {number} */ target, /** @type {number} */ point, /** @type {any} */ object) => {
      const framebuffer = target === 0x8ca8 ? state.read : state.draw;
      if (!framebuffer) return;
      const points = state.attachments.get(framebuffer) || new Map();
      if (object) points.set(point, surfaceOf(state, object));
      else points.delete(point);
      state.attachments.set(framebuffer, points);
    };
    note("framebufferTexture2D", (state, a) => attach(state, a[0], a[1], a[3]));
    note("framebufferTextureLayer", (state, a) => attach(state, a[0], a[1], a[2]));
    note("framebufferRenderbuffer", (state, a) => attach(state, a[0], a[1], a[3]));
    // A texture that is filled anew from outside is no longer missing.
    for (const name of ["texImage2D", "texImage3D", "texStorage2D", "texStorage3D"]) {
      note(name, (state, a) => {
        const bound = state.units[state.unit];
        const texture = bound && bound.get(a[0]);
        if (texture && a.length !== 9) state.missing.delete(surfaceOf(state, texture));
        for (const source of a) if (source instanceof HTMLCanvasElement) canvasRead(source, "a texture made from the canvas");
      });
    }
    note("texSubImage2D", (state, a) => {
      for (const source of a) if (source instanceof HTMLCanvasElement) canvasRead(source, "a texture made from the canvas");
    });
    replaceMethod(prototype, "getUniformLocation", (original) => function (/** @type {any} */ program, /** @type {any} */ name) {
      const location = original.apply(this, arguments);
      if (location) stateOf(this).locations.set(location, { program, name: String(name).replace(/\[0\]$/, "") });
      return location;
    });
    const setUnits = (/** @type {any} */ state, /** @type {any} */ location, /** @type {number[]} */ units) => {
      const known = location && state.locations.get(location);
      if (!known) return;
      const values = state.values.get(known.program) || new Map();
      values.set(known.name, units);
      state.values.set(known.program, values);
    };
    note("uniform1i", (state, a) => setUnits(state, a[0], [a[1]]));
    note("uniform1iv", (state, a) => setUnits(state, a[0], Array.from(a[1] || []).slice(0, 32)));
    note("linkProgram", (state, a) => state.programs.delete(a[0]));
  }
  // Multi-draw is an extension with methods of its own.
  const extensionOf = (/** @type {any} */ gl, /** @type {string} */ name, /** @type {any} */ extension) => {
    if (!extension) return;
    if (name === "WEBGL_multi_draw") {
      for (const method of ["multiDrawArraysWEBGL", "multiDrawElementsWEBGL", "multiDrawArraysInstancedWEBGL", "multiDrawElementsInstancedWEBGL"]) {
        replaceMethod(Object.getPrototypeOf(extension), method, (original) => function () {
          const counts = Array.from(arguments[method.includes("Arrays") ? 3 : 1] || []);
          const total = counts.reduce((/** @type {number} */ sum, count) => sum + Number(count), 0);
          if (drawing(gl, arguments[0], total, 1)) return original.apply(this, arguments);
        });
      }
    } else if (name === "ANGLE_instanced_arrays") {
      for (const method of ["drawArraysInstancedANGLE", "drawElementsInstancedANGLE"]) {
        replaceMethod(Object.getPrototypeOf(extension), method, (original) => function () {
          const count = method.startsWith("drawArrays") ? arguments[2] : arguments[1];
          if (drawing(gl, arguments[0], count, arguments[arguments.length - 1])) return original.apply(this, arguments);
        });
      }
    } else if (name === "WEBGL_lose_context") {
      replaceMethod(Object.getPrototypeOf(extension), "loseContext", (original) => function () {
        const facts = canvases.of(gl.canvas);
        if (facts) facts.lostByPage = true;
        return original.apply(this, arguments);
      });
    }
  };
  /** @type {WeakSet<object>} */
  const extended = new WeakSet();
  for (const { prototype } of kinds) {
    replaceMethod(prototype, "getExtension", (original) => function (/** @type {any} */ name) {
      const extension = original.apply(this, arguments);
      if (extension && !extended.has(extension)) {
        extended.add(extension);
        extensionOf(this, String(name), extension);
      }
      return extension;
    });
  }

  // Reading a WebGL canvas from outside WebGL.
  const canvasRead = (/** @type {any} */ canvas, /** @type {string} */ how) => {
    const gl = canvases.of(canvas)?.gl;
    if (gl) readable(stateOf(gl), null, how);
  };
  for (const [owner, names] of /** @type {[any, string[]][]} */ ([
    [CanvasRenderingContext2D.prototype, ["drawImage", "createPattern"]],
    [window, ["createImageBitmap"]],
  ])) {
    for (const name of names) {
      replaceMethod(owner, name, (original) => function (/** @type {any} */ source) {
        canvasRead(source, name);
        return original.apply(this, arguments);
      });
    }
  }
  for (const name of ["toDataURL", "toBlob", "captureStream"]) {
    replaceMethod(HTMLCanvasElement.prototype, name, (original) => function () {
      canvasRead(this, name);
      return original.apply(this, arguments);
    });
  }

  return {
    begin: (next) => {
      mode = next;
      if (next === "look") looked = true;
      calls = 0;
      triangles = 0;
    },
    counted: () => ({ calls, triangles: Math.round(triangles) }),
    needsEvery: () => why,
    stale: () => {
      for (const facts of canvases.all()) {
        if (facts.gl && stateOf(facts.gl).missing.has(stateOf(facts.gl).screen)) return "it does not draw in every frame";
      }
      return null;
    },
  };
}
