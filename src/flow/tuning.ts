/** The tuner: picks the kernel variants of a flow by a short timed search on its device, and caches them. */
import { ShaderCompileError } from '../errors.ts';
import { describeDevice } from '../gpu/gpu.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { planTimes } from '../gpu/planTimes.ts';
import { planCost } from '../plan/plan.ts';
import type { Precision } from '../plan/precision.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { candidateVariants, purposePlan, storedVariants } from '../passes/candidates.ts';
import type { DeviceFacts, Purpose } from '../passes/candidates.ts';
import { chunkRowsFor, TIMED } from '../passes/index.ts';
import type { TunedPass } from '../passes/index.ts';
import { paramLayout } from '../spec/layout.ts';
import type { FlowModel } from '../spec/layout.ts';
import { fixedVariants } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { LIBRARY } from '../version.ts';

/** How kernel variants are chosen: by a timed search on the device at first use, or from a fixed table. */
export const TUNING_MODES = ['measured', 'fixed'] as const;
export type TuningMode = (typeof TUNING_MODES)[number];

/** A store that keeps choices across processes. Values from `get` are checked before use. */
export interface TuningCache {
  get(key: string): unknown;
  set(key: string, variants: KernelVariants): void | Promise<void>;
}

export interface TuningOptions {
  /** Default `measured`. */
  tuning?: TuningMode;
  /**
   * Precision of the nets' weights and hidden activations on the GPU. `f16` needs the device feature
   * `shader-f16`; sums, gradients, the optimiser and the model file stay f32. Default `f32`.
   */
  precision?: Precision;
  /** Read before a search, and written with its result. */
  tuningCache?: TuningCache;
  /** Called once for every choice. */
  onTuning?: (report: TuningReport) => void;
}

/** A choice and where it comes from. */
export interface TuningReport {
  /** `gradient` for training, `forward` for scoring, `inverse` for sampling. */
  pass: TunedPass;
  /** Rows processed at once: the batch, or a chunk of a call. */
  rows: number;
  variants: KernelVariants;
  /** `checkpoint`: the choice of the resumed run. `untimed`: the time budget ended before a comparison. */
  source: 'measured' | 'untimed' | 'only' | 'fixed' | 'cache' | 'checkpoint';
  /** The candidates, with the median time of the pass in ms; no time if one did not compile or run in time. */
  candidates?: { variants: KernelVariants; ms?: number }[];
  /** Time of the search, ms, counted from when the fixed choice could run. */
  searchMs?: number;
}

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
/** Devices whose drivers could not compile a resident kernel. */
const refusing = new WeakSet<Gpu>();

export class Tuner {
  readonly #context: Gpu;
  readonly #model: FlowModel;
  readonly #options: TuningOptions;
  readonly #device: DeviceFacts;
  readonly #told = new Set<string>();
  /** The last choice for each pass and number of rows. */
  readonly #chosen = new Map<string, KernelVariants>();

  constructor(context: Gpu, model: FlowModel, options: TuningOptions) {
    this.#context = context;
    this.#model = model;
    this.#options = options;
    this.#device = {
      subgroupMinSize: context.subgroupMinSize,
      software: context.software,
      maxStorageBufferBindingSize: context.device.limits.maxStorageBufferBindingSize,
    };
  }

  get #facts(): DeviceFacts {
    return { ...this.#device, refusesResident: refusing.has(this.#context) };
  }

  /** The fixed table's choice, without a search. */
  get fixed(): KernelVariants {
    return fixedVariants(this.#facts, this.#options.precision);
  }

  /** The fixed table's choice at precision f32, regardless of the flow's precision. */
  get single(): KernelVariants {
    return fixedVariants(this.#facts, 'f32');
  }

  /** The last choice of `variantsFor`, or the fixed table's choice if there is none. */
  chosenFor(pass: TunedPass, rows: number): KernelVariants {
    return this.#chosen.get(purposeText(this.#purpose(pass, rows))) ?? this.fixed;
  }

  /** The choice for plans of at most `rows` rows; `stored`, the choice of a checkpoint, takes precedence. */
  async variantsFor(pass: TunedPass, rows: number, stored?: unknown): Promise<KernelVariants> {
    const purpose = this.#purpose(pass, rows);
    const fixed = await this.#compiledFixed(purpose);
    const kept = storedVariants(stored, this.#model, purpose, this.#facts);
    if (kept !== undefined) return this.#tell({ ...purpose, variants: kept, source: 'checkpoint' });
    if (this.#options.tuning === 'fixed') {
      return this.#tell({ ...purpose, variants: fixed, source: 'fixed' });
    }
    return this.#tell(await this.#choice(purpose));
  }

  /** The fixed table's choice for plans of at most `rows` rows, which the driver has compiled. */
  fixedFor(pass: TunedPass, rows: number): Promise<KernelVariants> {
    return this.#compiledFixed(this.#purpose(pass, rows));
  }

  /** The fixed choice; not a resident one if the driver refuses it, as an old one may: its loop has barriers. */
  async #compiledFixed(purpose: Purpose): Promise<KernelVariants> {
    if (this.fixed.regime !== 'resident') return this.fixed;
    const { dispatches } = purposePlan(this.#model, purpose, this.fixed);
    try {
      await Promise.all(dispatches.map((dispatch) => this.#context.pipelines.get(dispatch)));
    } catch (error) {
      if (!(error instanceof ShaderCompileError)) throw error;
      refusing.add(this.#context);
    }
    return this.fixed;
  }

  #purpose(pass: TunedPass, rows: number): Purpose {
    const { precision } = this.#options;
    const purpose = { pass, rows: Math.min(rows, chunkRowsFor(this.#model, TIMED[pass])) };
    return precision === undefined ? purpose : { ...purpose, precision };
  }

  #tell(report: TuningReport): KernelVariants {
    this.#chosen.set(purposeText(report), report.variants);
    const key = JSON.stringify([report.pass, report.rows, report.source, report.variants]);
    if (!this.#told.has(key)) this.#options.onTuning?.(report);
    this.#told.add(key);
    return report.variants;
  }

  /** The device's choice, made once and shared by all flows of the same shape. */
  #choice(purpose: Purpose): Promise<TuningReport> {
    const state = stateOf(this.#context);
    const key = tuningKey(this.#context.device, this.#model.spec, purpose);
    const known = state.choices.get(key);
    if (known !== undefined) return known;
    const choice = state.last.then(() => this.#cachedOrMeasured(key, purpose));
    state.choices.set(key, choice);
    // A search that ran out of time before comparing is repeated: its kernels are compiled by then.
    const forget = (): boolean => state.choices.delete(key);
    state.last = choice.then(({ source }) => source === 'untimed' && forget(), forget);
    return choice;
  }

  async #cachedOrMeasured(key: string, purpose: Purpose): Promise<TuningReport> {
    const { tuningCache } = this.#options;
    const cached = storedVariants(await tuningCache?.get(key), this.#model, purpose, this.#facts);
    if (cached !== undefined) return { ...purpose, variants: cached, source: 'cache' };
    const report = await this.#measured(purpose);
    if (report.source === 'measured') await tuningCache?.set(key, report.variants);
    return report;
  }

  async #measured(purpose: Purpose): Promise<TuningReport> {
    const { fixed } = this;
    const candidates = candidateVariants(this.#model, purpose, this.#facts);
    if (candidates.length === 1) return { ...purpose, variants: fixed, source: 'only' };
    const timed = { ...purpose, rows: measuredRows(this.#model, purpose, this.#facts) };
    const { ms, searchMs } = await planTimes(
      this.#context,
      candidates.map((variants) => purposePlan(this.#model, timed, variants)),
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

function purposeText({ pass, rows, precision = 'f32' }: Purpose): string {
  return `${pass} ${rows} rows${precision === 'f32' ? '' : ` ${precision}`}`;
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

function stateOf(context: Gpu): DeviceState {
  const known = states.get(context);
  if (known !== undefined) return known;
  const made = { choices: new Map<string, Promise<TuningReport>>(), last: Promise.resolve() };
  states.set(context, made);
  return made;
}
