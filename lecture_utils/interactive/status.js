// A line of text that a screen reader reads out when it changes.

function render({ model, el }) {
  el.setAttribute("role", model.get("urgent") ? "alert" : "status");
  el.style.cssText =
    "color: var(--jp-ui-font-color1, inherit); font-size: var(--control-size, 16px);" +
    (model.get("urgent") ? "font-weight: bold" : "");
  const update = () => (el.textContent = model.get("value"));
  model.on("change:value", update);
  update();
  return () => model.off("change:value", update);
}

export default { render };
