/** Any values in the options of the library's calls. */
import { WgflowError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import type { FlowPass } from '../../src/flow/pass.ts';
import { PRESETS, realnvp } from '../../src/presets/index.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { testOptions } from '../support/device.ts';
import { COMPILING_CASE_MS } from './kind.ts';
import type { Kind } from './kind.ts';
import { HOSTILE } from './random.ts';
import type { Random } from './random.ts';

const ROWS = Float32Array.from({ length: 64 }, (_, i) => Math.sin(7 * i) + (i % 2));
const CONTEXT = Float32Array.of(0.5);

/** Values for any option. Whole numbers are small, so that a case that is accepted ends soon. */
const VALUES: readonly unknown[] = [
  undefined, undefined, null, true, false, NaN, Infinity, -Infinity, 0, -0, 1, 2, 3, 7, -1, 0.5, 1e-9, 1e300, -1e300, 1e-300,
  2 ** 53, 2 ** 64, 5n, Symbol('s'), '', 'a', 'x', '1', 'cosine', 'adam', 'sgd', 'fixed', 'measured', 'f16', 'f32', 'inverse',
  'forward', [], [1], [3, 3], ['a', 'b'], ['real', 'unit'], 'unit', 'positive', ['base'], ['bijectors.0'], {}, () => 1,
  { kind: 'exponential', decay: 0.9 }, { kind: 'exponential' }, { kind: 'plateau', factor: 0.5, patience: 1 }, { fraction: 0.25 },
  { data: ROWS, patience: 1, every: 1 }, { toy: 'moons' }, { type: 'uniform', bound: 3 }, { type: 'mixture', components: 2 },
  { type: 'student_t' }, ROWS, CONTEXT, new Float32Array(32), new Float32Array(0), Float32Array.of(NaN, 1), new Float64Array(64),
  new Uint8Array(8), new Date(0), new AbortController().signal, AbortSignal.abort(), new Map(), Promise.resolve(1), ...HOSTILE,
]; // prettier-ignore

type Call = (flow: Flow, options: object, random: Random) => Promise<unknown>;

/** The log-densities of the model after a run of at most a few reports, and its losses if no step was skipped. */
async function fitted(flow: Flow, options: object): Promise<unknown> {
  const losses: number[] = [];
  let reports = 0;
  let skipped = 0;
  for await (const report of flow.fit(ROWS, options)) {
    losses.push(...report.losses);
    skipped = report.skippedSteps ?? 0;
    if (++reports === 2) break;
  }
  return { losses: skipped > 0 ? [] : losses, logProb: await flow.logProb(ROWS) };
}

async function passed(flow: Flow, options: object, random: Random): Promise<unknown> {
  const kind = random.pick(['forward', 'inverse', 'logProb', 'sample'] as const);
  const pass: FlowPass<typeof kind> = await flow.pass(kind, options as { rows: number });
  pass.dispose();
  return undefined;
}

const CALLS: Readonly<Record<string, Call>> = {
  create: async (flow, options) => {
    using made = await Flow.create(realnvp(2, { couplings: 1, hidden: [3] }), {
      device: flow.device,
      ...options,
    });
    return made.dim;
  },
  preset: async (flow, options, random) => {
    const preset = random.pick(Object.values(PRESETS));
    using made = await Flow.create(preset, { dim: 2, device: flow.device, ...options });
    return made.dim;
  },
  load: async (flow, options) => {
    using made = await Flow.load(await flow.save(), { device: flow.device, ...options });
    return made.dim;
  },
  forward: (flow, options) => flow.forward(ROWS, options),
  inverse: (flow, options) => flow.inverse(ROWS, options),
  trace: (flow, options) => flow.trace(ROWS, options),
  logProb: (flow, options) => flow.logProb(ROWS, options),
  gradients: (flow, options) => flow.gradients(ROWS, options),
  sample: (flow, options, random) => flow.sample(random.below(20), options),
  sampleAndLogProb: (flow, options, random) => flow.sampleAndLogProb(random.below(20), options),
  memory: (flow, options) => flow.memory(options),
  save: (flow, options) => flow.save(options),
  fit: fitted,
  train: async (flow, options) => {
    await using run = await flow.train(ROWS, options);
    return run.isDone ? undefined : (await run.steps(1)).losses;
  },
  pass: passed,
  reference: async (flow, options) =>
    new ReferenceFlow(flow.spec, await flow.parameters(), options).logProb(ROWS.subarray(0, 8)),
};

const names = new Map<string, readonly string[]>();

/** The names of a call's options, as it says for an unknown one. */
async function namesOf(call: string, flow: Flow, random: Random): Promise<readonly string[]> {
  const known = names.get(call);
  if (known !== undefined) return known;
  const error: unknown = await CALLS[call]?.(flow, { unknownName: 1 }, random).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const [, list = ''] =
    error instanceof WgflowError ? (/expected one of ([\w, ]+)\./.exec(error.message) ?? []) : [];
  const found = list === '' ? [] : list.split(', ');
  names.set(call, found);
  return found;
}

let shared: Promise<Flow> | undefined;

async function sharedFlow(): Promise<Flow> {
  const spec = realnvp(2, { couplings: 2, hidden: [4] });
  shared ??= Flow.create(spec, { ...(await testOptions()), data: ROWS });
  return shared;
}

export const OPTIONS: Kind = {
  name: 'options',
  maxMs: COMPILING_CASE_MS,
  begin: sharedFlow,
  async run(random) {
    const flow = await sharedFlow();
    const call = random.pick(Object.keys(CALLS));
    const known = await namesOf(call, flow, random);
    const given = random.chance(0.03)
      ? random.pick(VALUES)
      : Object.fromEntries(
          random
            .some([...known, ...(random.chance(0.05) ? HOSTILE : [])], 3)
            .map((name) => [name, random.pick(VALUES)]),
        );
    try {
      const result = await CALLS[call]?.(flow, given as object, random);
      const number = numbersIn(result).find((value) => Number.isNaN(value) || value === Infinity);
      return number === undefined ? undefined : `${call}(${shownOptions(given)}) gives ${number}`;
    } catch (error) {
      if (error === abortReason(given)) return undefined;
      if (error instanceof WgflowError) throw error;
      return `${call}(${shownOptions(given)}): ${error instanceof Error ? error.stack : String(error)}`;
    }
  },
  end: () => {
    void shared?.then((flow) => flow.dispose());
    shared = undefined;
  },
};

/** The reason of an aborted signal, which a call throws as it is. */
function abortReason(given: unknown): unknown {
  const signal = Object.values(Object(given) as object).find(
    (value) => value instanceof AbortSignal && value.aborted,
  );
  return signal instanceof AbortSignal ? signal.reason : undefined;
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (value instanceof Float32Array || value instanceof Float64Array) return [...value];
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  return Object.values(value).flatMap(numbersIn);
}

function shownOptions(given: unknown): string {
  if (typeof given !== 'object' || given === null) return String(given);
  return Object.entries(given)
    .map(([name, value]) => {
      const shown = ArrayBuffer.isView(value)
        ? value.constructor.name
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value);
      return `${name}: ${shown.slice(0, 60)}`;
    })
    .join(', ');
}
