/** A training run that the caller steps. */
import { integer } from '../calls/optionRules.ts';
import { ShapeError } from '../errors.ts';
import { joinedReports } from './report.ts';
import type { FitReport } from './report.ts';
import type { LastingRun } from './lastingRun.ts';

const COUNT = integer(1);

/**
 * A training run whose steps the caller asks for, from `flow.train(data, options)`. It makes the same steps and the same
 * scores as `flow.fit(data, options)`. Calls run one after another. Between them the flow has the parameters of the last
 * step, and `end` leaves it with the best ones.
 *
 * @example
 * await using run = await flow.train(points, { steps: 1000 });
 * while (!run.isDone) {
 *   const { step, nll } = await run.steps(100);
 *   console.log(step, nll, await run.score());
 * }
 */
export class StepwiseRun implements AsyncDisposable {
  readonly #run: LastingRun;
  readonly #ended: () => void;
  #calls: Promise<unknown> = Promise.resolve();
  #end: Promise<void> | undefined;
  #hasFailed = false;

  /** Use `flow.train`. */
  constructor(run: LastingRun, ended: () => void) {
    this.#run = run;
    this.#ended = ended;
  }

  /** Steps done, including those of a resumed run. */
  get step(): number {
    return this.#run.step;
  }

  /** Whether all steps are done, or the scores have stopped improving. */
  get isDone(): boolean {
    return this.#run.isDone;
  }

  /**
   * Makes the next n steps, fewer if the run is done before. The report covers all of them.
   * @throws {ShapeError} when n is no positive integer, the run is done, or it has ended
   * @throws {TrainingDivergedError} like `fit`
   */
  async steps(n: number): Promise<FitReport> {
    if (!COUNT.accepts(n)) throw new ShapeError('n', String(n), COUNT.expected);
    return this.#next(async () => {
      const found = [];
      for await (const report of this.#run.reports(n)) found.push(report);
      const report = joinedReports(found);
      if (report !== undefined) return report;
      throw new ShapeError('steps', 'a run that is done', 'one with steps left', 'Look at isDone.');
    });
  }

  /**
   * The mean NLL of the validation rows now, in nats. The parameters are kept if they are the best so far.
   * @throws {ShapeError} when the run has no validation rows, or has ended
   */
  async score(): Promise<number> {
    return this.#next(async () => {
      const nll = await this.#run.score();
      if (nll !== undefined) return nll;
      throw new ShapeError('score', 'a run without validation rows', 'rows to score', 'Give validation.');
    });
  }

  /**
   * Ends the run: the flow keeps the best parameters, or the last ones if there are no scores.
   * @throws {GpuMemoryError | GpuWorkError} when the GPU refused the last work
   */
  async end(): Promise<void> {
    this.#end ??= this.#calls.then(() => this.#run.end()).finally(this.#ended);
    return this.#end;
  }

  /** Like `end`. After a call that failed it throws nothing, so that `await using` throws that call's error. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.end();
    } catch (error) {
      if (!this.#hasFailed) throw error;
    }
  }

  /** Runs `call` after the calls before it. */
  async #next<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#end !== undefined) {
      throw new ShapeError('run', 'a run that has ended', 'one that goes on', 'Start another by flow.train.');
    }
    const result = this.#calls.then(call);
    this.#calls = result.catch(() => {
      this.#hasFailed = true;
    });
    return result;
  }
}
