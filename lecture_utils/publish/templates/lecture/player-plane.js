// What is drawn over a plane of two features: shades of an output, a boundary, rings.

const FUNCTIONS = {
  __proto__: null, // no name but these
  step: (z) => (z > 0 ? 1 : 0),
  sigmoid: (z) => Math.exp(Math.min(z, 0)) / (1 + Math.exp(-Math.abs(z))),
  tanh: Math.tanh,
  relu: (z) => Math.max(z, 0),
  leaky_relu: (z) => (z > 0 ? z : 0.01 * z),
  identity: (z) => z,
};

// Where the values on a grid are at least a level: the path of this area, and pieces of its edge.
function region(values, point, columns, rows, level) {
  const area = [], edge = [];
  for (let j = 0; j < rows; j++) {
    let from = null; // a run of cells that are all in
    for (let i = 0; i <= columns; i++) {
      const at = j * (columns + 1) + i, below = at + columns + 1;
      const n = i === columns ? 0 : (values[at] >= level) + (values[at + 1] >= level)
        + (values[below] >= level) + (values[below + 1] >= level);
      if (n === 4) {
        from ??= i;
        continue;
      }
      if (from !== null) area.push([[from, j], [i, j], [i, j + 1], [from, j + 1]].map(point));
      from = null;
      if (!n) continue;
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]], inside = [];
      const heights = [at, at + 1, below + 1, below].map((k) => values[k] - level);
      const isIn = heights.map((h) => h >= 0);
      for (let k = 0; k < 4; k++) {
        const next = (k + 1) % 4, share = heights[k] / (heights[k] - heights[next]);
        if (isIn[k]) inside.push(point(corners[k]));
        if (isIn[k] === isIn[next]) continue;
        edge.push(point(corners[k].map((c, n) => c + share * (corners[next][n] - c))));
        inside.push(edge.at(-1));
      }
      area.push(inside);
    }
  }
  return { area: area.map((points) => `M${joined(points)}Z`).join(""), edge };
}

// Samples of two classes over the shaded output of what has a pre-activation z.
function plane({ places: [{ box: [, , width, height], x, y: limits }], X, y: labels, ink }) {
  const points = unpack(X, Float64Array), y = [...labels].map(Number);
  check(y.every((label) => label === 0 || label === 1));
  check(y.length <= 5000 && points.length === 2 * y.length);
  const samples = y.map((_, i) => points.slice(2 * i, 2 * i + 2));
  const [line] = colors(ink), across = x[1] - x[0], up = limits[1] - limits[0];

  function draw(z, { levels, colors: given }, columns, rows) {
    const outputs = samples.map(z), shades = colors(given);
    check(levels.length < 50);
    const wrong = samples.filter((_, i) => (outputs[i] > 0 ? 1 : 0) !== y[i]);
    const point = ([i, j]) => [(i / columns) * width, (j / rows) * height];
    const values = [];
    for (let j = 0; j <= rows; j++)
      for (let i = 0; i <= columns; i++)
        values.push(z([x[0] + (i / columns) * across, limits[1] - (j / rows) * up]));
    const { edge } = region(values, point, columns, rows, 0), right = y.length - wrong.length;
    const pieces = edge.map((place, k) => (k % 2 ? "L" : "M") + joined([place]));
    return {
      outputs, right, edge,
      words: `Accuracy ${written(right / y.length, 3)}: ${right} of ${y.length} right.`,
      layer: [
        ["rect", { width, height, fill: shades[0] }],
        ...levels.map((level, k) => [
          "path",
          { d: region(values, point, columns, rows, level).area, fill: shades[k + 1] },
        ]),
        ["path", { d: pieces.join(""), stroke: line, "stroke-width": 2.5 }],
        ...wrong.map(([a, b]) => ["circle", {
          cx: ((a - x[0]) / across) * width, cy: ((limits[1] - b) / up) * height, r: 7.5,
          stroke: line, "stroke-width": 1.5, fill: "none",
        }]),
      ],
    };
  }

  const crossEntropy = (z) =>
    mean(z.map((v, i) => Math.max(v, 0) - v * y[i] + Math.log1p(Math.exp(-Math.abs(v)))));
  return { y, line, across, up, draw, crossEntropy };
}
