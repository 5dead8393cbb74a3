/** The same script in Node and in Deno: `node examples/runtimes.mjs`, `deno run -A examples/runtimes.mjs`. */
import { Flow, realnvp } from 'wgflow';
import { openDevice } from 'wgflow/node';

// Deno brings WebGPU along. In Node it comes from the package webgpu.
const device = globalThis.navigator?.gpu === undefined ? await openDevice() : undefined;
const flow = await Flow.create(realnvp(2, { couplings: 4 }), { device, seed: 3, tuning: 'fixed' });
let nll = NaN;
for await (const report of flow.fit({ toy: 'moons' }, { steps: 200, batch: 256, learningRate: 5e-3 })) {
  nll = report.nll;
}
console.log(`NLL ${nll.toFixed(3)} nats after 200 steps`);
console.log(
  'three rows:',
  [...(await flow.sample(3, { seed: 1 }))].map((value) => value.toFixed(2)).join(' '),
);
flow.dispose();
device?.destroy();
