/** One model with its data and its pictures, and the loop that trains it. */
import { DeviceLostError, DisposedError, TrainingDivergedError, WgflowError } from '../../src/index.ts';
import type { FitOptions, Flow } from '../../src/index.ts';
import { trainingFlops } from '../../src/measure/index.ts';
import { paramLayout } from '../../src/page/index.ts';
import type { Filling } from '../../src/page/index.ts';
import type { Ending, FromWorker, ModelSettings, Pace, Price } from '../protocol.ts';
import { SCORE_DRAWS } from './dataSet.ts';
import type { DataSet } from './dataSet.ts';
import { freshSpec } from './flows.ts';
import { fitOptionsOf, settingsOf } from './modelSettings.ts';
import { drawingShareOf, nextDue, sleep, submitMsOf } from './pace.ts';
import type { PeakMeter } from './peak.ts';
import type { Studio } from './pictures/studio.ts';
import { scoreOf } from './score.ts';
import { Snapshots } from './snapshots.ts';
import type { Snapshot } from './snapshots.ts';
import { Telemetry } from './telemetry.ts';

/** Time between two scores of the held-out rows, ms. */
const SCORE_EVERY_MS = 1500;
/** If the peak is still unknown, training pauses after this time to measure it once, ms. */
const PEAK_AFTER_MS = 4000;

/** The parts that a trainer combines. */
export interface TrainerParts {
  flow: Flow;
  data: DataSet;
  settings: ModelSettings;
  studio: Studio;
  peak: PeakMeter;
  post: (message: FromWorker) => void;
}

interface Training {
  pace: Pace;
  aborter: AbortController;
  ended: Promise<void>;
  /** Whether the page gets a message about the pause. */
  isTold: boolean;
}

export class Trainer {
  readonly flow: Flow;
  readonly data: DataSet;
  settings: ModelSettings;
  readonly studio: Studio;
  readonly #peak: PeakMeter;
  readonly #post: (message: FromWorker) => void;
  readonly #parameters: number;
  #telemetry: Telemetry | undefined;
  #training: Training | undefined;
  #step: number;
  readonly #snapshots: Snapshots;
  /** The flow has an optimiser state to continue with. */
  #hasTrained: boolean;
  #isScoring = false;
  #scoredAt = -Infinity;
  #msPerStep: number | null = null;
  /** The memory of training, once it is known. */
  #bytes: number | undefined;
  #disposed = false;

  /** @param snapshot the state that the flow was loaded from */
  constructor({ flow, data, settings, studio, peak, post }: TrainerParts, snapshot?: Snapshot) {
    this.flow = flow;
    this.data = data;
    this.settings = settings;
    this.studio = studio;
    this.#peak = peak;
    this.#post = post;
    this.#parameters = paramLayout(flow.spec).parameterCount;
    this.#snapshots = new Snapshots(flow, snapshot);
    this.#hasTrained = this.snapshot.isResumable;
    this.#step = this.snapshot.step;
    studio.flowChanged(this.#step);
  }

  get snapshot(): Snapshot {
    return this.#snapshots.last;
  }

  /** Steps done. */
  get step(): number {
    return this.#step;
  }

  /** What brings the model back after it was disposed of; undefined without a step. */
  get trained(): Pick<Trainer, 'data' | 'settings' | 'snapshot'> | undefined {
    const { data, settings, snapshot } = this;
    return this.#step > 0 && snapshot.isResumable ? { data, settings, snapshot } : undefined;
  }

  /** The pace of the running training, if any. */
  get pace(): Pace | undefined {
    return this.#training?.pace;
  }

  /** @throws {ShapeError} if the batch is out of range */
  async price(): Promise<Price> {
    const { batch } = this.settings;
    const rows = this.data.kept.length / this.flow.dim;
    this.#bytes = (await this.flow.memory({ batch, rows })).total;
    return this.#priceNow(this.#bytes);
  }

  #priceNow(bytes: number): Price {
    return { parameters: this.#parameters, bytes, msPerStep: this.#msPerStep };
  }

  /** Starts training at this pace, to the end or to step `until`. */
  async train(pace: Pace, until?: number): Promise<void> {
    await this.stop({ isTold: false });
    await this.#peak.abort();
    const { steps } = this.settings;
    if (this.#step >= steps) {
      this.#post({ type: 'stopped', ...this.ending('done') });
      return;
    }
    const aborter = new AbortController();
    const run: Training = { pace, aborter, ended: Promise.resolve(), isTold: true };
    this.#training = run;
    if (until === undefined) this.#post({ type: 'training' });
    run.ended = this.#train(run, until);
  }

  /** Goes on with other settings. @throws {ShapeError} if the batch is out of range: nothing has changed */
  async tune(settings: ModelSettings): Promise<void> {
    const { pace, settings: before } = this;
    await this.stop({ isTold: false });
    this.settings = settings;
    try {
      this.#post({ type: 'price', price: await this.price() });
      this.#telemetry = undefined;
    } catch (error) {
      this.settings = before;
      throw error;
    } finally {
      if (pace !== undefined) await this.train(pace);
    }
  }

  /** @throws {WgflowError} during training, whose steps would disturb the measurement */
  async fill(settings: ModelSettings): Promise<Filling> {
    if (this.#training !== undefined) throw new WgflowError('NOT_READY', 'Pause the training first.');
    return this.#peak.fill(freshSpec(settings, this.data));
  }

  /** Stops after the current step. */
  async stop({ isTold }: { isTold: boolean }): Promise<void> {
    const run = this.#training;
    if (run === undefined) return;
    run.isTold = isTold;
    run.aborter.abort();
    await Promise.all([this.#peak.abort(), run.ended]);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#training?.aborter.abort();
    this.studio.dispose();
    this.flow.dispose();
  }

  async #train(run: Training, until: number | undefined): Promise<void> {
    const { steps } = this.settings;
    this.studio.setShare(drawingShareOf(run.pace));
    try {
      await this.#loop(run, until);
      if (this.#disposed) return;
      this.#catchUp();
      await this.#score();
      await this.#keep();
      this.#tell(true);
      const isEarly = until === undefined && !run.aborter.signal.aborted;
      if (this.#step >= steps) this.#post({ type: 'stopped', ...this.ending('done') });
      else if (isEarly) this.#post({ type: 'stopped', ...this.ending('early') });
      else if (run.isTold) this.#post({ type: 'stopped', ...this.ending('paused') });
    } catch (error) {
      this.#tellFailure(error);
    } finally {
      this.#training = undefined;
      if (!this.#disposed) {
        this.studio.setShare(drawingShareOf(undefined));
        this.studio.flowChanged(this.#step);
      }
    }
  }

  /** How training ended, and which parameters are kept. */
  ending(cause: Ending['cause']): Ending {
    const { steps } = this.settings;
    const isScored = typeof this.#validation === 'object';
    const best = this.flow.training?.validation?.bestStep;
    return {
      cause,
      step: this.#step,
      steps,
      heldOut: isScored ? this.data.heldOut : null,
      best: !isScored || best === undefined || best === this.#step ? null : best,
    };
  }

  /** The rows that stop training early; endless points have none. */
  get #validation(): FitOptions['validation'] {
    const { kept, validation, classes, cells } = this.data;
    if (kept.length === 0) return undefined;
    if (this.settings.allSteps === true || validation.length === 0) return false;
    return {
      data: validation,
      ...(classes && { context: classes.validation }),
      ...(cells && { widths: cells.validation }),
    };
  }

  /** Gives the flow of a checkpoint the best parameters so far, as a pause does. */
  async showBest(): Promise<void> {
    if (typeof this.#validation !== 'object') return;
    for await (const _ of this.#fit({ kind: 'flat-out' }, this.#step));
  }

  #fit(pace: Pace, until: number | undefined): ReturnType<Flow['fit']> {
    const { settings, data } = this;
    const validation = this.#validation;
    const { classes, cells } = data;
    return this.flow.fit(data.training, {
      ...fitOptionsOf(settings, data.columns),
      // An opened model may match no preset, whichever settings train it.
      preset: settingsOf(this.flow.spec, undefined)?.preset,
      ...(classes && { context: classes.training, contextColumns: [classes.column] }),
      ...(cells && { widths: cells.training, table: cells.codec.columns }),
      ...(validation !== undefined && { validation }),
      until,
      submitMs: submitMsOf(pace),
      resume: this.#hasTrained,
    });
  }

  async #loop({ pace, aborter: { signal } }: Training, until: number | undefined): Promise<void> {
    const begun = performance.now();
    const telemetry = this.#telemetryFrom(begun);
    let due = begun;
    let last = begun;
    this.#snapshots.begin(begun);
    for await (const report of this.#fit(pace, until)) {
      const now = performance.now();
      this.studio.stepsDone(report.losses.length, last, now);
      last = now;
      this.#step = report.step;
      this.#hasTrained = true;
      telemetry.report(report, now);
      this.studio.flowChanged(report.step);
      this.#tell(false);
      if (signal.aborted) break;
      this.#lookAfter(now);
      if (pace.kind === 'flat-out' && this.#peak.gflops === null && now - begun > PEAK_AFTER_MS) {
        await this.#peak.measure();
        last = performance.now();
        telemetry.restart(last);
      }
      const next = nextDue(pace, due, performance.now());
      due = next.due;
      if (next.wait > 0) await sleep(next.wait, signal);
    }
  }

  /** Counts the steps that were still running when the loop ended; their losses were not reported. */
  #catchUp(): void {
    this.#step = this.flow.training?.steps ?? this.#step;
    this.#telemetry?.report({ step: this.#step, losses: new Float32Array() }, performance.now());
  }

  /** Starts occasional work next to training, which does not wait for it. */
  #lookAfter(now: number): void {
    if (now - this.#scoredAt > SCORE_EVERY_MS) void this.#score();
    if (this.#snapshots.isDue(now)) void this.#keep();
  }

  #telemetryFrom(now: number): Telemetry {
    const { steps, batch } = this.settings;
    const { data } = this;
    this.#telemetry ??= new Telemetry(
      {
        steps,
        batch,
        flopsPerStep: trainingFlops(paramLayout(this.flow.spec), batch),
        floor: data.floor(),
        gaussianNll: data.gaussianNll(),
      },
      this.#step,
      now,
    );
    this.#telemetry.restart(now);
    return this.#telemetry;
  }

  #tell(force: boolean): void {
    const progress = this.#telemetry?.take(performance.now(), this.#peak.gflops, force);
    if (progress === undefined) return;
    this.#post({ type: 'progress', progress });
    if (this.pace?.kind !== 'flat-out' || progress.losses.length === 0) return;
    const before = this.#msPerStep;
    // The first steps compile and measure; a price that hardly changes is not news.
    if (this.#step < 10 || (before !== null && Math.abs(progress.msPerStep / before - 1) < 0.1)) return;
    this.#msPerStep = progress.msPerStep;
    if (this.#bytes !== undefined) this.#post({ type: 'price', price: this.#priceNow(this.#bytes) });
  }

  /** The mean NLL of the held-out rows, for the next progress. */
  async #score(): Promise<void> {
    const { validation, classes, cells } = this.data;
    if (this.#isScoring || validation.length === 0) return;
    this.#isScoring = true;
    this.#scoredAt = performance.now();
    try {
      const logProb = await this.flow.logProb(validation, {
        ...(classes && { context: classes.validation }),
        ...(cells && { widths: cells.validation, draws: SCORE_DRAWS }),
      });
      const { nll, error } = scoreOf(logProb);
      this.#telemetry?.score(nll, error);
    } catch {
      // The flow or its device is gone; the training loop reports it.
    } finally {
      this.#isScoring = false;
    }
  }

  async #keep(): Promise<void> {
    await this.#snapshots.take();
    if (this.snapshot.isResumable) this.#post({ type: 'snapshot', step: this.snapshot.step });
  }

  #tellFailure(error: unknown): void {
    if (this.#disposed || error instanceof DeviceLostError || error instanceof DisposedError) return;
    if (error instanceof TrainingDivergedError) {
      this.#tell(true);
      this.#post({ type: 'stopped', ...this.ending('diverged'), failure: error.message });
      return;
    }
    const failure = error instanceof Error ? error.message : String(error);
    this.#post({ type: 'mistake', message: failure });
    this.#post({ type: 'stopped', ...this.ending('failed'), failure });
  }
}
