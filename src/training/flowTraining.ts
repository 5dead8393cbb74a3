/** What a flow keeps of its training: the record of what made it, and where a `fit` stopped or is now. */
import { ShapeError } from '../errors.ts';
import { requireFitOptions, takeFit } from './options.ts';
import type { FitOptions, TakenFit, TrainingData } from './options.ts';
import type { Model, TrainingRecord } from '../io/modelFile.ts';
import type { FitReport, Trainee, TrainingSnapshot } from './fit.ts';

type FitFlow = Omit<Trainee, 'fresh' | 'last' | 'running' | 'finished' | 'copied'>;

export class FlowTraining {
  /** Neither trained nor loaded: the first training data set the scales of domains and the standardisation. */
  isFresh = false;
  #record: TrainingRecord | undefined;
  #last: TrainingSnapshot | undefined;
  #snapshot: (() => Promise<TrainingSnapshot>) | undefined;
  #copy: Omit<TrainingSnapshot, 'optimizer'> | undefined;
  #isRunning = false;

  constructor({ parameters, training, optimizer }: Model) {
    this.#record = training;
    if (training !== undefined && optimizer !== undefined) this.#last = { parameters, training, optimizer };
  }

  /** What made the model. */
  get record(): TrainingRecord | undefined {
    return this.#record;
  }

  /** Where the last `fit` stopped, for a checkpoint; its parameters are the last ones, not the best. */
  get last(): TrainingSnapshot | undefined {
    return this.#last;
  }

  /** The best parameters that the host has of the last `fit`, for when the device is lost. */
  get copy(): Omit<TrainingSnapshot, 'optimizer'> | undefined {
    return this.#copy;
  }

  /** Where the `fit` is that goes on, as a function; undefined where none does. */
  get snapshot(): (() => Promise<TrainingSnapshot>) | undefined {
    return this.#snapshot;
  }

  /**
   * Takes the rows and options as they are now; training begins when the first report is asked for.
   * @throws {ShapeError} at the first report, while another `fit` goes on; else as `fit` of the trainer
   */
  fit(flow: FitFlow, data: TrainingData, options: FitOptions): AsyncGenerator<FitReport, void, undefined> {
    return this.#fit(
      flow,
      outcomeOf(() => {
        requireFitOptions(data, options, flow.model.spec);
        return takeFit(data, options);
      }),
    );
  }

  async *#fit(flow: FitFlow, taken: () => TakenFit): AsyncGenerator<FitReport, void, undefined> {
    const { data, options } = taken();
    if (this.#isRunning) throw new ShapeError('fit', 'a fit that is still running', 'one at a time');
    this.#isRunning = true;
    const trainee: Trainee = {
      ...flow,
      fresh: this.isFresh,
      last: this.#last,
      running: (snapshot) => {
        this.#snapshot = snapshot;
      },
      copied: (copy) => {
        this.#copy = copy;
        this.#record = copy.training;
      },
      finished: (last) => {
        this.isFresh = false;
        this.#record = last.training;
        this.#last = last;
      },
    };
    try {
      // Loaded with the first training: a page that only samples does not wait for it.
      const { fit } = await import('./fit.ts');
      yield* fit(trainee, data, options);
    } finally {
      this.#isRunning = false;
      this.#snapshot = undefined;
    }
  }
}

/** Runs `make` now, and gives its result or throws its error when asked. */
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
