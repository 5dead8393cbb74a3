/** The training of one flow: one `fit` at a time, and the state that the flow keeps of it. */
import { ShapeError } from '../errors.ts';
import type { Model, TrainingRecord } from '../io/modelFile.ts';
import type { fit, startRun } from './fit.ts';
import { takeFit } from './options.ts';
import type { GivenData, GivenFit } from './options.ts';
import type { FitReport } from './report.ts';
import type { StepwiseRun } from './stepwise.ts';
import type { Trainee, TrainingState } from './trainee.ts';

/** The code of `fit` and `train`. */
export interface TrainingCode {
  fit: typeof fit;
  startRun: typeof startRun;
}

export class FlowTraining implements TrainingState {
  isFresh = false;
  record: TrainingRecord | undefined;
  last: TrainingState['last'];
  snapshot: TrainingState['snapshot'];
  readonly #trainee: () => Trainee;
  readonly #code: () => Promise<TrainingCode>;
  #isRunning = false;

  /** @param code is loaded with the first training, so that a page that only samples does not wait for it */
  constructor(
    trainee: () => Trainee,
    { parameters, training, optimizer }: Model,
    code: () => Promise<TrainingCode>,
  ) {
    this.#trainee = trainee;
    this.#code = code;
    this.record = training;
    if (training !== undefined && optimizer !== undefined) this.last = { parameters, training, optimizer };
  }

  /**
   * Copies the rows and options at the call; training begins when the first report is requested.
   * @throws {ShapeError} at the first report, if another `fit` is running; otherwise like `Flow.fit`
   */
  fit(data: GivenData, options: GivenFit): AsyncGenerator<FitReport, void, undefined> {
    const { spec } = this.#trainee().model();
    return refusingAwait(this.#fit(outcomeOf(() => takeFit(data, options, spec))));
  }

  async *#fit(taken: () => ReturnType<typeof takeFit>): AsyncGenerator<FitReport, void, undefined> {
    const { data, options } = taken();
    this.#begin();
    try {
      const { fit } = await this.#code();
      yield* fit(this.#trainee, this, data, options);
    } finally {
      this.#end();
    }
  }

  /** Begins a run that the caller steps. @throws {ShapeError} if a run is going on; otherwise like `Flow.fit` */
  async train(data: GivenData, options: GivenFit): Promise<StepwiseRun> {
    const taken = takeFit(data, options, this.#trainee().model().spec);
    this.#begin();
    try {
      const { startRun } = await this.#code();
      return await startRun(this.#trainee, this, taken.data, taken.options, () => this.#end());
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** The flow was changed by hand: no data start it, and no earlier run can go on. @throws {ShapeError} while a run is going on */
  restart(): void {
    if (this.#isRunning) throw new ShapeError('setParameters', 'a fit that is still running', 'none');
    this.isFresh = false;
    this.last = undefined;
    this.record &&= { ...this.record, heldOut: undefined };
  }

  #begin(): void {
    if (this.#isRunning) throw new ShapeError('fit', 'a fit that is still running', 'one at a time');
    this.#isRunning = true;
  }

  #end(): void {
    this.#isRunning = false;
    this.snapshot = undefined;
  }
}

/**
 * The same run, which throws if it is awaited without a loop: JavaScript would go on, and nothing would be trained.
 * @throws {ShapeError} at the await
 */
function refusingAwait(
  run: AsyncGenerator<FitReport, void, undefined>,
): AsyncGenerator<FitReport, void, undefined> {
  const then = (_: unknown, reject: (error: ShapeError) => void): void =>
    reject(
      new ShapeError(
        'fit',
        'an await without a loop, which trains nothing',
        'a loop over the reports',
        'Write: for await (const report of flow.fit(data)) console.log(report.nll);',
      ),
    );
  // oxlint-disable-next-line unicorn/no-thenable -- an await must be told from a loop
  return Object.defineProperty(run, 'then', { value: then });
}

/** Runs `make` now, and returns its result or throws its error later, when called. */
function outcomeOf<Result>(make: () => Result): () => Result {
  try {
    const result = make();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
