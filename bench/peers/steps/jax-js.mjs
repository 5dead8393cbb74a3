/** jax-js: forward, backward and Adam in one jitted function. */

/**
 * The step, and a reader of its loss, for `measure`.
 * @param jax the module, with its default device set
 */
export function jaxStep(jax, { couplings, batches, config, adam }) {
  const { jit, nn, numpy: np, tree, valueAndGrad } = jax;
  const { batch, dim } = config;
  const { learningRate, beta1, beta2, epsilon } = adam;

  /** Mean negative log-likelihood in nats. Consumes each argument, as jax-js requires. */
  function loss(params, first, second) {
    const halves = [first, second];
    let logScales;
    couplings.forEach(({ flip, bound }, index) => {
      const [from, to] = flip ? [1, 0] : [0, 1];
      const outputs = params[index].map((net) => mlp(net, halves[from].ref));
      const [raw, shift] = outputs.length === 2 ? outputs : np.split(outputs[0], 2, 1);
      const logScale = bound === undefined ? raw : np.tanh(raw.mul(1 / bound)).mul(bound);
      halves[to] = halves[to].mul(np.exp(logScale.ref)).add(shift);
      logScales = logScales === undefined ? logScale : logScales.add(logScale);
    });
    const squares = halves.map((half) => np.square(half)).reduce((a, b) => a.add(b));
    return squares
      .mul(0.5)
      .sub(logScales)
      .sum()
      .mul(1 / batch)
      .add(0.5 * dim * Math.log(2 * Math.PI));
  }

  function mlp(layers, x) {
    return layers.reduce((h, { weight, bias }, layer) => {
      const out = np.dot(h, weight).add(bias);
      return layer < layers.length - 1 ? nn.leakyRelu(out, 0.01) : out;
    }, x);
  }

  const step = jit(function step({ params, first, second, decay1, decay2 }, x1, x2) {
    const [value, gradient] = valueAndGrad(loss)(tree.ref(params), x1, x2);
    // β₁ᵗ and β₂ᵗ stay on the device, so that no step uploads anything.
    decay1 = decay1.mul(beta1);
    decay2 = decay2.mul(beta2);
    first = tree.map((m, g) => m.mul(beta1).add(g.mul(1 - beta1)), first, tree.ref(gradient));
    second = tree.map((v, g) => v.mul(beta2).add(np.square(g).mul(1 - beta2)), second, gradient);
    params = tree.map(
      (p, m, v) => {
        const mean = m.div(np.subtract(1, decay1.ref));
        const variance = v.div(np.subtract(1, decay2.ref));
        return p.sub(mean.mul(learningRate).div(np.sqrt(variance).add(epsilon)));
      },
      params,
      tree.ref(first),
      tree.ref(second),
    );
    return [{ params, first, second, decay1, decay2 }, value];
  });

  const params = couplings.map(({ nets }) =>
    nets.map((layers) =>
      layers.map(({ weight, bias, inputs, outputs }) => ({
        weight: np.array(weight).reshape([inputs, outputs]),
        bias: np.array(bias),
      })),
    ),
  );
  const zeros = () => tree.map((p) => np.zeros(p.shape), params);
  let state = { params, first: zeros(), second: zeros(), decay1: np.array(1), decay2: np.array(1) };
  const half = [batch, dim / 2];
  const onDevice = batches.map(({ first, second }) => [
    np.array(first).reshape(half),
    np.array(second).reshape(half),
  ]);

  return {
    step: (index) => {
      const [x1, x2] = onDevice[index];
      const [stepped, value] = step(state, x1.ref, x2.ref);
      state = stepped;
      return value;
    },
    readLoss: async (value) => (await value.data())[0],
    drop: (value) => value.dispose(),
  };
}
