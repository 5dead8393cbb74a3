/** TensorFlow.js: `optimizer.minimize`, on the current backend. */

/** The step, and a reader of its loss, for `measure`. */
export function tfjsStep(tf, { couplings, batches, config, adam }) {
  const { batch, dim } = config;
  const { learningRate, beta1, beta2, epsilon } = adam;
  const variables = couplings.map(({ flip, bound, nets }) => ({
    flip,
    bound,
    nets: nets.map((layers) =>
      layers.map(({ weight, bias, inputs, outputs }) => ({
        weight: tf.variable(tf.tensor2d(weight, [inputs, outputs])),
        bias: tf.variable(tf.tensor1d(bias)),
      })),
    ),
  }));

  /** Mean negative log-likelihood in nats. */
  function loss(first, second) {
    const halves = [first, second];
    let logScales;
    for (const { flip, bound, nets } of variables) {
      const [from, to] = flip ? [1, 0] : [0, 1];
      const outputs = nets.map((net) => mlp(net, halves[from]));
      const [raw, shift] = outputs.length === 2 ? outputs : tf.split(outputs[0], 2, 1);
      const logScale = bound === undefined ? raw : tf.tanh(raw.mul(1 / bound)).mul(bound);
      halves[to] = halves[to].mul(tf.exp(logScale)).add(shift);
      logScales = logScales === undefined ? logScale : logScales.add(logScale);
    }
    const squares = tf.square(halves[0]).add(tf.square(halves[1]));
    return squares
      .mul(0.5)
      .sub(logScales)
      .sum()
      .mul(1 / batch)
      .add(0.5 * dim * Math.log(2 * Math.PI));
  }

  function mlp(layers, x) {
    return layers.reduce((h, { weight, bias }, layer) => {
      // Like tf.layers.dense; the fused activations have no leaky ReLU with a gradient.
      const out = tf.fused.matMul({ a: h, b: weight, bias });
      return layer < layers.length - 1 ? tf.leakyRelu(out, 0.01) : out;
    }, x);
  }

  const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
  const half = [batch, dim / 2];
  const onDevice = batches.map(({ first, second }) => [tf.tensor2d(first, half), tf.tensor2d(second, half)]);

  return {
    // minimize() frees everything from the step except the loss.
    step: (index) => optimizer.minimize(() => loss(...onDevice[index]), true),
    readLoss: async (value) => {
      const [nll] = await value.data();
      value.dispose();
      return nll;
    },
    drop: (value) => value.dispose(),
  };
}
