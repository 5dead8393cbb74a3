/** Trains a small flow on the CPU, for browsers without WebGPU. */
import { toyDensity } from '../../../src/index.ts';
import type { ReferenceReport, ReferenceRequest } from '../../reference/protocol.ts';
import { toyOf } from '../dataChoice.ts';
import type { State } from '../state.ts';
import type { Store } from '../store.ts';
import { trainedByProcessor } from '../transitions.ts';

/** Of the chosen toy set in the plane, otherwise of the moons. */
export function trainOnProcessor(store: Store<State>): void {
  const { data, model } = store.state;
  const chosen = toyOf(data.source) ?? 'moons';
  const toy = toyDensity(chosen).dim === 2 ? chosen : 'moons';
  const noise = toy === chosen ? data.noise : toyDensity(toy).noise;
  const worker = new Worker(new URL('../../worker.ts', import.meta.url), {
    type: 'module',
    name: 'reference',
  });
  const request: ReferenceRequest = { toy, noise: toyDensity(toy).noise === 0 ? 0 : noise, seed: model.seed };
  let isFirst = true;
  worker.addEventListener('message', ({ data: report }: MessageEvent<ReferenceReport>) => {
    store.update((state) => trainedByProcessor(state, report, isFirst));
    isFirst = false;
    if (report.step === report.steps) worker.terminate();
  });
  worker.postMessage(request);
}
