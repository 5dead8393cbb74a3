/** The reports of `fit`. */
import { learningRateAt } from '../model/schedule.ts';
import type { TrainingSettings } from './settingTable.ts';
import type { WorstRow } from './scoring.ts';

/** What `fit` reports while it trains. */
export interface FitReport {
  /** Steps done. */
  step: number;
  /** Steps of the whole run. */
  steps: number;
  /**
   * Mean NLL over the last 50 steps of this run that have one, in nats; at a given step it does not depend on when it
   * is reported.
   */
  nll: number;
  /** NLL of each step since the last report, in nats [steps]. It need not be finite where the step was skipped. */
  losses: Float32Array;
  /** Global gradient norm of the last step, before clipping. */
  gradientNorm: number;
  /** Learning rate of the last step. */
  learningRate: number;
  /**
   * Mean NLL of the validation rows, if they were scored at this step, in nats. A row without density, outside a uniform
   * base or so far out that float32 overflows, counts like the least likely row that has one; infinite if none has.
   */
  validationNll?: number;
  /** The best validation score so far. */
  bestValidationNll?: number;
  /** Validation rows without density under the best parameters so far; absent if there are none. */
  validationWithoutDensity?: number;
  /** The validation row with the lowest log-density under the best parameters so far. */
  worstRow?: WorstRow;
  /** Steps skipped so far because their loss, gradient or update was not finite; absent if there are none. */
  skippedSteps?: number;
  /** What the flow cannot learn well of the rows, in the first report of a run; later, that training went back. */
  warnings?: readonly string[];
  /** Wall time per step over this report, in milliseconds. */
  msPerStep: number;
  /** Steps per second over this report. */
  stepsPerSecond: number;
  /** Rows trained on per second over this report. */
  samplesPerSecond: number;
}

/** Number of steps for a report's mean NLL, regardless of how many steps the report covers. */
export const RECENT_STEPS = 50;

export class Reporter {
  readonly #settings: TrainingSettings;
  #recent: readonly number[];

  /** @param recent the last losses before */
  constructor(settings: TrainingSettings, recent: readonly number[]) {
    this.#settings = settings;
    this.#recent = recent;
  }

  get recent(): readonly number[] {
    return this.#recent;
  }

  /** @param share the share of the learning rate that a plateau schedule has left */
  report(done: Pick<FitReport, 'step' | 'losses' | 'gradientNorm' | 'msPerStep'>, share: number): FitReport {
    const { batch, steps } = this.#settings;
    const { step, losses, gradientNorm, msPerStep } = done;
    this.#recent = [...this.#recent, ...losses.filter(Number.isFinite)].slice(-RECENT_STEPS);
    return {
      step,
      steps,
      nll: this.#recent.reduce((sum, value) => sum + value, 0) / this.#recent.length,
      losses,
      gradientNorm,
      learningRate: share * learningRateAt(this.#settings, step - 1),
      msPerStep,
      stepsPerSecond: 1000 / msPerStep,
      samplesPerSecond: (1000 * batch) / msPerStep,
    };
  }
}

/** One report of consecutive ones; undefined for none. */
export function joinedReports(reports: readonly FitReport[]): FitReport | undefined {
  const last = reports.at(-1);
  if (last === undefined || reports.length === 1) return last;
  const losses = Float32Array.from(reports.flatMap((report) => [...report.losses]));
  const ms = reports.reduce((sum, report) => sum + report.msPerStep * report.losses.length, 0);
  const msPerStep = ms / losses.length;
  const { validationNll } = reports.findLast((report) => report.validationNll !== undefined) ?? {};
  const warnings = reports.flatMap((report) => report.warnings ?? []);
  return {
    ...last,
    ...(warnings.length === 0 ? {} : { warnings }),
    losses,
    msPerStep,
    stepsPerSecond: 1000 / msPerStep,
    samplesPerSecond: (last.samplesPerSecond * last.msPerStep) / msPerStep,
    ...(validationNll === undefined ? {} : { validationNll }),
  };
}
