// Buttons that put in values chosen beforehand.

function render({ model, el }) {
  const row = document.createElement("div");
  row.style.cssText = "display: flex; flex-wrap: wrap; gap: 6px 12px; min-height: 32px";
  for (const name of model.get("names")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.className = "jupyter-button lm-Widget";
    button.style.cssText = "min-width: 72px; margin: 0";
    button.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the Enter key
    button.addEventListener("click", () => model.send(name));
    row.append(button);
  }
  el.append(row);
}

export default { render };
