// A slider out of elements of the page itself, with buttons beside it if asked.

const DELAY = 400; // milliseconds between two values while it plays

// JupyterLab's own shortcuts would take the arrow keys. It looks at the focused element only.
function keepKeys(element) {
  element.dataset.lmSuppressShortcuts = "true";
}

function render({ model, el }) {
  const row = document.createElement("div"); // the display of el itself is the layout's
  row.style.cssText =
    "display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; min-height: 32px;" +
    "color: var(--jp-ui-font-color1, inherit); font-size: var(--control-size, 14px)";

  const label = document.createElement("label");
  label.style.cssText = "display: flex; align-items: center; gap: 12px; min-width: 0";
  const name = document.createElement("span");
  name.style.cssText = "flex: none; min-width: var(--control-name, 7.5em)";
  name.textContent = model.get("label");
  const range = document.createElement("input");
  range.type = "range";
  range.style.cssText = "flex: 0 1 auto; width: 260px; min-width: 0; margin: 0";
  keepKeys(range);
  for (const limit of ["min", "max", "step"]) range[limit] = model.get(limit);
  const shown = document.createElement("span");
  shown.setAttribute("aria-hidden", "true"); // the slider itself says its value
  shown.style.cssText = "flex: none; min-width: 3em"; // room for the longest, so that nothing moves
  label.append(name, range, shown);

  let timer = null;
  const playButton = button("Play", play);
  const steps = model.get("stepping")
    ? [["First", -Infinity], ["Back", -1], ["Forward", 1], ["Last", Infinity]]
    : [];
  if (model.get("playing")) row.append(playButton);
  row.append(...steps.map(([text, by]) => button(text, () => (stop(), move(by)))));
  row.append(label);
  el.append(row);

  range.addEventListener("input", () => (stop(), set(Number(range.value))));
  el.addEventListener("keydown", onKey);
  el.addEventListener("leave", stop); // a page says so when nobody sees the slider any more
  model.on("change:value", update);
  update();
  return () => {
    stop();
    model.off("change:value", update);
  };

  function button(text, onClick) {
    const element = document.createElement("button");
    element.type = "button";
    element.textContent = text;
    element.className = "jupyter-button lm-Widget";
    element.style.cssText = "min-width: 72px; margin: 0";
    keepKeys(element);
    element.addEventListener("click", onClick);
    return element;
  }

  function update() {
    const value = model.get("value");
    range.value = value;
    shown.textContent = value.toFixed(model.get("digits")).replace(/^-/, "\u2212");
    range.setAttribute("aria-valuetext", shown.textContent);
  }

  function set(value) {
    model.set("value", Math.min(Math.max(value, model.get("min")), model.get("max")));
    model.save_changes();
  }

  function move(by) {
    set(model.get("value") + by * model.get("step"));
  }

  // While a button has the focus, the keys do what they do on the slider.
  function onKey(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (by === undefined || event.target === range) return;
    event.preventDefault();
    stop();
    move(by);
  }

  function play() {
    if (timer) return stop();
    if (model.get("value") >= model.get("max")) move(-Infinity);
    playButton.textContent = "Pause";
    timer = setInterval(() => {
      move(1);
      if (model.get("value") >= model.get("max")) stop();
    }, DELAY);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    playButton.textContent = "Play";
  }
}

export default { render };
