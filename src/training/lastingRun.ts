/** A training run that survives the loss of its device. */
import { DeviceLostError } from '../errors.ts';
import type { FitOptions, TrainingData } from './options.ts';
import type { FitReport } from './report.ts';
import { TrainingRun } from './run.ts';
import { resultOf } from './trainee.ts';
import type { Checkpoint, Trainee, TrainingState } from './trainee.ts';

/** Time between two snapshots of the run on the host, ms. */
const SNAPSHOT_MS = 4000;
/** Losses without a report between them, after which the run gives up. */
const MAX_LOSSES = 3;

/**
 * A run that goes on with another device if its own is lost: from the last snapshot, silently up to the last report, and
 * then as if nothing had happened. The same kernels give the same result.
 */
export class LastingRun {
  readonly #trainee: () => Trainee;
  readonly #state: TrainingState;
  readonly #data: TrainingData;
  #options: FitOptions;
  #run: TrainingRun | undefined;
  /** The last step whose report was given. */
  #reported = 0;
  #snapshot: Checkpoint | undefined;
  #snapshotAt = performance.now();
  /** The snapshot that is being taken. */
  #taking: Promise<void> | undefined;
  #losses = 0;
  /** Whether the device is lost, and there is no other. */
  #isOver = false;
  /** For the next report. */
  #news: string[] = [];

  private constructor(trainee: () => Trainee, state: TrainingState, data: TrainingData, options: FitOptions) {
    this.#trainee = trainee;
    this.#state = state;
    this.#data = data;
    this.#options = options;
  }

  /** @param trainee the flow on its device of the moment */
  static async start(
    trainee: () => Trainee,
    state: TrainingState,
    data: TrainingData,
    options: FitOptions,
  ): Promise<LastingRun> {
    const run = new LastingRun(trainee, state, data, options);
    await run.#lasting(() => run.#current());
    return run;
  }

  /** Steps done, including those of a resumed run. */
  get step(): number {
    return Math.max(this.#reported, this.#run?.step ?? 0);
  }

  /** Like `TrainingRun.isDone`. */
  get isDone(): boolean {
    return this.#run?.isDone ?? false;
  }

  /** Like `TrainingRun.reports`. @throws {DeviceLostError} when there is no other device */
  async *reports(count = Infinity): AsyncGenerator<FitReport, void, undefined> {
    const last = this.step + count;
    for (;;) {
      try {
        const run = await this.#current();
        for await (const report of run.reports(last - run.step)) {
          this.#reported = report.step;
          this.#losses = 0;
          this.#snapshotNowAndThen(run);
          yield this.#withNews(report);
        }
        return;
      } catch (error) {
        await this.#moveOn(error);
      }
    }
  }

  /** Like `TrainingRun.score`. */
  async score(): Promise<number | undefined> {
    return this.#lasting(async () => (await this.#current()).score());
  }

  /** Like `TrainingRun.end`. */
  async end(): Promise<void> {
    // A snapshot that came later would take the place of the result on the host.
    await this.#taking;
    if (!this.#isOver) await this.#lasting(async () => (await this.#current()).end());
  }

  /** Runs `work`, and again after each loss of the device. */
  async #lasting<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        await this.#moveOn(error);
      }
    }
  }

  /** The run, begun if there is none, at the last step that was reported. */
  async #current(): Promise<TrainingRun> {
    if (this.#run !== undefined) return this.#run;
    const run = await TrainingRun.start(this.#trainee(), this.#state, this.#data, this.#options);
    try {
      await run.begin();
      for await (const _ of run.reports(this.#reported - run.step));
    } catch (error) {
      await run.end();
      throw error;
    }
    this.#run = run;
    if (this.#snapshot === undefined) await this.#take(run);
    return run;
  }

  /** Prepares the next run after a loss. @throws the error if it is none, or there is no other device */
  async #moveOn(error: unknown): Promise<void> {
    if (!(error instanceof DeviceLostError)) throw error;
    const { signal } = this.#options;
    this.#run?.abandon();
    this.#run = undefined;
    if (this.#snapshot !== undefined) {
      this.#state.last = this.#snapshot;
      this.#state.record = this.#snapshot.training;
      this.#state.isFresh = false;
      this.#options = { ...this.#options, resume: true };
    }
    this.#losses++;
    this.#isOver = this.#losses > MAX_LOSSES || !(await this.#trainee().reopen());
    if (this.#isOver) throw error;
    signal?.throwIfAborted();
    const from =
      this.#snapshot === undefined ? 'started again' : `went on from step ${this.#snapshot.training.steps}`;
    this.#news.push(`The GPU device was lost (${error.reason}). Training ${from} on another one.`);
  }

  #withNews(report: FitReport): FitReport {
    const news = this.#news.splice(0);
    return news.length === 0 ? report : { ...report, warnings: [...news, ...(report.warnings ?? [])] };
  }

  #snapshotNowAndThen(run: TrainingRun): void {
    const isDue = performance.now() > this.#snapshotAt + SNAPSHOT_MS;
    if (isDue && this.#taking === undefined) void this.#take(run);
  }

  /** Brings the state of the run to the host, while the GPU works on. */
  #take(run: TrainingRun): Promise<void> {
    this.#taking = run
      .snapshot()
      .then(
        (snapshot) => {
          if (this.#run !== run) return;
          this.#snapshot = snapshot;
          this.#trainee().keepOnHost(resultOf(snapshot));
        },
        // The device was lost: the run goes on from the snapshot before.
        () => undefined,
      )
      .finally(() => {
        this.#taking = undefined;
        this.#snapshotAt = performance.now();
      });
    return this.#taking;
  }
}
