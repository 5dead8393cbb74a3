/** The peers in a page's worker, each loaded on request. */
import wasmUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { dependencies } from './package.json';
import { jaxStep } from './steps/jax-js.mjs';
import { tfjsStep } from './steps/tfjs.mjs';

export const INSTALLED = true;

const LOADERS = {
  'jax-js': async () => {
    const jax = await import('@jax-js/jax');
    const devices = await jax.init('webgpu');
    if (!devices.includes('webgpu')) throw new Error('jax-js did not take the WebGPU adapter');
    jax.defaultDevice('webgpu');
    return {
      setup: `jax-js ${dependencies['@jax-js/jax']} on WebGPU, one jitted function a step`,
      stepOf: (start) => jaxStep(jax, start),
    };
  },
  'tfjs-webgpu': async () => {
    const tf = await import('@tensorflow/tfjs');
    await import('@tensorflow/tfjs-backend-webgpu');
    if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js did not take the WebGPU adapter');
    return {
      setup: `TensorFlow.js ${tf.version.tfjs} on WebGPU`,
      stepOf: (start) => tfjsStep(tf, start),
    };
  },
  'tfjs-wasm': async () => {
    const tf = await import('@tensorflow/tfjs');
    const wasm = await import('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths({
      'tfjs-backend-wasm.wasm': wasmUrl,
      'tfjs-backend-wasm-simd.wasm': simdUrl,
      'tfjs-backend-wasm-threaded-simd.wasm': threadedUrl,
    });
    if (!(await tf.setBackend('wasm'))) throw new Error('TensorFlow.js did not take its wasm backend');
    await tf.ready();
    return { setup: `TensorFlow.js ${tf.version.tfjs} on wasm`, stepOf: (start) => tfjsStep(tf, start) };
  },
};

export function loadPeer(peer) {
  return LOADERS[peer]();
}
