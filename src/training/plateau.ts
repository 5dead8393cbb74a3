/** The learning rate of a plateau schedule, which the validation scores reduce. */
import type { Schedule } from '../model/schedule.ts';

/** What a checkpoint keeps of it. */
export interface PlateauState {
  reductions: number;
  /** Scores since the last reduction or better score. */
  scoresSince: number;
}

export class Plateau {
  readonly #schedule: Schedule;
  #state: PlateauState;

  constructor(schedule: Schedule, state: PlateauState = { reductions: 0, scoresSince: 0 }) {
    this.#schedule = schedule;
    this.#state = { ...state };
  }

  /** The share of the learning rate that is left; 1 for every other schedule. */
  get share(): number {
    const { kind } = this.#schedule;
    return kind === 'plateau' ? this.#schedule.factor ** this.#state.reductions : 1;
  }

  /** For a checkpoint; undefined for every other schedule. */
  get state(): PlateauState | undefined {
    return this.#schedule.kind === 'plateau' ? { ...this.#state } : undefined;
  }

  /** Counts a validation score, and reduces the rate if too many in a row were no better. */
  record(isBetter: boolean, isCounted: boolean): void {
    if (this.#schedule.kind !== 'plateau') return;
    const { reductions } = this.#state;
    const scoresSince = isBetter ? 0 : this.#state.scoresSince + (isCounted ? 1 : 0);
    const isReduced = scoresSince >= this.#schedule.patience;
    this.#state = isReduced ? { reductions: reductions + 1, scoresSince: 0 } : { reductions, scoresSince };
  }
}
