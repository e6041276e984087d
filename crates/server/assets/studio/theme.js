// Before anything is drawn, so that nothing flashes: what the user has chosen, else what the system says.
{
  let chosen = null;
  try { chosen = localStorage.getItem("theme"); } catch { /* A browser that keeps nothing has no choice. */ }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
