// The boundary of a network while it is learnt.

PLAYERS.boundary = (state) => {
  const { draw, crossEntropy } = plane(state), { layers, every } = state;
  const sizes = layers.map((layer) => (FUNCTIONS[layer] ? 0 : layer[1] * (layer[0] + layer[2])));
  const isCount = (n) => Number.isInteger(n) && n > 0 && n < 1000;
  for (const layer of layers)
    check(FUNCTIONS[layer] || (layer.slice(0, 2).every(isCount) && [0, 1].includes(Number(layer[2]))));
  const size = sizes.reduce((sum, n) => sum + n), parameters = unpack(state.parameters, Float32Array);
  check(size > 0 && size < 3000 && layers.length < 40);
  check(parameters.length === size * (state.controls[0].max / every + 1));

  function output(values, from) {
    for (const layer of layers) {
      if (FUNCTIONS[layer]) {
        values = values.map(FUNCTIONS[layer]);
        continue;
      }
      const [inputs, outputs, hasBias] = layer, sums = [];
      for (let k = 0; k < outputs; k++) {
        sums[k] = hasBias ? parameters[from + inputs * outputs + k] : 0;
        for (let i = 0; i < inputs; i++) sums[k] += values[i] * parameters[from + i * outputs + k];
      }
      from += outputs * (inputs + hasBias);
      values = sums;
    }
    return values[0];
  }

  function answer({ epoch }) {
    const from = size * Math.round(epoch / every);
    const { outputs, right, words, layer } = draw((sample) => output(sample, from), state, 72, 36);
    const loss = crossEntropy(outputs), when = `Epoch ${epoch.toLocaleString("en")}`;
    const text = `${when}: loss J = ${written(loss)} (binary cross-entropy). ${words}`;
    return { text, told: text, numbers: { loss, right }, layers: [layer] };
  }

  return { names: "epoch", step: every, answer };
};
