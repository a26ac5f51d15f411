// Brings figures to play with to life, from the numbers that stand beside their still pictures.
// Without script, on paper, and where the numbers are not what they should be, the stills stay.
// CONTROLS are those of the widgets in JupyterLab; PLAYERS compute and draw.

const KEYS = /^(Arrow.*|Home|End|Page.*|Enter| )$/;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEY_STEP = 0.02; // of the axes

function check(isRight) {
  if (!isRight) throw new TypeError("its numbers are not what they should be");
}

function unpack(text, Kind) {
  return [...new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer)];
}

function colors(text) {
  check(/^#[\da-f]{6}( #[\da-f]{6})*$/i.test(text));
  return text.split(" ");
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
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

function joined(points) {
  return points.map((point) => point.map((part) => part.toFixed(2)).join(" ")).join("L");
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

function start(figure) {
  const state = JSON.parse(figure.dataset.player), picture = figure.querySelector("svg");
  const player = PLAYERS[state.kind](state), controls = {}, models = {};
  check(state.places.every(({ box }) => box.length === 4 && box.every(Number.isFinite)));
  check(state.controls.map(({ name }) => name).join(" ") === player.names);
  for (const control of state.controls) {
    if (control.options) control.options = player.offered;
    else {
      control.step = player.step ?? control.step;
      const { min, max, step, value } = control;
      check(min <= value && value <= max && step > 0 && max - min < 1e6 * step);
    }
    controls[control.name] = control;
    models[control.name] = modelOf(control, () => {
      asked ||= requestAnimationFrame(show);
      isDragged = false;
    });
  }
  const line = modelOf({ value: "" }, () => {});
  const layers = state.places.map(({ box: [x, y, width, height] }) =>
    element("svg", { x, y, width, height, viewBox: `0 0 ${width} ${height}`, class: "live" }));
  const { box: [left, top, ...sides], x, y } = state.places[0];
  const handles = ["First", "Second"].map((which) => element("g", {
    class: "handle", tabindex: 0, role: "slider", "aria-valuemin": x[0], "aria-valuemax": x[1],
    "aria-label": `${which} handle of the boundary, moved by the arrow keys`,
  }, element("circle", { r: 22, fill: "transparent" }), element("circle", { r: 7 })));
  let places = [], held = null, isDragged = false, asked = 0;

  const values = () => Object.fromEntries(state.controls.map((c) => [c.name, c.value]));

  function show() {
    asked = 0;
    const answer = player.answer(values());
    layers.forEach((layer, k) =>
      layer.replaceChildren(...(answer.layers[k] ?? []).map((shape) => element(...shape))));
    picture.classList.toggle("other-bar", Boolean(answer.hasBar));
    picture.querySelector("desc").textContent = answer.told;
    line.set("value", answer.text);
    if (!isDragged) places = answer.handles ?? [];
    handles.forEach((handle, k) => place(handle, places[k]));
  }

  function place(handle, at) {
    handle.setAttribute("visibility", at ? "inherit" : "hidden"); // as the slide is
    if (!at) return;
    for (const circle of handle.children)
      ["cx", "cy"].forEach((key, n) => circle.setAttribute(key, [left, top][n] + at[n]));
    const [right, up] = [at[0] / sides[0], 1 - at[1] / sides[1]];
    const told = [x[0] + right * (x[1] - x[0]), y[0] + up * (y[1] - y[0])];
    handle.setAttribute("aria-valuenow", told[0]);
    handle.setAttribute("aria-valuetext", told.map((value) => written(value, 3)).join(", "));
  }

  function put(chosen) {
    for (const name in chosen) models[name].set("value", chosen[name]);
  }

  function moveTo(k, to) {
    const before = [...places];
    places[k] = to.map((part, n) => Math.min(Math.max(part, 0), sides[n]));
    const chosen = player.moved(places, before, values(), state.controls.map(({ max }) => max));
    if (Number.isFinite(chosen.b)) put(chosen);
    else places = before;
    isDragged = true; // the handles stay where they were put, until something else moves the line
  }

  function drag(event) {
    const box = layers[0].firstChild.getBoundingClientRect();
    const shares = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    moveTo(held, shares.map((share, n) => share * sides[n]));
  }

  const panel = document.createElement("div");
  panel.className = "player";
  const row = (control, model) => {
    const el = document.createElement("div");
    control({ model, el });
    panel.append(el);
    return el;
  };
  const rows = state.controls.map((control) =>
    row(control.options ? CONTROLS.choice : CONTROLS.slider, models[control.name]));
  const names = Object.keys(state.presets);
  for (const values of Object.values(state.presets))
    for (const name in values) check(Object.hasOwn(models, name) && Number.isFinite(values[name]));
  if (names.length) row(CONTROLS.buttons, modelOf({ names }, (name) => put(state.presets[name])));
  row(CONTROLS.status, line);
  show(); // still apart from the page: what can't be drawn leaves the still picture

  picture.querySelector(".moving").after(...layers);
  if (player.moved) {
    // What an image holds, screen readers leave out: but for the handles, which are to be told.
    for (const part of picture.querySelectorAll(":scope > g")) part.setAttribute("aria-hidden", "true");
    picture.setAttribute("role", "group");
    picture.append(...handles);
  }
  for (const held of [panel, ...handles]) held.dataset.preventSwipe = "";
  picture.classList.add("alive");
  const box = document.createElement("div");
  box.className = "playing";
  figure.replaceWith(box);
  box.append(panel, figure);
  figure.player = player;

  handles.forEach((handle, k) => {
    handle.onpointerdown = (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      held = k;
    };
    handle.onpointermove = (event) => held === k && drag(event);
    handle.onpointerup = handle.onpointercancel = () => (held = null);
    handle.onkeydown = (event) => {
      if (KEYS.test(event.key)) event.stopPropagation();
      if (!ARROWS[event.key]) return;
      event.preventDefault();
      moveTo(k, ARROWS[event.key].map((n, axis) => places[k][axis] + n * KEY_STEP * sides[axis]));
    };
  });
  // Keys that a control answers to must not turn the slide, and letters choose among names.
  panel.addEventListener("keydown", (event) => {
    if (KEYS.test(event.key) || event.target.localName === "select") event.stopPropagation();
  });
  for (const left of ["slidechanged", "fragmenthidden", "overviewshown", "paused"])
    document.addEventListener(left, () => rows.forEach((el) => el.dispatchEvent(new Event("leave"))));
}

for (const figure of document.querySelectorAll("figure[data-player]"))
  try {
    if (!/print-pdf/i.test(location.search)) start(figure);
  } catch (error) {
    console.warn(`A figure to play with stays a still picture: ${error.message}`);
  }
