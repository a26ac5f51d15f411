// A button that turns a page light or dark, and keeps what was chosen. Paper is always light.
{
  const root = document.documentElement;
  const button = document.createElement("button");
  const other = () => (root.dataset.theme === "dark" ? "light" : "dark");
  const show = () => (button.textContent = other() === "dark" ? "Dark page" : "Light page");
  button.type = "button";
  button.addEventListener("click", () => {
    root.dataset.theme = other();
    show();
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {} // it holds for this page, at least
  });
  show();
  document.querySelector(".switches").append(button);
  let onScreen = root.dataset.theme;
  addEventListener("beforeprint", () => {
    onScreen = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => (root.dataset.theme = onScreen));
}
