/** One run of `fit`: its rows, its settings, its steps on the GPU, its scores and its record. */
import { toyDensityOfShape } from '../data/toy.ts';
import { DisposedError } from '../errors.ts';
import type { BestParameters, TrainingRecord, ValidationRecord } from '../io/modelFile.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { tensorsOfData } from '../spec/init.ts';
import { LIBRARY } from '../version.ts';
import { BestSoFar } from './best.ts';
import { Divergence } from './divergence.ts';
import type { Diverged } from './divergence.ts';
import type { FitOptions, TrainingData } from './options.ts';
import type { TrainingSettings } from './settingTable.ts';
import { Plateau } from './plateau.ts';
import { prepareRun, rowsOf } from './prepare.ts';
import { Reporter } from './report.ts';
import type { FitReport } from './report.ts';
import type { RunRows } from './rows.ts';
import { isCounted, isScored, nextScoreAfter, scorerOf } from './scoring.ts';
import type { Score, Scorer, ScoringPace } from './scoring.ts';
import { storedSettings } from './settings.ts';
import { GpuSteps } from './steps.ts';
import { resultOf } from './trainee.ts';
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
  divergence: Divergence;
  /** For the next report. */
  warnings: string[];
}

export class TrainingRun {
  readonly #run: RunParts;
  readonly #best: BestSoFar;
  readonly #plateau: Plateau;
  readonly #reporter: Reporter;
  readonly #pace: ScoringPace;
  readonly #until: number;
  /** The last score of this run. */
  #lastScore: { step: number; nll: number } | undefined;
  /** Whether all submitted steps are to be read before others are submitted. */
  #isPauseDue = false;

  private constructor(run: RunParts, recent: readonly number[] = []) {
    const { trainee, options, rows, settings } = run;
    const { batch, steps } = settings;
    this.#run = run;
    this.#best = new BestSoFar(trainee);
    this.#plateau = run.plateau;
    this.#reporter = new Reporter(settings, recent);
    this.#until = Math.min(options.until ?? steps, steps);
    this.#pace = { every: rows.validation?.every, rows: rowsOf(rows), batch, steps };
  }

  /**
   * Checks everything, then uploads the rows and scales a fresh flow to them.
   * @param recent the last losses of the run that goes on, if its device was lost
   */
  static async start(
    trainee: Trainee,
    state: TrainingState,
    data: TrainingData,
    given: FitOptions,
    recent?: readonly number[],
  ): Promise<TrainingRun> {
    const { gpu, parameters, model } = trainee;
    const prepared = await prepareRun(trainee, state, data, given);
    const { options, settings, resumed, rows, source, noise, start, shift, warnings } = prepared;
    const { training, validation, weights = training?.weights } = rows;
    const blocks = rows.blocks ?? (training && (() => [training]));
    const optimizer = resumed?.optimizer;
    const { signal } = options;
    const { seed } = settings;
    signal?.throwIfAborted();
    const variants = await gpu.guard(() => trainee.variantsFor(settings.batch, optimizer?.variants));
    signal?.throwIfAborted();
    if (!trainee.isAlive()) throw new DisposedError('Flow');
    const scorer = validation && scorerOf(trainee, { validation, training, seed }, variants);
    if (training !== undefined && scorer?.gaussianNll === undefined && scorer !== undefined)
      warnings.push(COMBINED);
    const best = await gpu.guard(() => scoredAnew(trainee, optimizer?.best, scorer));
    const divergence = new Divergence(optimizer?.divergence);
    const steps = await gpu.guard(() =>
      GpuSteps.create(
        trainee,
        { source, blocks, weights, noise, offset: shift?.offset, settings, variants, divergence },
        optimizer,
      ),
    );
    const plateau = new Plateau(settings.schedule, optimizer?.plateau);
    const made = { trainee, state, options, settings, variants };
    // The warnings of a run that goes on were given.
    if (recent !== undefined) warnings.splice(0);
    const run = new TrainingRun({ ...made, rows, steps, scorer, plateau, divergence, warnings }, recent);
    if (best !== undefined) run.#best.resume(best, steps.submitted);
    if (state.isFresh && start !== undefined) {
      const host = trainee.hostParameters().slice();
      for (const { tensor, values } of tensorsOfData(model().layout, start)) {
        gpu.buffers.write(parameters, values, tensor.offset);
        host.set(values, tensor.offset);
      }
      trainee.keepOnHost(host);
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
    return run;
  }

  /** Initialises a fresh flow from its first batch, and scores the start. */
  async begin(): Promise<void> {
    const { steps } = this.#run;
    await this.#run.trainee.gpu.guard(() => steps.startFromData());
    steps.keep();
    // The start itself, such as the Gaussian of the data, may be better than every later step. A resumed run
    // may have stopped between a step and its score.
    const { submitted } = steps;
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
   * the one before, unless `pause` was called. It ends early if the run is done.
   * @throws the signal's reason once it is aborted
   * @throws {TrainingDivergedError} when a return to earlier weights did not help
   */
  async *reports(count = Infinity): AsyncGenerator<FitReport, void, undefined> {
    const last = Math.min(this.#until, this.step + count);
    while (this.step < last && !this.isDone) {
      this.#submit(last);
      while (this.#run.steps.pending > (this.#isPauseDue ? 0 : 1)) yield await this.#report();
    }
  }

  /** Has the steps that are submitted reported before others are. */
  pause(): void {
    this.#isPauseDue = true;
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

  /** Puts the next steps on the GPU's queue, up to the next pause and to step `end`. */
  #submit(end: number): void {
    this.#run.options.signal?.throwIfAborted();
    this.#requireAlive();
    const { submitted } = this.#run.steps;
    const last = Math.min(end, this.#nextPauseAfter(submitted));
    const { reportEvery = Infinity } = this.#run.options;
    const untilReport = reportEvery === Infinity ? Infinity : reportEvery - (submitted % reportEvery);
    this.#run.steps.submit(Math.min(last - submitted, untilReport), this.#share);
    this.#isPauseDue = this.step === last;
  }

  /** The next step after which all losses are read: those with a score, or else a few. */
  #nextPauseAfter(step: number): number {
    return this.#run.scorer === undefined
      ? step + PAUSE_EVERY - (step % PAUSE_EVERY)
      : nextScoreAfter(step, this.#pace);
  }

  /** The share of the learning rate that is left. */
  get #share(): number {
    return this.#plateau.share * this.#run.divergence.share;
  }

  /** The report of the oldest submit, with a score if one is due. */
  async #report(): Promise<FitReport> {
    const { trainee, steps, scorer, divergence, warnings } = this.#run;
    const { diverged, ...done } = await trainee.gpu.guard(async () => {
      const losses = await steps.nextLosses();
      await this.#best.requireSound();
      return losses;
    });
    const report = this.#reporter.report(done, this.#share);
    if (diverged !== undefined) await this.#goBack(diverged);
    if (report.step === this.#until && divergence.isHopeless(report.step))
      throw divergence.error(report.step);
    if (steps.pending === 0) {
      const isScoreDue = this.step === this.#until || isScored(this.step, this.#pace);
      if (scorer !== undefined && isScoreDue) report.validationNll = await this.#score(scorer);
      const isPause = this.#nextPauseAfter(this.step - 1) === this.step;
      if (isPause && divergence.isGood) steps.keep();
    }
    const skippedSteps = divergence.state?.skipped;
    if (skippedSteps !== undefined) report.skippedSteps = skippedSteps;
    const news = warnings.splice(0);
    if (news.length > 0) report.warnings = news;
    const best = this.#best.score;
    if (best !== undefined) {
      report.bestValidationNll = best.nll;
      report.worstRow = best.worst;
      if (best.withoutDensity > 0) report.validationWithoutDensity = best.withoutDensity;
    }
    // Results from destroyed buffers are meaningless.
    this.#requireAlive();
    return report;
  }

  /** Goes back to the last good weights. @throws {TrainingDivergedError} after too many times */
  async #goBack(diverged: Diverged): Promise<void> {
    const { trainee, steps, divergence, warnings } = this.#run;
    const kept = await trainee.gpu.guard(() => steps.goBack(diverged.step));
    warnings.push(divergence.returned(diverged, kept));
  }

  /** Leaves the flow with the best parameters, the checkpoint and the record of the run. */
  async end(): Promise<void> {
    const state = this.#run.state;
    try {
      await this.#run.steps.drain();
      if (this.#run.trainee.isAlive()) {
        state.last = await this.snapshot();
        state.record = state.last.training;
        this.#run.trainee.keepOnHost(resultOf(state.last));
        state.isFresh = false;
        const heldOut = await this.#run.trainee.gpu.guard(async () => {
          await this.#best.restore();
          return this.#run.scorer?.heldOut();
        });
        // A checkpoint has none: its parameters are the last ones.
        if (heldOut !== undefined) state.record = { ...state.record, heldOut };
      }
    } finally {
      this.#dispose();
    }
  }

  /** Ends a run whose device is lost. */
  abandon(): void {
    this.#dispose();
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
  snapshot(): Promise<Checkpoint> {
    return this.#run.trainee.gpu.guard(() => this.#snapshot());
  }

  /** The last losses, for the mean of the next reports. */
  get recent(): readonly number[] {
    return this.#reporter.recent;
  }

  async #snapshot(): Promise<Checkpoint> {
    // A score may end while the GPU copies; all parts of the state are of one moment.
    const { settings, rows, variants, steps, divergence } = this.#run;
    const training = this.#record(steps.submitted, this.#best.score?.nll);
    const state = { plateau: this.#plateau.state, divergence: divergence.state };
    const [{ parameters, ...adam }, best] = await Promise.all([steps.snapshot(), this.#best.snapshot()]);
    return {
      parameters,
      training,
      optimizer: {
        ...adam,
        settings: { ...storedSettings(settings, 'isKept'), ...rows.kept },
        variants: { ...variants },
        ...(best === undefined ? {} : { best }),
        ...(state.plateau === undefined ? {} : { plateau: state.plateau }),
        ...(state.divergence === undefined ? {} : { divergence: state.divergence }),
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

/** Steps between two pauses of a run without scores. */
const PAUSE_EVERY = 200;

const COMBINED =
  'A column is a linear combination of the others, so the density can grow without bound. Leave one of them out.';

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
