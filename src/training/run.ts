/** One run of `fit`: its rows, its settings, its steps on the GPU, its scores and its record. */
import type { Rows } from '../calls/callerArrays.ts';
import { drawCells } from '../data/cells.ts';
import type { ContextRows } from '../data/holdOut.ts';
import { dataStart } from '../spec/dataStart.ts';
import { toyDensityOfShape } from '../data/toy.ts';
import { DisposedError, ShapeError } from '../errors.ts';
import type { BestParameters, TrainingRecord, ValidationRecord } from '../io/modelFile.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { roughRows } from '../data/roughRows.ts';
import { columnNamesOf } from '../data/statistics.ts';
import { tensorsOfData } from '../spec/init.ts';
import { requireUnrounded } from '../data/offset.ts';
import { LIBRARY } from '../version.ts';
import { BestSoFar } from './best.ts';
import { requireFreezable } from './freeze.ts';
import { isStream, isToy } from './options.ts';
import type { FitOptions, TrainingData, TrainingSettings } from './options.ts';
import { noiseFactor } from './noise.ts';
import { Plateau } from './plateau.ts';
import { requireRecordable } from './recorded.ts';
import { joined, Reporter } from './report.ts';
import type { FitReport } from './report.ts';
import { runRows } from './rows.ts';
import type { RunRows, ValidationRows } from './rows.ts';
import { isCounted, isScored, nextScoreAfter, scorerOf } from './scoring.ts';
import type { Score, Scorer, ScoringPace } from './scoring.ts';
import { settingsOf, storedSettings } from './settings.ts';
import { GpuSteps } from './steps.ts';
import { streamedRows } from './streamedRows.ts';
import { resumedFrom } from './trainee.ts';
import type { Checkpoint, Trainee, TrainingState } from './trainee.ts';

/** The parts of a run. */
interface RunParts {
  trainee: Trainee;
  /** The state that the flow keeps of the run. */
  state: TrainingState;
  options: FitOptions;
  settings: TrainingSettings;
  variants: KernelVariants;
  rows: RunRows;
  steps: GpuSteps;
  /** Undefined if no rows are scored. */
  scorer: Scorer | undefined;
  plateau: Plateau;
  /** For the first report. */
  warnings: string[];
}

export class TrainingRun {
  readonly #run: RunParts;
  readonly #best: BestSoFar;
  readonly #plateau: Plateau;
  readonly #reporter: Reporter;
  readonly #pace: ScoringPace;
  readonly #until: number;
  /** Whether a score follows the last submitted step. */
  #isScoreDue = false;
  /** The last score of this run. */
  #lastScore: { step: number; nll: number } | undefined;
  /** Whether all submitted steps are to be read before others are submitted. */
  #isPauseDue = false;

  private constructor(run: RunParts) {
    const { trainee, options, rows, settings } = run;
    const { batch, steps } = settings;
    this.#run = run;
    this.#best = new BestSoFar(trainee);
    this.#plateau = run.plateau;
    this.#reporter = new Reporter(settings);
    this.#until = Math.min(options.until ?? steps, steps);
    this.#pace = { every: rows.validation?.every, rows: rowsOf(rows), batch, steps };
  }

  /** Checks everything, then uploads the rows and scales a fresh flow to them. */
  static async start(
    trainee: Trainee,
    state: TrainingState,
    data: TrainingData,
    given: FitOptions,
  ): Promise<TrainingRun> {
    const { gpu, parameters, model } = trainee;
    const options = isToy(data) ? given : remembering(given, state.record);
    const { spec, layout } = model();
    const { columns, table, signal } = options;
    requireRecordable(table, spec);
    const resumed = options.resume === true ? resumedFrom(state) : undefined;
    const optimizer = resumed?.optimizer;
    // The preset's seed, which does not depend on the number of rows.
    const { seed } = settingsOf(options, optimizer, trainee.defaults(Infinity));
    const earlier = { seed, stored: optimizer?.settings };
    const rows = isStream(data)
      ? await streamedRows(spec, data, options, earlier)
      : runRows(spec, data, options, earlier);
    const settings = settingsOf(options, optimizer, trainee.defaults(rowsOf(rows)));
    requireFreezable(layout, settings.freeze);
    const { training, validation, ranges, weights = training?.weights } = rows;
    const blocks = rows.blocks ?? (training && (() => [training]));
    const points = training && pointsOf(training, spec.dim, seed);
    const noise = points && settings.jitter > 0 ? noiseFactor(spec, points, settings.jitter) : undefined;
    const source = noise === undefined ? rows.source : { ...rows.source, hasNoise: true };
    requireScores(settings, validation);
    const start = points && dataStart(spec, points, { columns, isFresh: state.isFresh, ranges });
    const shift = start && { offset: start.offset, spread: start.std };
    if (validation !== undefined) requireUnrounded(validation.data, shift, columns);
    const seen = isStream(data) || isToy(data) ? training : { data, widths: options.widths };
    const warnings = seen ? roughRows(seen.data, columnNamesOf(spec.dim, columns), seen.widths) : [];
    signal?.throwIfAborted();
    const variants = await gpu.guard(() => trainee.variantsFor(settings.batch, optimizer?.variants));
    signal?.throwIfAborted();
    if (!trainee.isAlive()) throw new DisposedError('Flow');
    const scorer = validation && scorerOf(trainee, { validation, training, seed }, variants);
    if (training !== undefined && scorer?.gaussianNll === undefined && scorer !== undefined)
      warnings.push(COMBINED);
    const best = await gpu.guard(() => scoredAnew(trainee, optimizer?.best, scorer));
    const steps = await gpu.guard(() =>
      GpuSteps.create(
        trainee,
        { source, blocks, weights, noise, offset: shift?.offset, settings, variants },
        optimizer,
      ),
    );
    const plateau = new Plateau(settings.schedule, optimizer?.plateau);
    const parts = { trainee, state, options, settings, variants, rows, steps, scorer, plateau, warnings };
    const run = new TrainingRun(parts);
    if (best !== undefined) run.#best.resume(best, steps.submitted);
    if (state.isFresh && start !== undefined) {
      for (const { tensor, values } of tensorsOfData(layout, start)) {
        gpu.buffers.write(parameters, values, tensor.offset);
      }
      // Together with the matching mean: no call may see one without the other.
      trainee.shiftTo({ offset: start.offset, spread: start.std });
    }
    // The flow may hold the best parameters by now; training continues from the last ones.
    if (resumed !== undefined) gpu.buffers.write(parameters, resumed.parameters);
    try {
      await gpu.guard(() => steps.startFrom(optimizer?.trained));
    } catch (error) {
      run.#dispose();
      throw error;
    }
    state.snapshot = () => run.#snapshot();
    return run;
  }

  /** Initialises a fresh flow from its first batch, and scores the start. */
  async begin(): Promise<void> {
    await this.#run.trainee.gpu.guard(() => this.#run.steps.startFromData());
    // The start itself, such as the Gaussian of the data, may be better than every later step. A resumed run
    // may have stopped between a step and its score.
    const { submitted } = this.#run.steps;
    const isDue = isScored(submitted, this.#pace) && this.#best.score?.lastScored !== submitted;
    if (this.#run.scorer !== undefined && isDue) await this.#score(this.#run.scorer);
  }

  /** Steps submitted so far, including those of a resumed run. */
  get step(): number {
    return this.#run.steps.submitted;
  }

  /** Whether all steps are done, or the scores have stopped improving. */
  get isDone(): boolean {
    return this.step >= this.#until || this.#best.scoresSince >= this.#patience;
  }

  /**
   * Runs the next steps, at most `count`, and reports on each submit. The GPU works on one submit while the host reads
   * the one before. It ends early if the run is done.
   * @throws the signal's reason once it is aborted
   * @throws {TrainingDivergedError} like `nextLosses`
   */
  async *reports(count = Infinity): AsyncGenerator<FitReport, void, undefined> {
    const last = Math.min(this.#until, this.step + count);
    let found: FitReport[] = [];
    while (this.step < last && !this.isDone) {
      this.#submit(last);
      while (this.#run.steps.pending > (this.#isPauseDue ? 0 : 1)) {
        const report = await this.#report();
        found.push(report);
        const isDue = report.step === last || report.validationNll !== undefined;
        if (!isDue && report.step % (this.#run.options.reportEvery ?? 1) !== 0) continue;
        yield joined(found) ?? report;
        found = [];
      }
    }
  }

  /**
   * Scores the validation rows now, in nats; the parameters are kept if they are the best. Undefined if there are no
   * such rows. All submitted steps must have been read.
   */
  async score(): Promise<number | undefined> {
    this.#run.options.signal?.throwIfAborted();
    this.#requireAlive();
    const { scorer, trainee } = this.#run;
    if (scorer === undefined) return undefined;
    // A second score of the same step would count against patience.
    if (this.#lastScore?.step === this.step) return this.#lastScore.nll;
    return trainee.gpu.guard(() => this.#score(scorer));
  }

  get #patience(): number {
    return this.#run.rows.validation?.patience ?? Infinity;
  }

  /** Puts the next steps on the GPU's queue, up to the next score and to step `end`. */
  #submit(end: number): void {
    this.#run.options.signal?.throwIfAborted();
    this.#requireAlive();
    const { submitted } = this.#run.steps;
    const next = this.#run.scorer === undefined ? Infinity : nextScoreAfter(submitted, this.#pace);
    const last = Math.min(end, next);
    const { reportEvery = Infinity } = this.#run.options;
    const untilReport = reportEvery === Infinity ? Infinity : reportEvery - (submitted % reportEvery);
    this.#run.steps.submit(Math.min(last - submitted, untilReport), this.#plateau.share);
    this.#isPauseDue = this.step === last;
    this.#isScoreDue = this.step === Math.min(this.#until, next);
  }

  /** The report of the oldest submit, with a score if one is due. */
  async #report(): Promise<FitReport> {
    const done = await this.#run.trainee.gpu.guard(async () => {
      const losses = await this.#run.steps.nextLosses();
      await this.#best.requireSound();
      return losses;
    });
    const report = this.#reporter.report(done, this.#plateau.share);
    if (this.#run.scorer !== undefined && this.#isScoreDue && this.#run.steps.pending === 0) {
      report.validationNll = await this.#score(this.#run.scorer);
    }
    const warnings = this.#run.warnings.splice(0);
    if (warnings.length > 0) report.warnings = warnings;
    const best = this.#best.score;
    if (best !== undefined) {
      report.bestValidationNll = best.nll;
      report.worstRow = best.worst;
      if (best.withoutDensity > 0) report.validationWithoutDensity = best.withoutDensity;
    }
    this.#best.copyNowAndThen(this.#run.steps.submitted);
    // Results from destroyed buffers are meaningless.
    this.#requireAlive();
    return report;
  }

  /** Leaves the flow with the best parameters, the checkpoint and the record of the run. */
  async end(): Promise<void> {
    const state = this.#run.state;
    try {
      const { copy } = this.#best;
      if (copy !== undefined) {
        state.record = this.#record(copy.step, copy.nll);
        state.copy = { parameters: copy.parameters, training: state.record };
      }
      await this.#run.steps.drain();
      if (this.#run.trainee.isAlive()) {
        state.last = await this.#run.trainee.gpu.guard(() => this.#snapshot());
        state.record = state.last.training;
        state.isFresh = false;
        await this.#best.restore();
      }
    } finally {
      this.#dispose();
    }
  }

  #dispose(): void {
    this.#best.dispose();
    this.#run.steps.dispose();
  }

  async #score({ score }: Scorer): Promise<number> {
    const found = await score(this.#run.options.signal);
    const { submitted } = this.#run.steps;
    this.#lastScore = { step: submitted, nll: found.nll };
    const counts = isCounted(submitted, this.#pace);
    const isBest = this.#best.record(found, submitted, counts);
    // A run that ends between two scores has one more; the rate must not depend on that.
    if (isScored(submitted, this.#pace)) this.#plateau.record(isBest, counts);
    return found.nll;
  }

  /** The state of the run after the last submitted step. */
  async #snapshot(): Promise<Checkpoint> {
    const [{ parameters, ...adam }, best] = await Promise.all([
      this.#run.steps.snapshot(),
      this.#best.snapshot(),
    ]);
    const settings = { ...storedSettings(this.#run.settings, 'isKept'), ...this.#run.rows.kept };
    const variants = { ...this.#run.variants };
    const plateau = this.#plateau.state;
    return {
      parameters,
      training: this.#record(adam.step, this.#best.score?.nll),
      optimizer: {
        ...adam,
        settings,
        variants,
        ...(best === undefined ? {} : { best }),
        ...(plateau === undefined ? {} : { plateau }),
      },
    };
  }

  #record(steps: number, bestValidationNll: number | undefined): TrainingRecord {
    const { source } = this.#run.rows;
    const { columns, table, contextColumns } = this.#run.options;
    const preset = this.#run.options.preset ?? this.#run.trainee.defaults(Infinity).preset;
    const validation = this.#validationRecord;
    const settings = storedSettings(this.#run.settings, 'isRecorded');
    return {
      library: LIBRARY,
      steps,
      seed: this.#run.settings.seed,
      options: source.kind === 'toy' ? { ...settings, noise: source.noise } : settings,
      ...(columns === undefined ? {} : { columns: [...columns] }),
      ...(table === undefined ? {} : { table: [...table] }),
      ...(contextColumns === undefined ? {} : { context: [...contextColumns] }),
      ...(source.kind === 'toy' ? { dataset: toyDensityOfShape(source.shape).name } : {}),
      ...(preset === undefined ? {} : { preset }),
      ...(bestValidationNll === undefined ? {} : { bestValidationNll }),
      ...(validation === undefined ? {} : { validation }),
    };
  }

  get #validationRecord(): ValidationRecord | undefined {
    const { validation } = this.#run.rows;
    if (validation === undefined) return undefined;
    const bestStep = this.#best.score?.step;
    const gaussianNll = this.#run.scorer?.gaussianNll;
    return {
      rows: validation.data.length / this.#run.trainee.model().spec.dim,
      heldOut: validation.heldOut !== undefined,
      ...(bestStep === undefined ? {} : { bestStep }),
      ...(gaussianNll === undefined ? {} : { gaussianNll }),
    };
  }

  #requireAlive(): void {
    if (!this.#run.trainee.isAlive()) throw new DisposedError('Flow');
  }
}

const COMBINED =
  'A column is a linear combination of the others, so the density can grow without bound. Leave one of them out.';

/** The options, with what an earlier run recorded of the data where they say nothing. */
function remembering(given: FitOptions, record: TrainingRecord | undefined): FitOptions {
  const columns = given.columns ?? record?.columns;
  const table = given.table ?? (given.columns === undefined ? record?.table : undefined);
  const contextColumns = given.contextColumns ?? record?.context;
  const preset = given.preset ?? record?.preset;
  return {
    ...given,
    ...(columns && { columns }),
    ...(table && { table }),
    ...(contextColumns && { contextColumns }),
    ...(preset !== undefined && { preset }),
  };
}

/** A point of each row of cells. */
function pointsOf({ data, widths }: ContextRows, dim: number, seed: number): Rows {
  return widths === undefined ? data : drawCells({ values: data, widths }, dim, { seed }).values;
}

/** @throws {ShapeError} when the schedule waits for scores, and no rows are scored */
function requireScores({ schedule }: TrainingSettings, validation: ValidationRows | undefined): void {
  if (schedule.kind !== 'plateau' || validation !== undefined) return;
  throw new ShapeError(
    'fit option schedule',
    'plateau without validation rows',
    'rows to score',
    'Give validation rows, or take another schedule.',
  );
}

/**
 * The best parameters of the resumed run, scored on the current rows, which may differ from before. Undefined
 * if the run makes no scores: its last parameters are the result.
 */
async function scoredAnew(
  { gpu, parameters }: Trainee,
  best: BestParameters | undefined,
  scorer: Scorer | undefined,
): Promise<(BestParameters & Score) | undefined> {
  if (best === undefined || scorer === undefined) return undefined;
  gpu.buffers.write(parameters, best.parameters);
  const score = await scorer.score();
  return Number.isFinite(score.merit) ? { ...best, ...score } : undefined;
}

/** Number of training rows; infinite for a toy density. */
function rowsOf({ source }: RunRows): number {
  return source.kind === 'dataset' ? source.rows : Infinity;
}
