/** The steps that the GPU skipped because a value was not finite, and the return to earlier weights. */
import { TrainingDivergedError } from '../errors.ts';
import type { DivergedPart } from '../errors.ts';
import type { OptimizerState } from '../io/modelFile.ts';

/** Skipped steps in a row after which training goes back to its last good weights. */
const MAX_SKIPPED = 10;
/** How often a run goes back before it stops. */
const MAX_RETURNS = 3;
/** The share of the learning rate that each return leaves. */
const RETURN_SHARE = 0.25;

type DivergenceState = NonNullable<OptimizerState['divergence']>;

/** The step at which training must go back. */
export interface Diverged {
  step: number;
  part: DivergedPart;
}

export class Divergence {
  #state: DivergenceState;
  #lastFiniteNll = NaN;
  #lastPart: DivergedPart = 'loss';

  constructor(state: DivergenceState = { skipped: 0, skippedInARow: 0, returns: 0 }) {
    this.#state = { ...state };
  }

  /** Undefined if no step was skipped. */
  get state(): DivergenceState | undefined {
    return this.#state.skipped === 0 ? undefined : { ...this.#state };
  }

  /** The share of the learning rate that is left. */
  get share(): number {
    return RETURN_SHARE ** this.#state.returns;
  }

  /** Whether the last steps were applied, so that the weights after them are good. */
  get isGood(): boolean {
    return this.#state.skippedInARow === 0;
  }

  /** Whether each of the first `steps` steps was skipped. */
  isHopeless(steps: number): boolean {
    return this.#state.skipped === steps;
  }

  /**
   * Counts a step.
   * @param problem the part of the step that is not finite
   * @returns that part if training must go back: after too many skipped steps, or an update that was applied in part
   */
  record(nll: number, problem: DivergedPart | undefined): DivergedPart | undefined {
    if (problem === undefined) {
      this.#lastFiniteNll = nll;
      this.#state.skippedInARow = 0;
      return undefined;
    }
    this.#lastPart = problem;
    this.#state.skipped++;
    this.#state.skippedInARow++;
    const mustReturn = problem === 'update' || this.#state.skippedInARow >= MAX_SKIPPED;
    return mustReturn ? problem : undefined;
  }

  /**
   * Training has gone back to the weights of step `kept`.
   * @returns the news for the user
   * @throws {TrainingDivergedError} after too many returns
   */
  returned({ step, part }: Diverged, kept: number): string {
    this.#state.skippedInARow = 0;
    if (this.#state.returns === MAX_RETURNS) throw this.error(step);
    this.#state.returns++;
    const what = part === 'update' ? 'The update' : `The ${part}`;
    return (
      `${what} of step ${step} is not finite. Training went back to the weights of step ${kept}, ` +
      'and goes on with a quarter of the learning rate.'
    );
  }

  error(step: number): TrainingDivergedError {
    return new TrainingDivergedError(step, this.#lastFiniteNll, this.#lastPart, this.#state.returns);
  }
}
