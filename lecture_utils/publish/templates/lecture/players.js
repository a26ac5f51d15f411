// Brings figures to play with to life, from the numbers that stand beside their still pictures.
// Without script, on paper, and where the numbers are not what they should be, the stills stay.
// CONTROLS are those of the widgets in JupyterLab; PLAYERS compute and draw.

const KEYS = /^(Arrow.*|Home|End|Page.*|Enter| )$/, PRESSES = /^(Enter| )$/;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEY_STEP = 0.02; // of the axes

const unpack = (text, Kind) => [...new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt()).buffer)];
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const joined = (points) =>
  points.map((point) => point.map((part) => part.toFixed(2)).join(" ")).join("L");

function check(isRight) {
  if (!isRight) throw new TypeError("its numbers are not what they should be");
}

function colors(text) {
  check(/^#[\da-f]{6}( #[\da-f]{6})*$/i.test(text));
  return text.split(" ");
}

// A number as all of the lectures write it.
function written(value, digits = 5) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const isPlain = power >= -3 && power < 5;
  let text = isPlain ? value.toFixed(Math.max(0, digits - 1 - power)) : mantissa;
  const error = Math.abs((isPlain ? text : `${text}e${power}`) - value);
  if (text.includes(".") && error <= 4e-16 * Math.abs(value)) text = text.replace(/\.?0+$/, "");
  const raised = power.replace("+", "").replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻");
  return text.replace("-", "−") + (isPlain ? "" : ` × 10${raised}`);
}

function element(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) {
    check(!/NaN|Infinity|undefined/.test(attributes[key]));
    made.setAttribute(key, attributes[key]);
  }
  made.append(...children);
  return made;
}

// What a control of JupyterLab keeps its value in.
function modelOf(values, changed) {
  const heard = [changed];
  return {
    get: (key) => values[key],
    set(key, value) {
      values[key] = value;
      for (const hear of heard) hear();
    },
    save_changes() {},
    on: (_, hear) => heard.push(hear),
    send: changed,
  };
}

// The values of the controls, by their names.
function modelsOf({ controls, presets }, { names, offered, step }, changed) {
  check(controls.map(({ name }) => name).join(" ") === names);
  for (const control of controls) {
    if (control.options) {
      control.options = offered;
      continue;
    }
    control.step = step ?? control.step;
    const { min, max, value } = control;
    check(min <= value && value <= max && control.step > 0 && max - min < 1e6 * control.step);
  }
  for (const [name, value] of Object.values(presets).flatMap(Object.entries))
    check(names.split(" ").includes(name) && Number.isFinite(value));
  return Object.fromEntries(controls.map((control) => [control.name, modelOf(control, changed)]));
}

// Keys that a control answers to must not turn the slide. Those of a clicker must, and Escape
// leaves the figure.
function keepKeys(event, isAnswered) {
  const isTurned = event.key.startsWith("Page") && document.querySelector(".reveal");
  if (isTurned) event.preventDefault();
  else if (isAnswered || event.key === "Escape") event.stopPropagation();
  if (isTurned || event.key === "Escape") event.target.blur();
}

// What is drawn in axes ends at their frame; beside a bar stand its numbers.
function layerOf({ box: [x, y, width, height], x: limits }) {
  check([x, y, width, height].every(Number.isFinite));
  const [viewBox, overflow] = [`0 0 ${width} ${height}`, limits ? "hidden" : "visible"];
  return element("svg", { x, y, width, height, viewBox, overflow, class: "live" });
}

// Two handles over a layer. Where one was put it stays, until something else moves what they hold.
function handlesOf({ box: [left0, top0, ...sides], x, y }, below, move) {
  let places = [], isPut = false;
  const moveTo = (k, to) => {
    const before = [...places];
    places[k] = to.map((part, n) => Math.min(Math.max(part, 0), sides[n]));
    if (!move(places, before)) places = before;
    isPut = true;
  };
  const nodes = ["First", "Second"].map((which, k) => {
    const handle = element("g", {
      class: "handle", tabindex: 0, role: "slider", "aria-valuemin": x[0], "aria-valuemax": x[1],
      "aria-label": `${which} handle of the boundary, moved by the arrow keys`,
    }, element("circle", { r: 22, fill: "transparent" }), element("circle", { r: 7 }));
    handle.onpointerdown = (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
    };
    handle.onpointermove = ({ clientX, clientY, pointerId }) => {
      if (!handle.hasPointerCapture(pointerId)) return;
      const { left, top, width, height } = below.firstChild.getBoundingClientRect();
      const shares = [(clientX - left) / width, (clientY - top) / height];
      moveTo(k, shares.map((share, n) => share * sides[n]));
    };
    handle.onkeydown = (event) => {
      keepKeys(event, KEYS.test(event.key));
      if (!ARROWS[event.key]) return;
      event.preventDefault();
      moveTo(k, ARROWS[event.key].map((n, axis) => places[k][axis] + n * KEY_STEP * sides[axis]));
    };
    handle.dataset.preventSwipe = "";
    return handle;
  });
  const show = (handle, at) => {
    handle.setAttribute("visibility", at ? "inherit" : "hidden"); // as the slide is
    if (!at) return;
    for (const circle of handle.children) {
      circle.setAttribute("cx", left0 + at[0]);
      circle.setAttribute("cy", top0 + at[1]);
    }
    const [right, up] = [at[0] / sides[0], 1 - at[1] / sides[1]];
    const told = [x[0] + right * (x[1] - x[0]), y[0] + up * (y[1] - y[0])];
    handle.setAttribute("aria-valuenow", told[0]);
    handle.setAttribute("aria-valuetext", told.map((value) => written(value, 3)).join(", "));
  };
  return {
    nodes,
    release: () => (isPut = false),
    show(found = []) {
      if (!isPut) places = found;
      nodes.forEach((handle, k) => show(handle, places[k]));
    },
  };
}

// The controls of a figure, in the order of their names, with a line of text below.
function panelOf({ controls, presets }, models, line, put) {
  const panel = document.createElement("div");
  panel.className = "player";
  panel.dataset.preventSwipe = "";
  const longest = Math.max(...controls.map(({ label }) => label.length));
  panel.style.setProperty("--control-name", `${longest / 2}em`); // so that sliders begin alike
  const row = (control, model) => {
    const el = document.createElement("div");
    control({ model, el });
    panel.append(el);
    return el;
  };
  const rows = controls.map(({ name, options }) =>
    row(options ? CONTROLS.choice : CONTROLS.slider, models[name]));
  const names = Object.keys(presets);
  check(names.length < 20);
  if (names.length) row(CONTROLS.buttons, modelOf({ names }, (name) => put(presets[name])));
  row(CONTROLS.status, line);
  panel.addEventListener("keydown", (event) => {
    const kind = event.target.localName; // letters choose among names
    const keys = kind === "button" ? PRESSES : KEYS;
    keepKeys(event, kind === "select" || event.defaultPrevented || keys.test(event.key));
  });
  for (const left of ["slidechanged", "fragmenthidden", "overviewshown", "paused"])
    document.addEventListener(left, () => rows.forEach((el) => el.dispatchEvent(new Event("leave"))));
  return panel;
}

function start(figure) {
  const state = JSON.parse(figure.dataset.player), picture = figure.querySelector("svg");
  const player = PLAYERS[state.kind](state), layers = state.places.map(layerOf);
  const line = modelOf({ value: "" }, () => {});
  let asked = 0;
  const models = modelsOf(state, player, () => {
    asked ||= requestAnimationFrame(show);
    handles.release();
  });
  const values = () => Object.fromEntries(state.controls.map((c) => [c.name, c.value]));
  const put = (chosen) => {
    for (const name in chosen) models[name].set("value", chosen[name]);
  };
  const handles = handlesOf(state.places[0], layers[0], (...places) => {
    const chosen = player.moved(...places, values());
    if (chosen) put(chosen);
    return chosen;
  });

  function show() {
    asked = 0;
    const answer = player.answer(values());
    layers.forEach((layer, k) =>
      layer.replaceChildren(...(answer.layers[k] ?? []).map((shape) => element(...shape))));
    picture.classList.toggle("other-bar", Boolean(answer.hasBar));
    picture.querySelector("desc").textContent = answer.told;
    line.set("value", answer.text);
    handles.show(answer.handles);
  }

  const panel = panelOf(state, models, line, put);
  show(); // still apart from the page: what can't be drawn leaves the still picture
  picture.querySelector(".moving").after(...layers);
  if (player.moved) {
    // What an image holds, screen readers leave out: but for the handles, which are to be told.
    for (const part of picture.querySelectorAll(":scope > g")) part.setAttribute("aria-hidden", "true");
    picture.setAttribute("role", "group");
    picture.append(...handles.nodes);
  }
  picture.classList.add("alive");
  const box = document.createElement("div");
  box.className = "playing";
  figure.replaceWith(box);
  box.append(panel, figure);
  figure.player = player;
}

for (const figure of document.querySelectorAll("figure[data-player]"))
  try {
    if (!/print-pdf/i.test(location.search)) start(figure);
  } catch (error) {
    console.warn(`A figure to play with stays a still picture: ${error.message}`);
  }
