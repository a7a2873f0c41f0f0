// Runs before the first paint, so that a page set to dark never flashes white.
(() => {
  try {
    const theme = localStorage.getItem("polyvox.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be switched off; then the page looks as the device does.
  }
})();
