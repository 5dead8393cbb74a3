/** wgflow through its public API, from the built library. */
import { readFileSync } from 'node:fs';
import { Flow, VERSION } from '../../../dist/index.js';
import { openWgflowDevice } from './adapter.mjs';
import { answer, readJob } from './job.mjs';

const job = readJob();
const { config, training, check, timing } = job;
const { device, name } = await openWgflowDevice(job.adapter);
const flow = await Flow.load(readFileSync(job.modelFile), { device });
const file = readFileSync(job.dataFile);
const rows = new Float32Array(file.buffer, file.byteOffset, file.byteLength / 4);
// The peers train on all rows.
const options = { batch: config.batch, validation: false, ...training.adam };

const checkLosses = [];
const firstBatch = rows.subarray(0, config.batch * config.dim);
for await (const { losses } of flow.fit(firstBatch, { ...options, steps: check.steps }))
  checkLosses.push(...losses);

// Reports arrive while later steps are on the GPU's queue, so the time between two reports is the time of the
// steps between them.
const repeats = [];
const lossesTimed = [];
let stepsTimed = 0;
let warmUntil;
let timedSince;
let begun;
for await (const { step, losses } of flow.fit(rows, { ...options, steps: 1_000_000 })) {
  const now = performance.now();
  warmUntil ??= now + 2 * timing.repeatMs;
  if (begun === undefined) {
    if (now >= warmUntil) begun = { now, step };
    timedSince = now;
    continue;
  }
  if (now - begun.now < timing.repeatMs) continue;
  repeats.push((now - begun.now) / (step - begun.step));
  lossesTimed.push(losses.at(-1));
  stepsTimed += step - begun.step;
  begun = { now, step };
  const enough = repeats.length >= timing.leastRepeats && now - timedSince > timing.enoughMs;
  if (repeats.length === timing.repeats || enough) break;
}
answer(job, {
  setup: `wgflow ${VERSION}, fit()`,
  adapter: name,
  checkLosses,
  losses: lossesTimed,
  repeats,
  stepsPerRepeat: Math.round(stepsTimed / repeats.length),
});
