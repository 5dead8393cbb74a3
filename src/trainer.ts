/** fit(): training on the GPU, many steps a submit, reported while the next ones run. */
import { DataError, ShapeError } from './errors.ts';
import { columnStatistics } from './data/statistics.ts';
import { toyDensity } from './data/toy.ts';
import type { ToyName } from './data/toy.ts';
import type { OwnedBuffer } from './gpu/buffers.ts';
import type { GpuContext } from './gpu/context.ts';
import type { OptimizerState, TrainingRecord } from './io/modelFile.ts';
import { STREAMS } from './random.ts';
import { formatSchedule } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { datasetSource } from './steps/batch.ts';
import type { BatchSource } from './steps/batch.ts';
import type { FlowModel } from './steps/forward.ts';
import { TrainingRun } from './trainingRun.ts';
import type { RunSettings } from './trainingRun.ts';
import { LIBRARY } from './version.ts';

/** Rows to learn from, row-major [N, D], or fresh points of a toy density made on the GPU for every step. */
export type TrainingData = Float32Array | { toy: ToyName; noise?: number };

export interface FitOptions {
  /** Steps in all; with `resume` the steps of the earlier run count. */
  steps: number;
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
  validation?: { data: Float32Array; every?: number; patience?: number };
  /** Goes on with the optimiser of the last `fit` or of the checkpoint that was loaded. */
  resume?: boolean;
  /** Names for errors and for the model file. */
  columns?: readonly string[];
  /** Longest time of one submit in milliseconds; keep it under 8 where a page must stay smooth. Default 100. */
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
  logProb: (x: Float32Array) => Promise<Float32Array>;
  optimizer: OptimizerState | undefined;
  /** Receives what `save` writes, whenever the run stops. */
  finished: (training: TrainingRecord, optimizer: OptimizerState) => void;
}

const DEFAULTS = { batch: 512, learningRate: 1e-3, clipNorm: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, seed: 0 };

export async function* fit(
  trainee: Trainee,
  data: TrainingData,
  options: FitOptions,
): AsyncGenerator<FitReport, void, undefined> {
  const { context, model } = trainee;
  const settings = settingsOf(options);
  const source = sourceOf(model, data);
  const state = options.resume === true ? resumedState(trainee, settings) : undefined;
  options.signal?.throwIfAborted();
  if (data instanceof Float32Array) {
    const statistics = columnStatistics(data, model.spec.dim, options.columns);
    if (state === undefined) standardizeBy(trainee, statistics);
  }

  const run = await context.guard(() =>
    TrainingRun.start(trainee, source, data instanceof Float32Array ? data : undefined, settings, state),
  );
  const validation = validationOf(options, model, settings.steps);
  let best: number | undefined;
  let withoutBetter = 0;
  try {
    while (run.submitted < settings.steps) {
      options.signal?.throwIfAborted();
      const untilScore =
        validation === undefined ? Infinity : validation.every - (run.submitted % validation.every);
      run.submit(Math.min(settings.steps - run.submitted, untilScore));
      const isLast = run.submitted === settings.steps;
      const scoreNow = validation !== undefined && (isLast || run.submitted % validation.every === 0);
      while (run.pending > (scoreNow || isLast ? 0 : 1)) {
        const report = await context.guard(() => run.nextReport());
        if (scoreNow && run.pending === 0) {
          const nll = meanNll(await trainee.logProb(validation.data));
          if (best === undefined || nll < best) {
            best = nll;
            withoutBetter = 0;
            run.keepBest();
          } else {
            withoutBetter++;
          }
          report.validationNll = nll;
        }
        if (best !== undefined) report.bestValidationNll = best;
        yield report;
      }
      if (validation?.patience !== undefined && withoutBetter >= validation.patience) return;
    }
  } finally {
    try {
      const optimizer = await run.finish();
      trainee.finished(recordOf(data, options, settings, optimizer.step, best), optimizer);
    } finally {
      run.dispose();
    }
  }
}

function settingsOf(options: FitOptions): RunSettings {
  const schedule = options.schedule ?? { kind: 'constant' };
  const settings: RunSettings = { ...DEFAULTS, ...definedOf(options), schedule, submitMs: options.submitMs ?? 100 };
  const positive: (keyof RunSettings & keyof FitOptions)[] = ['steps', 'batch'];
  for (const name of positive) {
    const value = settings[name];
    if (!Number.isSafeInteger(value) || (value as number) < 1) {
      throw new ShapeError(`fit option ${name}`, String(value), 'an integer ≥ 1');
    }
  }
  if (!(settings.learningRate > 0 && Number.isFinite(settings.learningRate))) {
    throw new ShapeError('fit option learningRate', String(settings.learningRate), 'a positive finite number');
  }
  if (!(settings.clipNorm >= 0 && Number.isFinite(settings.clipNorm))) {
    throw new ShapeError('fit option clipNorm', String(settings.clipNorm), 'a finite number ≥ 0');
  }
  return settings;
}

function definedOf(options: FitOptions): Omit<FitOptions, 'schedule' | 'submitMs'> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as FitOptions;
}

function sourceOf(model: FlowModel, data: TrainingData): BatchSource {
  const { dim } = model.spec;
  if (!(data instanceof Float32Array)) {
    if (dim !== 2) throw new ShapeError('spec.dim', String(dim), '2, the dimension of every toy density');
    const { shape, noise } = toyDensity(data.toy, { noise: data.noise });
    return { kind: 'toy', shape, noise, stream: STREAMS.toyTraining };
  }
  if (data.length === 0 || data.length % dim !== 0) {
    throw new ShapeError('data', `${data.length} values`, `a positive multiple of dim = ${dim}`);
  }
  return datasetSource(data.length / dim, dim);
}

function validationOf(
  options: FitOptions,
  model: FlowModel,
  steps: number,
): { data: Float32Array; every: number; patience: number | undefined } | undefined {
  const { validation } = options;
  if (validation === undefined) return undefined;
  const { data, patience } = validation;
  if (data.length === 0 || data.length % model.spec.dim !== 0) {
    throw new ShapeError('validation.data', `${data.length} values`, `a positive multiple of dim = ${model.spec.dim}`);
  }
  return { data, patience, every: validation.every ?? Math.max(1, Math.ceil(steps / 50)) };
}

function resumedState({ optimizer }: Trainee, { steps }: RunSettings): OptimizerState {
  if (optimizer === undefined) {
    throw new DataError('there is no training to resume: the model has no optimiser state', {}, 'Load a checkpoint.');
  }
  if (optimizer.step >= steps) {
    throw new ShapeError('fit option steps', String(steps), `more than the ${optimizer.step} steps already done`);
  }
  return optimizer;
}

function standardizeBy(
  { context, model, parameters }: Trainee,
  { mean, std }: { mean: Float64Array; std: Float64Array },
): void {
  const slots = model.layout.bijectors[0];
  if (slots?.type !== 'standardize') return;
  const { queue } = context.device;
  queue.writeBuffer(parameters.buffer, 4 * slots.mean.offset, new Float32Array(mean));
  queue.writeBuffer(parameters.buffer, 4 * slots.std.offset, new Float32Array(std));
}

function meanNll(logProb: Float32Array): number {
  return -logProb.reduce((sum, value) => sum + value, 0) / logProb.length;
}

function recordOf(
  data: TrainingData,
  options: FitOptions,
  settings: RunSettings,
  steps: number,
  best: number | undefined,
): TrainingRecord {
  return {
    library: LIBRARY,
    steps,
    seed: settings.seed,
    batch: settings.batch,
    learningRate: settings.learningRate,
    schedule: formatSchedule(settings.schedule),
    ...(options.columns === undefined ? {} : { columns: [...options.columns] }),
    ...(data instanceof Float32Array ? {} : { dataset: data.toy }),
    ...(best === undefined ? {} : { bestValidationNll: best }),
  };
}
