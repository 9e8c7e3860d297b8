// @ts-check
// Knows every program that was linked, and what the driver said of those that failed.

/** @returns {() => {stage: string, log: string, line: string}[]} Failures so far. */
function watchShaders() {
  const PROGRAMS = 200;
  /** @type {{stage: string, log: string, line: string}[]} */
  const failures = [];
  /** @type {{gl: any, program: any, shaders: any[]}[]} */
  let linked = [];
  for (const { prototype } of [window.WebGLRenderingContext, window.WebGL2RenderingContext].filter(Boolean)) {
    replaceMethod(prototype, "linkProgram", (original) => function (program) {
      original.apply(this, arguments);
      if (linked.length < PROGRAMS) linked.push({ gl: this, program, shaders: this.getAttachedShaders(program) || [] });
    });
  }
  const inspect = (/** @type {any} */ gl, /** @type {any} */ program, /** @type {any[]} */ shaders) => {
    if (gl.isContextLost() || !gl.isProgram(program) || gl.getProgramParameter(program, gl.LINK_STATUS)) return;
    const before = failures.length;
    for (const shader of shaders) {
      if (gl.getShaderParameter(shader, gl.COMPILE_STATUS)) continue;
      const log = String(gl.getShaderInfoLog(shader) || "").slice(0, 1000);
      const at = /ERROR: \d+:(\d+)/.exec(log);
      const lines = String(gl.getShaderSource(shader) || "").split("\n");
      const stage = gl.getShaderParameter(shader, gl.SHADER_TYPE) === gl.VERTEX_SHADER ? "vertex" : "fragment";
      failures.push({ stage, log, line: at ? String(lines[+at[1] - 1] || "").trim().slice(0, 300) : "" });
    }
    if (failures.length === before) {
      failures.push({ stage: "link", log: String(gl.getProgramInfoLog(program) || "").slice(0, 1000), line: "" });
    }
  };
  return () => {
    for (const { gl, program, shaders } of linked) inspect(gl, program, shaders);
    linked = [];
    return failures.slice(0, 20);
  };
}
