/** jax-js on WebGPU. */
import { readFileSync } from 'node:fs';
import { jaxStep } from '../steps/jax-js.mjs';
import { measure } from '../steps/job.mjs';
import { openPeerAdapter } from './adapter.mjs';
import { answer, readBatches, readCouplings, readJob } from './job.mjs';

const job = readJob();
const { name } = await openPeerAdapter(job.adapter);
const jax = await import('@jax-js/jax');
const { version } = JSON.parse(
  readFileSync(new URL('../node_modules/@jax-js/jax/package.json', import.meta.url), 'utf8'),
);
const devices = await jax.init('webgpu');
if (!devices.includes('webgpu')) throw new Error('jax-js did not take the WebGPU adapter');
jax.defaultDevice('webgpu');

const batches = readBatches(job);
const step = jaxStep(jax, {
  couplings: readCouplings(job),
  batches,
  config: job.config,
  adam: job.training.adam,
});
const measured = await measure(job, batches.length, step);
answer(job, { setup: `jax-js ${version} on WebGPU, one jitted function a step`, adapter: name, ...measured });
