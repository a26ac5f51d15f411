// A neuron whose weights are turned; the handles of its boundary turn them, too.

PLAYERS.playground = (state) => {
  const { y, line, across, up, draw, crossEntropy } = plane(state);
  const [{ box: [, , width, height], x, y: limits }, { box: [, , wide, high] }] = state.places;
  const first = state.controls[3].value;
  const known = state.activations.filter(({ name }) => FUNCTIONS[name]);

  function whereItWent(w1, w2, b) {
    const middle = (w1 * (x[0] + x[1]) + w2 * (limits[0] + limits[1])) / 2 + b;
    const [a, c] = [w1 * across, w2 * up];
    if (!a && !c) return " There is no boundary: without weights, the output is the same everywhere.";
    if (Math.abs(middle) < (Math.abs(a) + Math.abs(c)) / 2) return "";
    const beside = middle * a > 0 ? "to the left" : "to the right";
    const side = Math.abs(a) >= Math.abs(c) ? beside : middle * c > 0 ? "below" : "above";
    const name = state.classes[middle > 0 ? 1 : 0];
    return ` The boundary is out of sight, ${side}: all in the picture is taken for ${name}.`;
  }

  // The colour bar of another activation than that of the still picture.
  function barOf({ bar, ticks, at }) {
    const shades = colors(bar), step = high / shades.length;
    const rects = shades.map((fill, k) => ["rect", { y: high - (k + 1) * step, width: wide, height: step, fill }]);
    const texts = ticks.map((tick, k) => [
      "text", { x: wide + 7, y: high - at[k] * step, dy: "0.35em", fill: line, "font-size": 13 }, tick,
    ]);
    return [...rects, ["rect", { width: wide, height: high, fill: "none", stroke: line }], ...texts];
  }

  check(state.classes.length === 2 && known.length < 20);
  known.forEach(barOf); // so that nothing is wrong with any of them

  function answer({ w1, w2, b, activation }) {
    const chosen = known.find(({ name }) => name === activation);
    const { outputs, right, words, layer, edge } = draw(([p, q]) => w1 * p + w2 * q + b, chosen, 1, 1);
    const loss = activation === "sigmoid" ? crossEntropy(outputs)
      : mean(outputs.map((z, i) => (FUNCTIONS[activation](z) - chosen.targets[y[i]]) ** 2)) / 2;
    const text = `Loss J = ${written(loss)} (${chosen.loss}). ${words}${whereItWent(w1, w2, b)}`;
    const isOther = activation !== first;
    const weights = `w1 = ${written(w1)}, w2 = ${written(w2)}, b = ${written(b)}`;
    return {
      text, numbers: { loss, right }, told: `Activation ${activation}, ${weights}. ${text}`,
      layers: [layer, isOther ? barOf(chosen) : []],
      hasBar: isOther,
      handles: edge.length < 2 ? []
        : [0.2, 0.8].map((share) => edge[0].map((start, k) => start + share * (edge[1][k] - start))),
    };
  }

  // The line through two handles, as steep as it was, within the limits of the sliders; none through
  // one point.
  function moved(handles, before, { w1, w2 }) {
    const toData = ([a, b]) => [x[0] + (a / width) * across, limits[1] - (b / height) * up];
    const normal = ([[a, b], [c, d]]) => [b - d, c - a];
    const [start, end] = handles.map(toData), [n1, n2] = normal([start, end]);
    const [m1, m2] = normal(before.map(toData));
    const scale = (Math.sign(w1 * m1 + w2 * m2) * Math.hypot(w1, w2)) / Math.hypot(n1, n2);
    const found = [scale * n1, scale * n2, -scale * (n1 * start[0] + n2 * start[1])];
    const share = Math.min(1, ...found.map((value, k) => state.controls[k].max / Math.abs(value)));
    const [v1, v2, b] = found.map((value) => share * value);
    return Number.isFinite(b) && { w1: v1, w2: v2, b };
  }

  return { names: "w1 w2 b activation", offered: known.map(({ name }) => name), answer, moved };
};
