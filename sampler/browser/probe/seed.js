// @ts-check
// Every source of randomness that a page can ask gives the same numbers on every run.

/** @param {number} seed A 32-bit integer. */
function seedRandomness(seed) {
  /**
   * sfc32: small, fast, passes PractRand; 53 bits a number as Math.random has.
   * @param {number} start
   */
  const generator = (start) => {
    let a = 0x9e3779b9 ^ start, b = 0x243f6a88, c = 0xb7e15162, d = 1;
    const next = () => {
      const t = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + t) | 0;
      return t >>> 0;
    };
    for (let i = 0; i < 15; i++) next();
    return next;
  };
  const plain = generator(seed);
  const crypt = generator(seed ^ 0x5f3759df);
  replaceMethod(Math, "random", () => function random() {
    return ((plain() >>> 5) * 67108864 + (plain() >>> 6)) / 9007199254740992;
  });
  if (typeof Crypto === "undefined") return;
  const fill = (/** @type {ArrayBufferView} */ view) => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = crypt() & 255;
    return view;
  };
  replaceMethod(Crypto.prototype, "getRandomValues", (original) => function getRandomValues(/** @type {any} */ view) {
    original.call(this, view); // keeps the errors for wrong types and quotas
    return fill(view);
  });
  replaceMethod(Crypto.prototype, "randomUUID", () => function randomUUID() {
    const bytes = /** @type {Uint8Array} */ (fill(new Uint8Array(16)));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  });
}
