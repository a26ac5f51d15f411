// A choice out of names, by the element of the page itself.

function render({ model, el }) {
  el.style.cssText =
    "color: var(--jp-ui-font-color1, inherit); font-size: var(--control-size, 14px);" +
    "min-height: 32px";
  const label = document.createElement("label");
  label.style.cssText = "display: flex; align-items: center; gap: 12px";
  const name = document.createElement("span");
  name.style.minWidth = "var(--control-name, 7.5em)";
  name.textContent = model.get("label");
  const select = document.createElement("select");
  select.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the arrow keys
  select.style.cssText =
    "color: inherit; background: var(--jp-layout-color1, inherit); font-size: inherit; padding: 3px";
  for (const option of model.get("options")) select.add(new Option(option));
  label.append(name, select);
  el.append(label);

  select.addEventListener("change", () => {
    model.set("value", select.value);
    model.save_changes();
  });
  const update = () => (select.value = model.get("value"));
  model.on("change:value", update);
  update();
  return () => model.off("change:value", update);
}

export default { render };
