/** Scores and samples by a model file next to the page, in a page or in a worker. */
import { Flow } from 'wgflow';
import { SAMPLES, X } from './rows.js';

export async function score(url) {
  const flow = await Flow.load(await fetch(url), { tuning: 'fixed' });
  const logProb = [...(await flow.logProb(X))];
  const samples = [...(await flow.sample(SAMPLES.count, { seed: SAMPLES.seed }))];
  flow.dispose();
  return { logProb, samples };
}
