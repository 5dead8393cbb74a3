/** Trains, saves and scores, in Node and in Deno: `script.mjs MODEL`. Prints what a page that loads MODEL must find. */
import { writeFileSync } from 'node:fs';
import { Flow, spline } from 'wgflow';
import { openDevice } from 'wgflow/node';
import { SAMPLES, X } from './rows.js';

const device = globalThis.navigator?.gpu === undefined ? await openDevice() : undefined;
const flow = await Flow.create(spline(2, { couplings: 2 }), { device, seed: 3, tuning: 'fixed' });
const losses = [];
for await (const report of flow.fit({ toy: 'moons' }, { steps: 40, batch: 256 }))
  losses.push(...report.losses);
writeFileSync(process.argv[2], await flow.save());
const logProb = [...(await flow.logProb(X))];
const samples = [...(await flow.sample(SAMPLES.count, { seed: SAMPLES.seed }))];
console.log(JSON.stringify({ losses, logProb, samples }));
flow.dispose();
device?.destroy();
