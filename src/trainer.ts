/** fit(): training on the GPU, many steps a submit, reported while the next ones run. */
import { contextFeatures, contextNames } from './context.ts';
import type { ContextColumn } from './context.ts';
import { domainsOf, requireInside } from './domain.ts';
import { DataError, DisposedError, ShapeError } from './errors.ts';
import { columnStatistics } from './data/statistics.ts';
import { toyDensity, toyDensityOfShape } from './data/toy.ts';
import type { ToyName } from './data/toy.ts';
import type { OwnedBuffer } from './gpu/buffers.ts';
import type { GpuContext } from './gpu/context.ts';
import type { OptimizerState, TrainingRecord } from './io/modelFile.ts';
import type { RunOptions } from './flowOptions.ts';
import { STREAMS } from './random.ts';
import { formatSchedule, parseSchedule } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { requireContext } from './rowInputs.ts';
import { datasetFor } from './steps/batch.ts';
import type { BatchSource } from './steps/batch.ts';
import type { FlowSpec } from './spec.ts';
import type { FlowModel } from './steps/forward.ts';
import type { KernelVariants } from './steps/variants.ts';
import { defaultSubmitMs } from './submitSize.ts';
import { TrainingRun } from './trainingRun.ts';
import type { RunSettings, Snapshot } from './trainingRun.ts';
import { LIBRARY } from './version.ts';

/**
 * Rows to learn from, row-major [N, D], or fresh points of a toy density made on the GPU for every step. A flow whose
 * `contextDim` is the number of the density's classes learns them given their class, one-hot.
 */
export type TrainingData = Float32Array | { toy: ToyName; noise?: number };

export interface FitOptions {
  /** Steps in all; with `resume` the steps of the earlier run count. */
  steps: number;
  /** Step after which this call ends, for `resume` to go on from; the schedule still spans `steps`. Default `steps`. */
  until?: number;
  /** Rows of a batch. Default 512. */
  batch?: number;
  /** Default 1e-3. */
  learningRate?: number;
  /** Default constant. */
  schedule?: Schedule;
  /** Global norm above which the gradient is scaled down; 0 (the default) never does. */
  clipNorm?: number;
  /** Adam's β₁, β₂, ε. Defaults 0.9, 0.999, 1e-8. */
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  /** Seed of the shuffle or of the fresh points. Default 0. */
  seed?: number;
  /**
   * Rows [V, D] scored every `every` steps (default: 50 times a run); the parameters that scored best are
   * the ones the flow has at the end. `patience` stops after that many scores without a better one.
   */
  validation?: { data: Float32Array; context?: Float32Array; every?: number; patience?: number };
  /** Of a flow with a context: that of each row, row-major [N, C]. None for a toy density, which brings its classes. */
  context?: Float32Array;
  /** Goes on with the optimiser of the last `fit` or of the checkpoint that was loaded. */
  resume?: boolean;
  /** Names of the columns, for errors and for the model file. */
  columns?: readonly string[];
  /** The columns that the context is made of, for the model file and so for whoever gives a context later. */
  contextColumns?: readonly ContextColumn[];
  /** Name of the preset, for the model file. */
  preset?: string;
  /** Time that one submit should take, in milliseconds. Default 8 in a page, which must stay smooth, 100 elsewhere. */
  submitMs?: number;
  /** Stops training: the iterator throws the signal's reason, the flow keeps the steps that were done. */
  signal?: AbortSignal;
}

export interface FitReport {
  /** Steps done. */
  step: number;
  steps: number;
  /** Mean NLL over the steps since the last report, in nats. */
  nll: number;
  /** NLL of each of those steps, in nats. */
  losses: Float32Array;
  /** Global gradient norm of the last step, before clipping. */
  gradientNorm: number;
  /** Learning rate of the last step. */
  learningRate: number;
  /** Mean NLL of the validation rows, where they were scored at this step, in nats. */
  validationNll?: number;
  /** The best validation score so far. */
  bestValidationNll?: number;
  /** Wall time of a step over this report, in milliseconds. */
  msPerStep: number;
  stepsPerSecond: number;
  samplesPerSecond: number;
}

/** What fit needs of the flow that it trains. */
export interface Trainee {
  context: GpuContext;
  model: FlowModel;
  parameters: OwnedBuffer;
  /** The kernels for batches of `rows` rows; `stored` is what a checkpoint says of them. */
  variantsFor: (rows: number, stored: unknown) => Promise<KernelVariants>;
  /** Whether the first training data set the standardisation. */
  fresh: boolean;
  isAlive: () => boolean;
  logProb: (x: Float32Array, options: RunOptions, variants: KernelVariants) => Promise<Float32Array>;
  /** Where an earlier run stopped, for `resume`. */
  last: TrainingSnapshot | undefined;
  /** Receives the run's state as a function while it goes on, and as a value when it stops. */
  running: (snapshot: () => Promise<TrainingSnapshot>) => void;
  finished: (last: TrainingSnapshot) => void;
}

/** What `save` writes of a run. */
export interface TrainingSnapshot extends Snapshot {
  training: TrainingRecord;
}

type AskedSettings = Omit<RunSettings, 'variants'>;

const DEFAULTS = {
  batch: 512,
  learningRate: 1e-3,
  clipNorm: 0,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  seed: 0,
};

export async function* fit(
  trainee: Trainee,
  data: TrainingData,
  options: FitOptions,
): AsyncGenerator<FitReport, void, undefined> {
  const { context: gpu, model } = trainee;
  const resumed = options.resume === true ? resumedState(trainee) : undefined;
  // A best score of earlier rows is no measure of a run that scores none: its last parameters are the result.
  const state =
    options.validation === undefined && resumed !== undefined
      ? { ...resumed.optimizer, best: undefined }
      : resumed?.optimizer;
  const asked = settingsOf(options, state);
  const until = Math.min(options.until ?? asked.steps, asked.steps);
  const source = sourceOf(model, data);
  const validation = validationOf(options, model, asked.steps);
  const rows = data instanceof Float32Array ? data : undefined;
  const domains = domainsOf(model.spec);
  if (rows !== undefined) requireInside(rows, domains, options);
  const statistics = rows && columnStatistics(rows, model.spec.dim, options.columns, domains);
  const context = contextOf(model.spec, source, options);
  options.signal?.throwIfAborted();
  const variants = await gpu.guard(() => trainee.variantsFor(asked.batch, state?.variants));
  options.signal?.throwIfAborted();
  if (!trainee.isAlive()) throw new DisposedError('Flow');
  const settings = { ...asked, variants };

  const run = await gpu.guard(() => TrainingRun.start(trainee, source, { rows, context }, settings, state));
  if (trainee.fresh && statistics !== undefined) standardizeBy(trainee, statistics);
  // The flow may have the best parameters by now; training goes on from the last ones.
  if (resumed !== undefined) gpu.buffers.write(trainee.parameters, resumed.parameters);
  const snapshot = async (): Promise<TrainingSnapshot> => {
    const taken = await run.snapshot();
    return { ...taken, training: recordOf(source, options, settings, taken.optimizer.step, run.best?.nll) };
  };
  trainee.running(snapshot);
  try {
    await gpu.guard(() => run.startFromData());
    while (run.submitted < until) {
      options.signal?.throwIfAborted();
      if (!trainee.isAlive()) throw new DisposedError('Flow');
      const untilScore =
        validation === undefined ? Infinity : validation.every - (run.submitted % validation.every);
      run.submit(Math.min(until - run.submitted, untilScore));
      const isLast = run.submitted === until;
      const scoreNow = validation !== undefined && (isLast || run.submitted % validation.every === 0);
      while (run.pending > (scoreNow || isLast ? 0 : 1)) {
        const report = await gpu.guard(() => run.nextReport());
        if (scoreNow && run.pending === 0) {
          // By the kernels of the training, so that a resumed run has the same scores.
          const { signal } = options;
          const { data: held, context: heldContext } = validation;
          const nll = meanNll(await trainee.logProb(held, { signal, context: heldContext }, variants));
          run.recordScore(nll);
          report.validationNll = nll;
        }
        if (run.best !== undefined) report.bestValidationNll = run.best.nll;
        // What ran on destroyed buffers is no result.
        if (!trainee.isAlive()) throw new DisposedError('Flow');
        yield report;
      }
      if (validation?.patience !== undefined && (run.best?.scoresSince ?? 0) >= validation.patience) return;
    }
  } finally {
    try {
      await run.drain();
      if (trainee.isAlive()) {
        const last = await gpu.guard(snapshot);
        run.restoreBest();
        trainee.finished(last);
      }
    } finally {
      run.dispose();
    }
  }
}

function settingsOf(options: FitOptions, state: OptimizerState | undefined): AskedSettings {
  const { schedule, submitMs = defaultSubmitMs(), ...asked } = options;
  const { schedule: storedSchedule, ...stored } = state?.settings ?? {};
  const settings: AskedSettings = {
    ...DEFAULTS,
    ...stored,
    ...Object.fromEntries(
      SETTINGS.flatMap((name) => (asked[name] === undefined ? [] : [[name, asked[name]]])),
    ),
    schedule:
      schedule ?? (typeof storedSchedule === 'string' ? parseSchedule(storedSchedule) : { kind: 'constant' }),
    steps: asked.steps,
    submitMs,
  };
  requireSetting('steps', settings.steps, 'an integer ≥ 1', isPositiveInteger);
  requireSetting('batch', settings.batch, 'an integer ≥ 1', isPositiveInteger);
  requireSetting('seed', settings.seed, 'a non-negative integer', (x) => Number.isSafeInteger(x) && x >= 0);
  requireSetting('learningRate', settings.learningRate, 'a positive finite number', isPositive);
  requireSetting('epsilon', settings.epsilon, 'a positive finite number', isPositive);
  requireSetting('submitMs', settings.submitMs, 'a positive finite number', isPositive);
  requireSetting('clipNorm', settings.clipNorm, 'a finite number ≥ 0', (x) => Number.isFinite(x) && x >= 0);
  for (const name of ['beta1', 'beta2'] as const) {
    requireSetting(name, settings[name], 'a number in [0, 1)', (x) => x >= 0 && x < 1);
  }
  const { until = settings.steps } = options;
  requireSetting('until', until, 'an integer ≥ 1', isPositiveInteger);
  if (state !== undefined && state.step >= Math.min(until, settings.steps)) {
    throw new ShapeError(
      `fit option ${until < settings.steps ? 'until' : 'steps'}`,
      String(Math.min(until, settings.steps)),
      `more than the ${state.step} steps already done`,
    );
  }
  return settings;
}

const SETTINGS = ['batch', 'learningRate', 'clipNorm', 'beta1', 'beta2', 'epsilon', 'seed'] as const;

function requireSetting(
  name: string,
  value: number,
  expected: string,
  holds: (value: number) => boolean,
): void {
  if (!holds(value)) throw new ShapeError(`fit option ${name}`, String(value), expected);
}

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

function isPositiveInteger(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function sourceOf(model: FlowModel, data: TrainingData): BatchSource {
  const { dim, contextDim } = model.spec;
  if (!(data instanceof Float32Array)) {
    const { shape, noise, classes, dim: features } = toyDensity(data.toy, { noise: data.noise });
    if (dim !== features) throw new ShapeError('spec.dim', String(dim), `${features}, that of ${data.toy}`);
    const source = { kind: 'toy', shape, noise, stream: STREAMS.toyTraining } as const;
    if (contextDim === 0) return source;
    if (contextDim !== classes || classes === 1) {
      const expected =
        classes === 1
          ? `0, since ${data.toy} has no classes`
          : `${classes}, the classes of ${data.toy}, or 0`;
      throw new ShapeError('spec.contextDim', String(contextDim), expected);
    }
    return { ...source, classes };
  }
  if (data.length === 0 || data.length % dim !== 0) {
    throw new ShapeError('data', `${data.length} values`, `a positive multiple of dim = ${dim}`);
  }
  return datasetFor(model.spec, data.length / dim);
}

/**
 * The contexts of the training rows, where there are some to upload.
 * @throws {ShapeError} when they are not those of the rows, or do not fit the columns that are to be recorded
 * @throws {DataError} when one is not finite
 */
function contextOf(
  spec: FlowSpec,
  source: BatchSource,
  { context, contextColumns }: FitOptions,
): Float32Array | undefined {
  if (contextColumns !== undefined && contextFeatures(contextColumns) !== spec.contextDim) {
    const found = `${contextFeatures(contextColumns)} features in ${contextColumns.length} columns`;
    throw new ShapeError('fit option contextColumns', found, `${spec.contextDim}, as spec.contextDim`);
  }
  if (source.kind === 'toy') {
    if (context === undefined) return undefined;
    throw new ShapeError(
      'fit option context',
      `${context.length} values`,
      'none, as a toy density brings its own',
    );
  }
  return finiteContext('fit option context', spec, source.rows, context, contextColumns);
}

function finiteContext(
  what: string,
  spec: FlowSpec,
  rows: number,
  context: Float32Array | undefined,
  columns: readonly ContextColumn[] | undefined,
): Float32Array | undefined {
  const { contextDim } = spec;
  const given = requireContext(what, spec, rows, context);
  if (given === undefined) return undefined;
  if (given.length !== rows * contextDim) {
    const expected = `${contextDim} values (spec.contextDim) for each of the ${rows} rows`;
    throw new ShapeError(what, `${given.length} values`, expected);
  }
  const bad = given.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new DataError(`${what}: found ${given[bad]}, expected a finite number`, {
      row: Math.floor(bad / contextDim) + 1,
      column: columns && contextNames(columns)[bad % contextDim],
    });
  }
  return given;
}

function validationOf(
  options: FitOptions,
  model: FlowModel,
  steps: number,
):
  | { data: Float32Array; context: Float32Array | undefined; every: number; patience: number | undefined }
  | undefined {
  const { validation, contextColumns } = options;
  if (validation === undefined) return undefined;
  const { data, context, patience, every = Math.max(1, Math.ceil(steps / 50)) } = validation;
  requireSetting('validation.every', every, 'an integer ≥ 1', isPositiveInteger);
  if (patience !== undefined)
    requireSetting('validation.patience', patience, 'an integer ≥ 1', isPositiveInteger);
  if (data.length === 0 || data.length % model.spec.dim !== 0) {
    throw new ShapeError(
      'validation.data',
      `${data.length} values`,
      `a positive multiple of dim = ${model.spec.dim}`,
    );
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const row = Math.floor(bad / model.spec.dim) + 1;
    throw new DataError(`validation: found ${data[bad]}, expected a finite number`, { row });
  }
  requireInside(data, domainsOf(model.spec), { file: 'validation', ...options });
  const rows = data.length / model.spec.dim;
  const given = finiteContext('validation.context', model.spec, rows, context, contextColumns);
  return { data, context: given, patience, every };
}

function resumedState({ last }: Trainee): TrainingSnapshot {
  if (last === undefined) {
    throw new DataError(
      'there is no training to resume: the model has no optimiser state',
      {},
      'Load a checkpoint.',
    );
  }
  return last;
}

function standardizeBy(
  { context, model, parameters }: Trainee,
  { mean, std }: { mean: Float64Array; std: Float64Array },
): void {
  const slots = model.layout.bijectors.find(({ type }) => type === 'standardize');
  if (slots?.type !== 'standardize') return;
  context.buffers.write(parameters, new Float32Array(mean), slots.mean.offset);
  context.buffers.write(parameters, new Float32Array(std), slots.std.offset);
}

/** Mean NLL in nats of rows whose log-densities these are. */
export function meanNll(logProb: Float32Array): number {
  return -logProb.reduce((sum, value) => sum + value, 0) / logProb.length;
}

function recordOf(
  source: BatchSource,
  options: FitOptions,
  settings: RunSettings,
  steps: number,
  best: number | undefined,
): TrainingRecord {
  return {
    library: LIBRARY,
    steps,
    seed: settings.seed,
    options: {
      batch: settings.batch,
      learningRate: settings.learningRate,
      schedule: formatSchedule(settings.schedule),
      clipNorm: settings.clipNorm,
      ...(source.kind === 'toy' ? { noise: source.noise } : {}),
    },
    ...(options.columns === undefined ? {} : { columns: [...options.columns] }),
    ...(options.contextColumns === undefined ? {} : { context: [...options.contextColumns] }),
    ...(source.kind === 'toy' ? { dataset: toyDensityOfShape(source.shape).name } : {}),
    ...(options.preset === undefined ? {} : { preset: options.preset }),
    ...(best === undefined ? {} : { bestValidationNll: best }),
  };
}
