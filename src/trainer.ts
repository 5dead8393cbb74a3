/** fit(): training on the GPU, many steps a submit, reported while the next ones run. */
import { statisticsFor } from './data/statistics.ts';
import { toyDensityOfShape } from './data/toy.ts';
import { DataError, DisposedError } from './errors.ts';
import { contextOf, isToy, settingsOf, sourceOf, validationOf } from './fitOptions.ts';
import type { FitOptions, TrainingData, Validation } from './fitOptions.ts';
import type { RunOptions, TakenRows } from './flowOptions.ts';
import type { OwnedBuffer } from './gpu/buffers.ts';
import type { GpuContext } from './gpu/context.ts';
import { tensorsOfData } from './init.ts';
import type { BestParameters, TrainingRecord } from './io/modelFile.ts';
import { requireUnrounded } from './offset.ts';
import type { Shift } from './offset.ts';
import { formatSchedule } from './schedule.ts';
import type { FlowSpec } from './spec.ts';
import type { BatchSource } from './steps/batch.ts';
import type { FlowModel } from './steps/forward.ts';
import type { KernelVariants } from './steps/variants.ts';
import { TrainingRun } from './trainingRun.ts';
import type { RunSettings, Snapshot } from './trainingRun.ts';
import { LIBRARY } from './version.ts';

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
  /** Whether the first training data set the scales of domains and the standardisation. */
  fresh: boolean;
  /** The flow's spec, whose offset the first data set. */
  spec: () => FlowSpec;
  shiftTo: (shift: Shift) => void;
  isAlive: () => boolean;
  logProb: (rows: TakenRows, options: RunOptions, variants: KernelVariants) => Promise<Float32Array>;
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
  const rows = isToy(data) ? undefined : data;
  const statistics =
    rows && statisticsFor(trainee.spec(), rows, { columns: options.columns, isFresh: trainee.fresh });
  const shift = statistics && { offset: statistics.offset, spread: statistics.std };
  if (validation !== undefined) requireUnrounded(validation.rows.values, shift, options.columns);
  const context = contextOf(model.spec, source, options);
  options.signal?.throwIfAborted();
  const variants = await gpu.guard(() => trainee.variantsFor(asked.batch, state?.variants));
  options.signal?.throwIfAborted();
  if (!trainee.isAlive()) throw new DisposedError('Flow');
  const settings = { ...asked, variants };
  const { best } = state ?? {};
  const begun =
    state === undefined || best === undefined || validation === undefined
      ? state
      : { ...state, best: await gpu.guard(() => scoredAnew(trainee, best, validation, variants)) };

  const run = await gpu.guard(() =>
    TrainingRun.start(trainee, source, { rows, context, offset: shift?.offset }, settings, begun),
  );
  if (trainee.fresh && statistics !== undefined) {
    for (const { tensor, values } of tensorsOfData(model.layout, statistics)) {
      gpu.buffers.write(trainee.parameters, values, tensor.offset);
    }
    // At once with the mean that goes with it: no call may see the one without the other.
    trainee.shiftTo({ offset: statistics.offset, spread: statistics.std });
  }
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
          const nll = await scoreOf(trainee, validation, variants, options.signal);
          run.recordScore(nll);
          report.validationNll = nll;
        }
        if (run.best !== undefined) report.bestValidationNll = run.best.nll;
        // What ran on destroyed buffers is no result.
        if (!trainee.isAlive()) throw new DisposedError('Flow');
        yield report;
      }
      if (validation?.patience !== undefined && run.scoresSinceBest >= validation.patience) return;
    }
  } finally {
    try {
      await run.drain();
      if (trainee.isAlive()) {
        const last = await gpu.guard(snapshot);
        trainee.finished(last);
        await run.restoreBest();
      }
    } finally {
      run.dispose();
    }
  }
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

/** The parameters that were best, by their score on the rows at hand, which may be others than before. */
async function scoredAnew(
  trainee: Trainee,
  best: BestParameters,
  validation: Validation,
  variants: KernelVariants,
): Promise<BestParameters | undefined> {
  trainee.context.buffers.write(trainee.parameters, best.parameters);
  const nll = await scoreOf(trainee, validation, variants);
  return Number.isFinite(nll) ? { ...best, nll } : undefined;
}

/** Mean NLL of the rows in nats, by the kernels of the training, so that a resumed run has the same scores. */
async function scoreOf(
  { logProb }: Trainee,
  { rows, context }: Validation,
  variants: KernelVariants,
  signal?: AbortSignal,
): Promise<number> {
  return meanNll(await logProb(rows, { context, signal }, variants));
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
