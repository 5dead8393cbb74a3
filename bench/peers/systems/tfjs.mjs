/** TensorFlow.js: `optimizer.minimize` on its WebGPU or its wasm backend. */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { answer, measure, readBatches, readCouplings, readJob } from './job.mjs';

const job = readJob();
const { tf, adapter, setup } = job.backend === 'webgpu' ? await onWebGpu() : await onWasm();

async function onWebGpu() {
  const { openPeerAdapter } = await import('./adapter.mjs');
  const { name } = await openPeerAdapter(job.adapter);
  const { default: tf } = await import('@tensorflow/tfjs');
  // It finds its adapter through navigator.gpu, which must be there by now.
  await import('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js did not take the WebGPU adapter');
  return { tf, adapter: name, setup: `TensorFlow.js ${tf.version.tfjs} on WebGPU` };
}

async function onWasm() {
  const { default: tf } = await import('@tensorflow/tfjs');
  const wasm = (await import('@tensorflow/tfjs-backend-wasm')).default;
  const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  wasm.setWasmPaths(join(folder, '/'));
  wasm.setThreadsCount(cpus().length);
  await tf.setBackend('wasm');
  await tf.ready();
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'with SIMD' : 'without SIMD';
  const threaded = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
  const threads = threaded ? `${wasm.getThreadsCount()} threads` : 'one thread';
  return {
    tf,
    adapter: `CPU: ${cpus()[0]?.model ?? 'unknown'}`,
    setup: `TensorFlow.js ${tf.version.tfjs} on wasm, ${simd}, ${threads}`,
  };
}

const { batch, dim } = job.config;
const couplings = readCouplings(job).map(({ flip, bound, nets }) => ({
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
  for (const { flip, bound, nets } of couplings) {
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
    // As tf.layers.dense does; its fused activations have no leaky ReLU with a gradient.
    const out = tf.fused.matMul({ a: h, b: weight, bias });
    return layer < layers.length - 1 ? tf.leakyRelu(out, 0.01) : out;
  }, x);
}

const { learningRate, beta1, beta2, epsilon } = job.training.adam;
const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
const half = [batch, dim / 2];
const batches = readBatches(job).map(({ first, second }) => [
  tf.tensor2d(first, half),
  tf.tensor2d(second, half),
]);

const measured = await measure(job, batches.length, {
  // minimize() tidies up all that the step made but the loss.
  step: (index) => optimizer.minimize(() => loss(...batches[index]), true),
  readLoss: async (value) => {
    const [nll] = await value.data();
    value.dispose();
    return nll;
  },
  drop: (value) => value.dispose(),
});
answer(job, { setup, adapter, ...measured });
