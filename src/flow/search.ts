/** The timed search for the fastest kernels of a flow on its device. `Tuner` loads it when a search is needed. */
import { describeDevice } from '../gpu/gpu.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { planTimes } from '../gpu/planTimes.ts';
import { candidateVariants } from '../passes/candidates.ts';
import { purposePlan, purposeText } from '../passes/purpose.ts';
import type { DeviceFacts, Purpose } from '../passes/purpose.ts';
import { planCost } from '../plan/plan.ts';
import { fixedVariants } from '../plan/variants.ts';
import { paramLayout } from '../spec/layout.ts';
import type { FlowModel } from '../spec/layout.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { LIBRARY } from '../version.ts';
import type { TuningReport } from './tuningOptions.ts';

export { storedVariants } from '../passes/candidates.ts';

/** Time limit of a search, counted from when the fixed choice is compiled. */
const BUDGET_MS = 800;

/** The gain over the fixed choice that another choice needs to replace it; less is noise. */
const MIN_GAIN = 0.05;

/** The most work of a timed run: some 20 to 200 ms on a CPU, about 10 ms on a GPU. */
const MEASURED_FLOPS = { software: 2 ** 29, gpu: 2 ** 36 };
const MIN_ROWS = 64;

/** The fastest choice, by a timed search. */
export async function searched(
  gpu: Gpu,
  model: FlowModel,
  purpose: Purpose,
  facts: DeviceFacts,
): Promise<TuningReport> {
  const fixed = fixedVariants(facts, purpose.precision);
  const candidates = candidateVariants(model, purpose, facts);
  if (candidates.length === 1) return { ...purpose, variants: fixed, source: 'only' };
  const timed = { ...purpose, rows: measuredRows(model, purpose, facts) };
  const { ms, searchMs } = await planTimes(
    gpu,
    candidates.map((variants) => purposePlan(model, timed, variants)),
    BUDGET_MS,
  );
  const [fixedMs, ...others] = ms;
  return {
    ...purpose,
    variants: candidates[fastest(ms)] ?? fixed,
    source: fixedMs !== undefined && others.some((other) => other !== undefined) ? 'measured' : 'untimed',
    candidates: candidates.map((variants, index) => ({ variants, ms: ms[index] })),
    searchMs,
  };
}

/** The index of the shortest time; 0, the fixed choice, unless another is faster by more than the noise. */
export function fastest(times: readonly (number | undefined)[]): number {
  const [fixed = NaN] = times;
  let best = 0;
  let least = (1 - MIN_GAIN) * fixed;
  times.forEach((ms, index) => {
    if (ms === undefined || !(ms < least)) return;
    best = index;
    least = ms;
  });
  return best;
}

/** Rows of a timed run: the requested ones, or fewer if the slowest adapters would take too long. */
export function measuredRows(model: FlowModel, purpose: Purpose, facts: DeviceFacts): number {
  const { flops } = planCost(purposePlan(model, purpose, fixedVariants(facts, purpose.precision)));
  const most = facts.software ? MEASURED_FLOPS.software : MEASURED_FLOPS.gpu;
  if (flops <= most) return purpose.rows;
  const fitting = 2 ** Math.floor(Math.log2((purpose.rows * most) / flops));
  return Math.min(purpose.rows, Math.max(MIN_ROWS, fitting));
}

/** The facts a choice depends on: adapter and driver, library, the shape of the model, and its purpose. */
export function tuningKey(device: GPUDevice, spec: FlowSpec, purpose: Purpose): string {
  const { vendor, architecture, device: name, description, features } = describeDevice(device);
  const subgroups = features.includes('subgroups') ? 'subgroups' : 'no subgroups';
  const adapter = [vendor, architecture, name, description, subgroups].filter((part) => part !== '');
  return [...adapter, LIBRARY, shapeText(spec), purposeText(purpose)].join(' | ');
}

/** The architecture, without details that do not affect kernels: `2 features, 5 × 1>1 512 leaky_relu exp`. */
function shapeText(spec: FlowSpec): string {
  const { dim, contextDim } = spec;
  const { bijectors, base } = paramLayout(spec);
  const runs: { text: string; count: number }[] = [];
  for (const layer of bijectors) {
    const text = layer.room.tuningKey(layer);
    const last = runs.at(-1);
    if (last?.text === text) last.count++;
    else runs.push({ text, count: 1 });
  }
  const context = contextDim === 0 ? '' : `${contextDim} of context`;
  const parts = [`${dim} features`, context, ...runs.map(({ text, count }) => `${count} × ${text}`)];
  return [...parts, base.room.tuningKey(base.spec)].filter((part) => part !== '').join(', ');
}
