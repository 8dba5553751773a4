// The stored choice of light or dark, set before the first paint. Not a module: it must not wait.
(() => {
  try {
    const choice = localStorage.getItem("sfa:theme");
    if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
  } catch {
    // Storage may be switched off; the system's choice holds.
  }
})();
