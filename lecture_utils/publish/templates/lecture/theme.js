// Before anything is seen: light or dark, as the reader chose last, or as their system wishes.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {} // where pages may keep nothing
  const root = document.documentElement;
  const wish = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : root.dataset.theme;
  root.dataset.theme = ["light", "dark"].includes(chosen) ? chosen : wish;
})();
