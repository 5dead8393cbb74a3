/** Trains on rows of the page, and names an error after its class, which minifiers rename. */
import { Flow, PRESETS } from 'wgflow';
import { X } from './rows.js';

async function train() {
  const flow = await Flow.create(PRESETS.spline, { dim: 2, seed: 3, tuning: 'fixed' });
  const rows = Float32Array.from({ length: 2000 }, (_, i) => Math.sin(i * i));
  const losses = [];
  for await (const report of flow.fit(rows, { steps: 20, batch: 128 })) losses.push(...report.losses);
  const logProb = [...(await flow.logProb(X))];
  flow.dispose();
  const { name } = await Flow.create('spline').catch((error) => error);
  return { losses, logProb, refusal: name };
}

globalThis.result = train();
