// @ts-check
// CSS animations and transitions keep the browser's time; here they are moved by the page's own clock.

/**
 * @param {Clock} clock
 * @returns {() => boolean} To be called at each frame; true when one began or ended, which the browser tells the
 * page in its next native frame.
 */
function followAnimations(clock) {
  /** @type {WeakMap<Animation, number>} */
  const begun = new WeakMap();
  const all = Document.prototype.getAnimations;
  return () => {
    let changed = false;
    for (const animation of all.call(document).slice(0, 2000)) {
      if (!begun.has(animation)) {
        if (animation.playState !== "running") continue;
        begun.set(animation, clock.held() - Math.min(Number(animation.currentTime) || 0, 0));
        animation.pause();
        animation.currentTime = 0;
        changed = true;
        continue;
      }
      if (animation.playState !== "paused") continue;
      const at = (clock.held() - /** @type {number} */ (begun.get(animation))) * (animation.playbackRate || 1);
      const last = Number(animation.effect?.getComputedTiming().endTime);
      if (at >= last) {
        animation.finish();
        changed = true;
      } else animation.currentTime = at;
    }
    return changed;
  };
}
