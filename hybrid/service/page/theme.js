// Before the first paint, so that a dark room is not lit up. Which appearance somebody likes is all that is stored.
(() => {
  try {
    const chosen = localStorage.getItem("hybrid-appearance");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is switched off: then it is as the system has it.
  }
})();
