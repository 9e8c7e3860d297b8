// @ts-check
// Before the first paint: the colours that a reader chose earlier. Without a choice the system's are used.
(() => {
  try {
    const chosen = localStorage.getItem("sampler.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is closed to pages in some settings; the system's colours are right then.
  }
})();
