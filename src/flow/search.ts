/** The timed search for the fastest kernels of a flow on its device. `Tuner` loads it when a search is needed. */
import { describeDevice } from '../gpu/device.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { planTimes } from '../gpu/planTimes.ts';
import { candidateVariants, storedVariants } from '../passes/candidates.ts';
import { purposePlan, purposeText } from '../passes/purpose.ts';
import type { DeviceFacts, Purpose } from '../passes/purpose.ts';
import { planCost } from '../plan/plan.ts';
import { fixedVariants } from '../plan/variants.ts';
import { paramLayout } from '../spec/layout.ts';
import type { FlowModel } from '../spec/layout.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { LIBRARY } from '../version.ts';
import type { TuningCache, TuningReport } from './tuningOptions.ts';

export { storedVariants };

/** Time limit of a search, counted from when the fixed choice is compiled. */
const BUDGET_MS = 800;

/** The gain over the fixed choice that another choice needs to replace it; less is noise. */
const MIN_GAIN = 0.05;

/** The most work of a timed run: some 20 to 200 ms on a CPU, about 10 ms on a GPU. */
const MEASURED_FLOPS = { software: 2 ** 29, gpu: 2 ** 36 };
const MIN_ROWS = 64;

interface DeviceState {
  choices: Map<string, Promise<TuningReport>>;
  /** The last search; two at a time would disturb each other's times. */
  last: Promise<unknown>;
}

const states = new WeakMap<Gpu, DeviceState>();

/** The device's choice, from the cache or a search, made once and shared by all flows of the same shape. */
export function deviceChoice(
  gpu: Gpu,
  model: FlowModel,
  purpose: Purpose,
  facts: DeviceFacts,
  cache: TuningCache | undefined,
): Promise<TuningReport> {
  const key = tuningKey(gpu.device, model.spec, purpose);
  const state = states.get(gpu) ?? {
    choices: new Map<string, Promise<TuningReport>>(),
    last: Promise.resolve(),
  };
  states.set(gpu, state);
  const known = state.choices.get(key);
  if (known !== undefined) return known;
  const choice = state.last.then(async () => {
    const stored = await cache?.get(key);
    const kept = stored === undefined ? undefined : storedVariants(stored, model, purpose, facts);
    if (kept !== undefined) return { ...purpose, variants: kept, source: 'cache' as const };
    const report = await searched(gpu, model, purpose, facts);
    if (report.source === 'measured') await cache?.set(key, report.variants);
    return report;
  });
  state.choices.set(key, choice);
  // A search that ran out of time before comparing is repeated: its kernels are compiled by then.
  const forget = (): boolean => state.choices.delete(key);
  state.last = choice.then(({ source }) => source === 'untimed' && forget(), forget);
  return choice;
}

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
