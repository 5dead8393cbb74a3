/** TensorFlow.js on its WebGPU or its wasm backend. */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { measure } from '../steps/job.mjs';
import { tfjsStep } from '../steps/tfjs.mjs';
import { answer, readBatches, readCouplings, readJob } from './job.mjs';

const job = readJob();
const { tf, adapter, setup } = job.backend === 'webgpu' ? await onWebGpu() : await onWasm();

async function onWebGpu() {
  const { openPeerAdapter } = await import('./adapter.mjs');
  const { name } = await openPeerAdapter(job.adapter);
  const { default: tf } = await import('@tensorflow/tfjs');
  // The backend finds its adapter through navigator.gpu, which must already exist.
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

const batches = readBatches(job);
const step = tfjsStep(tf, {
  couplings: readCouplings(job),
  batches,
  config: job.config,
  adam: job.training.adam,
});
const measured = await measure(job, batches.length, step);
answer(job, { setup, adapter, ...measured });
