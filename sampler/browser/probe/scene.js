// @ts-check
// Facts about three.js scenes. three.js announces every scene and renderer to `__THREE_DEVTOOLS__`.

/**
 * @typedef {object} Scenes
 * @property {() => void} begin Begins a frame.
 * @property {() => object | null} snapshot Of the scenes drawn since `begin`, else of the last that were.
 * @property {() => string | null} revision
 */

/** @returns {Scenes} */
function watchScenes() {
  const OBJECTS = 200000;
  const UNLIT = /^(MeshBasic|MeshNormal|MeshDepth|MeshDistance|MeshMatcap|Shader|RawShader|Points|Line|Sprite|Shadow)/;
  /** @type {string | null} */
  let revision = null;
  /** @type {Map<any, {camera: any, renderer: any}>} */
  let drawn = new Map();
  /** @type {Map<any, {camera: any, renderer: any}>} */
  let last = new Map();
  let inside = 0;

  const devtools = new EventTarget();
  devtools.addEventListener("register", (/** @type {any} */ event) => {
    try {
      revision = revision || String(event.detail.revision).slice(0, 20);
    } catch (error) { /* a page may announce anything */ }
  });
  devtools.addEventListener("observe", (/** @type {any} */ event) => {
    const object = event.detail;
    if (!object || typeof object.render !== "function" || object.isScene) return;
    const render = object.render;
    const announced = function (/** @type {any} */ scene, /** @type {any} */ camera) {
      // Only a call of the page's own, not those that a render makes for shadows and reflections.
      if (inside === 0 && scene && camera) drawn.set(scene, { camera, renderer: object });
      inside += 1;
      try {
        // @ts-ignore: `this` is the renderer
        return render.apply(this, arguments);
      } finally {
        inside -= 1;
      }
    };
    try {
      object.render = announced;
    } catch (error) { /* frozen: its scenes stay unknown */ }
  });
  Object.defineProperty(window, "__THREE_DEVTOOLS__", { value: devtools, configurable: true, writable: true });

  /** FNV-1a over the bits of numbers. */
  const bits = new Float32Array(1);
  const words = new Uint32Array(bits.buffer);
  const describe = (/** @type {Map<any, {camera: any, renderer: any}>} */ scenes) => {
    let hash = 2166136261;
    const mix = (/** @type {number} */ value) => {
      bits[0] = value;
      hash = Math.imul(hash ^ words[0], 16777619) >>> 0;
    };
    const counts = { meshes: 0, instances: 0, points: 0, lines: 0, sprites: 0, lights: 0, lit_meshes: 0, cast_shadow: 0, receive_shadow: 0, not_a_number: 0, triangles: 0 };
    const materials = new Set();
    const geometries = new Set();
    const textures = new Set();
    let camera = null;
    let shadows = false;
    let environment = false;
    let fog = false;
    let seen = 0;
    const visit = (/** @type {any} */ object) => {
      const waiting = [object];
      while (waiting.length && seen < OBJECTS) {
        const item = waiting.pop();
        if (!item || item.visible === false) continue;
        seen += 1;
        const matrix = item.matrixWorld?.elements;
        if (matrix && !item.isCamera) {
          let sum = 0;
          for (let i = 0; i < 16; i++) {
            mix(matrix[i]);
            sum += matrix[i];
          }
          if (!Number.isFinite(sum)) counts.not_a_number += 1;
        }
        if (item.isLight) counts.lights += item.intensity > 0 ? 1 : 0;
        else if (item.isMesh || item.isPoints || item.isLine || item.isSprite) {
          const list = (Array.isArray(item.material) ? item.material : [item.material]).filter(Boolean);
          if (item.isMesh) counts.meshes += 1;
          else if (item.isPoints) counts.points += 1;
          else if (item.isLine) counts.lines += 1;
          else counts.sprites += 1;
          if (item.isInstancedMesh) counts.instances += Number(item.count) || 0;
          const geometry = item.geometry;
          const size = geometry?.index?.count ?? geometry?.attributes?.position?.count ?? 0;
          if (item.isMesh) counts.triangles += (size / 3) * (item.isInstancedMesh ? Number(item.count) || 0 : 1);
          if (geometry) geometries.add(geometry);
          let lit = false;
          for (const material of list.slice(0, 50)) {
            materials.add(material);
            lit = lit || !UNLIT.test(String(material.type));
            for (const key of ["map", "normalMap", "bumpMap", "roughnessMap", "emissiveMap", "alphaMap"]) if (material[key]) textures.add(material[key]);
            if (material.envMap) environment = true;
          }
          if (item.isMesh && lit) counts.lit_meshes += 1;
          if (item.castShadow) counts.cast_shadow += 1;
          if (item.receiveShadow) counts.receive_shadow += 1;
        }
        for (const child of item.children || []) waiting.push(child);
      }
    };
    for (const [scene, drawing] of scenes) {
      camera = camera || String(drawing.camera.type || "");
      shadows = shadows || Boolean(drawing.renderer.shadowMap?.enabled);
      environment = environment || Boolean(scene.environment);
      fog = fog || Boolean(scene.fog);
      visit(scene);
    }
    return {
      revision, camera, scenes: scenes.size, ...counts, triangles: Math.round(counts.triangles) || 0, materials: materials.size, geometries: geometries.size,
      textures: textures.size, shadows_enabled: shadows, environment, fog, transforms: hash.toString(16).padStart(8, "0"),
    };
  };

  return {
    begin: () => {
      if (drawn.size) last = drawn;
      drawn = new Map();
    },
    snapshot: () => {
      const scenes = drawn.size ? drawn : last;
      if (!scenes.size) return null;
      try {
        return describe(scenes);
      } catch (error) {
        return { unreadable: String(error).slice(0, 200) };
      }
    },
    revision: () => revision,
  };
}
