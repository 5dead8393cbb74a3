/** A training run that survives the loss of its device. */
import { DeviceLostError } from '../errors.ts';
import type { FitOptions, TrainingData } from './options.ts';
import { joinedReports } from './report.ts';
import type { FitReport } from './report.ts';
import { TrainingRun } from './run.ts';
import { resultOf } from './trainee.ts';
import type { Checkpoint, Trainee, TrainingState } from './trainee.ts';

/** Time between two snapshots of the run on the host, ms. */
const SNAPSHOT_MS = 4000;
/** Losses without a step between them, after which the run gives up. */
const MAX_LOSSES = 3;

/** The state of a run on the host. */
interface Snapshot {
  checkpoint: Checkpoint;
  /** The last losses, for the mean of the next reports. */
  recent: readonly number[];
}

/**
 * A run that goes on with another device if its own is lost: from the last snapshot, silently up to the last step that
 * was read, and then as if nothing had happened. The same kernels give the same result.
 */
export class LastingRun {
  readonly #trainee: () => Trainee;
  readonly #state: TrainingState;
  readonly #data: TrainingData;
  #options: FitOptions;
  #run: TrainingRun | undefined;
  /** The last step whose loss was read. */
  #read = 0;
  /** Reports that `reportEvery` joins. */
  #found: FitReport[] = [];
  #snapshot: Snapshot | undefined;
  #snapshotAt = 0;
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

  /** @param trainee gives the flow on its current device */
  static async start(
    trainee: () => Trainee,
    state: TrainingState,
    data: TrainingData,
    options: FitOptions,
  ): Promise<LastingRun> {
    const run = new LastingRun(trainee, state, data, options);
    await run.#lasting(() => run.#current());
    state.snapshot = () => run.#now();
    return run;
  }

  /** Steps done, including those of a resumed run. */
  get step(): number {
    return Math.max(this.#read, this.#run?.step ?? 0);
  }

  /** Like `TrainingRun.isDone`. */
  get isDone(): boolean {
    return this.#run?.isDone ?? false;
  }

  /** Like `TrainingRun.reports`, at the pace of `reportEvery`. @throws {DeviceLostError} if there is no other device */
  async *reports(count = Infinity): AsyncGenerator<FitReport, void, undefined> {
    const last = this.step + count;
    for (;;) {
      try {
        const run = await this.#current();
        for await (const report of run.reports(last - run.step)) {
          this.#read = report.step;
          this.#losses = 0;
          this.#found.push(report);
          // Only a run that has read all its steps gives a snapshot of them.
          if (performance.now() > this.#snapshotAt + SNAPSHOT_MS) {
            if (run.step === report.step) await this.#take(run);
            else run.pause();
          }
          if (this.#isDue(report, run, last)) yield this.#joined(report);
        }
        return;
      } catch (error) {
        await this.#moveOn(error);
      }
    }
  }

  /** Like `TrainingRun.score`. */
  async score(): Promise<number | undefined> {
    return this.#lasting(async () => {
      const run = await this.#current();
      const nll = await run.score();
      // Its parameters may be the best, and no other run would score them.
      await this.#take(run);
      return nll;
    });
  }

  /** Like `TrainingRun.end`. */
  async end(): Promise<void> {
    if (!this.#isOver) await this.#lasting(async () => (await this.#current()).end());
  }

  #isDue({ step, validationNll }: FitReport, run: TrainingRun, last: number): boolean {
    const isLast = step === last || (run.isDone && run.step === step);
    return isLast || validationNll !== undefined || step % (this.#options.reportEvery ?? 1) === 0;
  }

  /** All reports since the last one that was given, as one. */
  #joined(last: FitReport): FitReport {
    const report = joinedReports(this.#found) ?? last;
    const news = this.#news.splice(0);
    this.#found = [];
    return news.length === 0 ? report : { ...report, warnings: [...news, ...(report.warnings ?? [])] };
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

  /** The run at the last step that was read; another one after a loss. */
  async #current(): Promise<TrainingRun> {
    if (this.#run !== undefined) return this.#run;
    const recent = this.#snapshot?.recent;
    const run = await TrainingRun.start(this.#trainee(), this.#state, this.#data, this.#options, recent);
    try {
      await run.begin();
      for await (const _ of run.reports(this.#read - run.step));
      if (this.#snapshot === undefined) await this.#take(run);
    } catch (error) {
      await run.end();
      throw error;
    }
    this.#run = run;
    return run;
  }

  /** Prepares the next run after a loss. @throws the error if it is none, or there is no other device */
  async #moveOn(error: unknown): Promise<void> {
    if (!(error instanceof DeviceLostError)) throw error;
    const { signal } = this.#options;
    this.#run?.abandon();
    this.#run = undefined;
    const checkpoint = this.#snapshot?.checkpoint;
    if (checkpoint !== undefined) {
      this.#state.last = checkpoint;
      this.#state.record = checkpoint.training;
      this.#state.isFresh = false;
      this.#options = { ...this.#options, resume: true };
    }
    this.#losses++;
    this.#isOver = this.#losses > MAX_LOSSES || !(await this.#trainee().reopen());
    if (this.#isOver) throw error;
    signal?.throwIfAborted();
    const from =
      checkpoint === undefined ? 'started again' : `went on from step ${checkpoint.training.steps}`;
    this.#news.push(`The GPU device was lost (${error.reason}). Training ${from} on another one.`);
  }

  /** The state of the run now; while its device is lost, that of the last snapshot. */
  async #now(): Promise<Checkpoint> {
    try {
      if (this.#run !== undefined) return await this.#run.snapshot();
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
    }
    if (this.#snapshot === undefined) throw new RangeError('a run has a snapshot from its start');
    return this.#snapshot.checkpoint;
  }

  /** Brings the state of the run to the host. All its steps have been read. */
  async #take(run: TrainingRun): Promise<void> {
    const { recent } = run;
    this.#snapshot = { checkpoint: await run.snapshot(), recent };
    this.#snapshotAt = performance.now();
    this.#trainee().keepOnHost(resultOf(this.#snapshot.checkpoint));
  }
}
