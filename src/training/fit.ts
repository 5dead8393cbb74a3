/** fit(): training on the GPU, many steps a submit, reported while the next ones run. */
import { fingerprint } from '../data/fingerprint.ts';
import { gaussianLogProb, gaussianOf, momentsOf, readerOf } from '../data/gaussian.ts';
import { dataStart } from '../spec/dataStart.ts';
import type { ContextRows } from '../data/holdOut.ts';
import { columnNamesOf, meanNll, requireFiniteRows } from '../data/statistics.ts';
import { toyDensityOfShape } from '../data/toy.ts';
import { requireInside } from '../model/domain.ts';
import { domainsOf } from '../spec/offset.ts';
import { DataError, DisposedError } from '../errors.ts';
import { contextOf, isToy, settingsOf, sourceOf, splitOf } from './options.ts';
import type { FitOptions, TrainingData, Validation } from './options.ts';
import type { RunOptions, TakenRows } from '../calls/rows.ts';
import type { OwnedBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { tensorsOfData } from '../spec/init.ts';
import type { BestParameters, Settings, TrainingRecord, ValidationRecord } from '../io/modelFile.ts';
import { requireUnrounded } from '../data/offset.ts';
import type { Shift } from '../data/offset.ts';
import { formatSchedule } from '../model/schedule.ts';
import { isCounted, isScored, nextScoreAfter } from './scoring.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { BatchSource } from '../passes/batch.ts';
import type { FlowModel } from '../spec/layout.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { TrainingRun } from './run.ts';
import type { RunSettings, Snapshot } from './run.ts';
import { LIBRARY } from '../version.ts';

export interface FitReport {
  /** Steps done. */
  step: number;
  steps: number;
  /** Mean NLL over the last 50 steps of this run, in nats: the same at a step, whenever it is reported. */
  nll: number;
  /** NLL of each step since the last report, in nats. */
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
  context: Gpu;
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
  /** Receives what the host has of the parameters, before `finished`, which a lost device prevents. */
  copied: (model: Omit<TrainingSnapshot, 'optimizer'>) => void;
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
  const state = resumed?.optimizer;
  const asked = settingsOf(options, state);
  const until = Math.min(options.until ?? asked.steps, asked.steps);
  const table = tableOf(model, data, options);
  const { source, training, validation } = splitOf(model, sourceOf(model, data), table, options, {
    seed: asked.seed,
    stored: state?.settings,
  });
  const known = knownData(table, validation);
  if (state !== undefined && options.newData !== true) requireSameData(known, state.settings);
  const start =
    training &&
    dataStart(trainee.spec(), training.data, { columns: options.columns, isFresh: trainee.fresh });
  const shift = start && { offset: start.offset, spread: start.std };
  if (validation !== undefined) requireUnrounded(validation.data, shift, options.columns);
  options.signal?.throwIfAborted();
  const variants = await gpu.guard(() => trainee.variantsFor(asked.batch, state?.variants));
  options.signal?.throwIfAborted();
  if (!trainee.isAlive()) throw new DisposedError('Flow');
  const settings: RunSettings = { ...asked, variants, ...known };
  const scorer = validation && scorerOf(trainee, validation, training, variants);
  const begun = state && { ...state, best: await gpu.guard(() => scoredAnew(trainee, state.best, scorer)) };

  const run = await gpu.guard(() =>
    TrainingRun.start(trainee, source, training && { ...training, offset: shift?.offset }, settings, begun),
  );
  if (trainee.fresh && start !== undefined) {
    for (const { tensor, values } of tensorsOfData(model.layout, start)) {
      gpu.buffers.write(trainee.parameters, values, tensor.offset);
    }
    // At once with the mean that goes with it: no call may see the one without the other.
    trainee.shiftTo({ offset: start.offset, spread: start.std });
  }
  // The flow may have the best parameters by now; training goes on from the last ones.
  if (resumed !== undefined) gpu.buffers.write(trainee.parameters, resumed.parameters);
  const snapshot = async (): Promise<TrainingSnapshot> => {
    const taken = await run.snapshot();
    const scored = validation && validationRecord(model, validation, run.best.score, scorer?.gaussianNll);
    return {
      ...taken,
      training: recordOf(source, options, settings, taken.optimizer.step, run.best.score?.nll, scored),
    };
  };
  trainee.running(snapshot);
  try {
    await gpu.guard(() => run.startFromData());
    const pace = { every: validation?.every, rows: rowsOf(source), batch: asked.batch, steps: asked.steps };
    const scored = async ({ score }: Scorer): Promise<number> => {
      const found = await score(options.signal);
      run.best.record(found, run.submitted, isCounted(run.submitted, pace));
      return found.nll;
    };
    // What a flow is before its first step, such as the Gaussian of its data, may be better than all that follows.
    // A resumed run may have stopped between a step and its score.
    const isDue = isScored(run.submitted, pace) && run.best.score?.lastScored !== run.submitted;
    if (scorer !== undefined && isDue) await scored(scorer);
    while (run.submitted < until) {
      options.signal?.throwIfAborted();
      if (!trainee.isAlive()) throw new DisposedError('Flow');
      const next = validation === undefined ? Infinity : nextScoreAfter(run.submitted, pace);
      run.submit(Math.min(until, next) - run.submitted);
      const isLast = run.submitted === until;
      const scoreNow = scorer !== undefined && (isLast || run.submitted === next);
      while (run.pending > (scoreNow || isLast ? 0 : 1)) {
        const report = await gpu.guard(() => run.nextReport());
        if (scoreNow && run.pending === 0) report.validationNll = await scored(scorer);
        if (run.best.score !== undefined) report.bestValidationNll = run.best.score.nll;
        run.best.copyNowAndThen(run.submitted);
        // What ran on destroyed buffers is no result.
        if (!trainee.isAlive()) throw new DisposedError('Flow');
        yield report;
      }
      if (validation !== undefined && run.best.scoresSince >= validation.patience) return;
    }
  } finally {
    try {
      const { copy } = run.best;
      if (copy !== undefined) {
        const scored = validation && validationRecord(model, validation, run.best.score, scorer?.gaussianNll);
        trainee.copied({
          parameters: copy.parameters,
          training: recordOf(source, options, settings, copy.step, copy.nll, scored),
        });
      }
      await run.drain();
      if (trainee.isAlive()) {
        const last = await gpu.guard(snapshot);
        trainee.finished(last);
        await run.best.restore();
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

/** The rows of a table with their contexts, checked; undefined for a toy density. */
function tableOf(model: FlowModel, data: TrainingData, options: FitOptions): ContextRows | undefined {
  const { spec } = model;
  const context = contextOf(spec, sourceOf(model, data), options);
  if (isToy(data)) return undefined;
  requireFiniteRows(data, columnNamesOf(spec.dim, options.columns));
  requireInside(data, domainsOf(spec), options);
  return { data, ...(context === undefined ? {} : { context }) };
}

/** What a checkpoint remembers of its rows. */
type KnownData = Pick<RunSettings, 'data' | 'validation' | 'heldOut' | 'patience'>;

function knownData(table: ContextRows | undefined, validation: Validation | undefined): KnownData {
  const { heldOut, patience = Infinity } = validation ?? {};
  const hasOwnRows = validation !== undefined && heldOut === undefined;
  return {
    ...(table === undefined ? {} : { data: fingerprint([table.data, table.context]) }),
    ...(heldOut === undefined ? {} : { heldOut }),
    ...(hasOwnRows ? { validation: fingerprint([validation.data, validation.context]) } : {}),
    ...(patience === Infinity ? {} : { patience }),
  };
}

/** @throws {DataError} if a run goes on with other rows than it began with */
function requireSameData({ data, heldOut, validation }: KnownData, stored: Settings): void {
  // A checkpoint of wgflow 0.1.0 does not know its rows.
  if (typeof stored['data'] !== 'string') return;
  const advice = 'Give the rows that it was trained on, or go on with others on purpose by newData.';
  if (data !== stored['data']) {
    throw new DataError(
      'found other rows than those the earlier run learned from, expected the same',
      {},
      advice,
    );
  }
  if (heldOut !== stored['heldOut']) {
    throw new DataError(
      `found ${heldOut ?? 0} of the rows held out, expected ${stored['heldOut'] ?? 0}, as in the earlier run`,
      {},
      advice,
    );
  }
  if (validation !== stored['validation']) {
    throw new DataError(
      'found other validation rows than those of the earlier run, expected the same',
      {},
      advice,
    );
  }
}

function rowsOf(source: BatchSource): number {
  return source.kind === 'dataset' ? source.rows : Infinity;
}

function validationRecord(
  { spec }: FlowModel,
  { data, heldOut }: Validation,
  best: { step?: number } | undefined,
  gaussianNll: number | undefined,
): ValidationRecord {
  return {
    rows: data.length / spec.dim,
    heldOut: heldOut !== undefined,
    ...(best?.step === undefined ? {} : { bestStep: best.step }),
    ...(gaussianNll === undefined ? {} : { gaussianNll }),
  };
}

/** How the flow does on the validation rows. */
export interface Score {
  /** Mean NLL, in nats. */
  nll: number;
  /**
   * What is to be as large as possible: by how much the rows are more likely than under a Gaussian, less one standard
   * error of that. So a few rows do not take luck for learning. Without a Gaussian it is the negative mean NLL.
   */
  merit: number;
}

interface Scorer {
  score: (signal?: AbortSignal) => Promise<Score>;
  /** Mean NLL of the rows under a Gaussian fitted to the training rows; undefined if there is none. */
  gaussianNll: number | undefined;
}

/** Scores by the kernels of the training, so that a resumed run has the same scores. */
function scorerOf(
  { model: { spec }, logProb }: Trainee,
  { data, context }: Validation,
  training: ContextRows | undefined,
  variants: KernelVariants,
): Scorer {
  const reader = training && readerOf(training.data, spec.dim, training.context);
  const gaussian = reader && gaussianOf(momentsOf(reader), reader);
  const rows = { values: data, count: data.length / spec.dim };
  const baseline = gaussian && gaussianLogProb(gaussian, readerOf(data, spec.dim, context));
  return {
    gaussianNll: baseline && meanNll(baseline),
    score: async (signal) => {
      const found = await logProb(rows, { context, signal }, variants);
      const nll = meanNll(found);
      if (baseline === undefined) return { nll, merit: -nll };
      const gains = Float64Array.from(found, (value, row) => value - (baseline[row] ?? NaN));
      return { nll, merit: mean(gains) - standardError(gains) };
    },
  };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the mean of these values; 0 for a single one. */
function standardError(values: Float64Array): number {
  const { length } = values;
  const centre = mean(values);
  return length < 2 ? 0 : Math.sqrt(mean(values.map((value) => (value - centre) ** 2)) / (length - 1));
}

/**
 * The parameters that were best, by their score on the rows at hand, which may be others than before. Undefined if the
 * run scores none: its last parameters are the result.
 */
async function scoredAnew(
  { context, parameters }: Trainee,
  best: BestParameters | undefined,
  scorer: Scorer | undefined,
): Promise<(BestParameters & Score) | undefined> {
  if (best === undefined || scorer === undefined) return undefined;
  context.buffers.write(parameters, best.parameters);
  const score = await scorer.score();
  return Number.isFinite(score.merit) ? { ...best, ...score } : undefined;
}

function recordOf(
  source: BatchSource,
  options: FitOptions,
  settings: RunSettings,
  steps: number,
  best: number | undefined,
  validation: ValidationRecord | undefined,
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
    ...(validation === undefined ? {} : { validation }),
  };
}
