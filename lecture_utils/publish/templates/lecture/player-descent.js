// Descent at three learning rates.

const MARKERS = { __proto__: null, o: "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0", "^": "m0-3l3 6h-6z" };
const SQUARE = "m-2-2h4v4h-4z";
const STAR = "m0-8l1.8 5.5h5.8l-4.7 3.4 1.8 5.5-4.7-3.4-4.7 3.4 1.8-5.5-4.7-3.4h5.8z";

PLAYERS.descent = (state) => {
  const { start, limit, minimum, paths, order, places: [surface, curves] } = state;
  const X = unpack(state.X, Float64Array), y = unpack(state.y, Float64Array);
  check(X.length === y.length && y.length <= 5000 && state.controls[1].max <= 1000);
  check(order.length < 20 && paths.length * state.controls[1].max * y.length < 1e6);
  const errors = ([w, b]) => X.map((x, i) => w * x + b - y[i]);

  function walk(alpha, steps) {
    const path = [start];
    for (let t = 0; t < steps; t++) {
      const [w, b] = path[t], e = errors(path[t]);
      path.push([w - alpha * mean(e.map((v, i) => v * X[i])), b - alpha * mean(e)]);
    }
    return path;
  }

  // A line up to the first point that is out of sight, so that it ends at the frame.
  function toTheFrame(points, { box: [, , width, height], x, y: [low, high] }, scale = (v) => v) {
    const end = points.findIndex(([a, b]) => a < x[0] || a > x[1] || b < low || b > high) + 1;
    return points.slice(0, end || points.length).map(([a, b]) => [
      ((a - x[0]) / (x[1] - x[0])) * width,
      ((scale(high) - scale(b)) / (scale(high) - scale(low))) * height,
    ]);
  }

  function drawn(points, { color, width, dash, marker }) {
    const [stroke] = colors(color), shape = MARKERS[marker] ?? SQUARE;
    return [
      ["path", { d: `M${joined(points)}`, stroke, "stroke-width": width, "stroke-dasharray": dash, fill: "none" }],
      ["path", { d: points.map((point) => `M${joined([point])}${shape}`).join(""), fill: stroke, stroke }],
    ];
  }

  function answer({ alpha, n_steps: steps }) {
    const walks = paths.map(({ multiple }) => walk(multiple * alpha, steps));
    const losses = walks.map((path) => path.map((theta) => mean(errors(theta).map((e) => e * e)) / 2));
    const ends = paths.map(({ name, multiple }, k) => {
      const grown = multiple * alpha > limit ? " (diverges)" : "";
      return `J = ${written(losses[k][steps], 4)} with ${name} = ${written(multiple * alpha, 3)}${grown}`;
    });
    const text = `After ${steps} step${steps === 1 ? "" : "s"}: ${ends.join("; ")}. `
      + `Above a learning rate of ${written(limit, 3)} descent diverges.`;
    const [star] = toTheFrame([minimum], surface);
    return {
      text, told: text, numbers: { losses, walks },
      layers: [
        [
          ...order.flatMap((k) => drawn(toTheFrame(walks[k], surface), paths[k])),
          ["path", { d: `M${joined([star])}${STAR}`, fill: "#fff", stroke: colors(state.ink)[0] }],
        ],
        order.flatMap((k) => drawn(
          toTheFrame(losses[k].map((loss, t) => [t, loss]), curves, Math.log), paths[k])),
      ],
    };
  }

  return { names: "alpha n_steps", answer };
};
