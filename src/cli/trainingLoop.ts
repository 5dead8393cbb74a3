/** The training run of `wgflow train`: progress, events and checkpoints around `Flow.fit`. */
import type { HeldOut } from '../data/heldOut.ts';
import type { Flow } from '../flow/flow.ts';
import type { ValidationRecord } from '../io/modelFile.ts';
import type { WorstRow } from '../training/scoring.ts';
import type { FitOptions } from '../training/options.ts';
import type { Checkpoints } from './checkpoints.ts';
import { trainingProgress } from './progress.ts';
import type { Session } from './session.ts';
import type { TrainingSet } from './trainingSet.ts';

/** The history of a run. */
export interface TrainingHistory {
  /** Steps done, including those before a resumed run. */
  steps: number;
  /** The steps of this run, each with its batch's NLL in nats. */
  losses: { step: number[]; nll: number[] };
  /** The scores of this run on the validation rows, in nats. */
  scores: { step: number[]; nll: number[] };
  /** Steps skipped because a value was not finite, including those before a resumed run. */
  skippedSteps?: number;
  /** Mean over the last steps, at most `RECENT_STEPS`, in nats. */
  trainNll: number;
  /** The best validation score, in nats. */
  valNll?: number;
  /** The validation row with the lowest log-density; `row` is the line of its file. */
  worstRow?: WorstRow;
  /** Validation rows without density. */
  validationWithoutDensity?: number;
  msPerStep: number;
  samplesPerSecond: number;
}

/** @throws the signal's reason once it is aborted, after a last checkpoint */
export async function train(
  session: Session,
  flow: Flow,
  set: TrainingSet,
  options: FitOptions & { steps: number },
  checkpoints: Checkpoints | undefined,
): Promise<TrainingHistory> {
  const losses: TrainingHistory['losses'] = { step: [], nll: [] };
  const scores: TrainingHistory['scores'] = { step: [], nll: [] };
  let steps = 0;
  let skippedSteps: number | undefined;
  let ms = 0;
  let samples = 0;
  let valNll: number | undefined;
  let worstRow: WorstRow | undefined;
  let validationWithoutDensity: number | undefined;
  let trainNll = NaN;
  const before = flow.training;
  const progress = trainingProgress(session, options);
  try {
    for await (const report of flow.fit(set.data, options)) {
      steps = report.step;
      valNll = report.bestValidationNll;
      ({ validationWithoutDensity, skippedSteps } = report);
      worstRow = report.worstRow && inFile(report.worstRow, set);
      if (report.validationNll !== undefined) {
        scores.step.push(steps);
        scores.nll.push(report.validationNll);
      }
      trainNll = report.nll;
      const first = steps - report.losses.length + 1;
      report.losses.forEach((nll, index) => {
        losses.step.push(first + index);
        losses.nll.push(nll);
      });
      const elapsed = report.msPerStep * report.losses.length;
      ms += elapsed;
      samples += (report.samplesPerSecond * elapsed) / 1000;
      progress.update(report);
      const { losses: _, warnings = [], ...event } = { ...report, ...(worstRow && { worstRow }) };
      for (const message of warnings) session.notice({ kind: 'warning', message });
      session.emit({ event: 'step', ...event });
      await checkpoints?.keepNowAndThen(flow, report);
    }
  } catch (error) {
    progress.stop();
    // The flow gets a new record once training begins; a run that failed before must not replace a good checkpoint.
    if (checkpoints !== undefined && flow.training !== before) await checkpoints.keepAtEnd(flow);
    throw error;
  }
  progress.stop();
  // A resumed run may have nothing left to do.
  steps ||= flow.training?.steps ?? 0;
  valNll ??= flow.training?.bestValidationNll;
  return {
    steps,
    losses,
    scores,
    ...(skippedSteps === undefined ? {} : { skippedSteps }),
    trainNll,
    ...(valNll === undefined ? {} : { valNll }),
    ...(worstRow === undefined ? {} : { worstRow }),
    ...(validationWithoutDensity === undefined ? {} : { validationWithoutDensity }),
    msPerStep: ms / losses.nll.length,
    samplesPerSecond: (1000 * samples) / ms,
  };
}

/** A validation row by the line of its file, or counted from 1 in a file without lines. */
function inFile(worst: WorstRow, { lines }: TrainingSet): WorstRow {
  return { ...worst, row: lines?.of(worst.row) ?? worst.row + 1 };
}

/** The outcome of a run, for the summary and the report. */
export interface TrainingOutcome extends TrainingHistory {
  testNll?: number;
  /** Rows of the table with log-density −∞, for a bounded base. */
  withoutDensity?: number;
  /** The validation record of the training. */
  validation?: ValidationRecord;
  /** How likely the validation rows are under the model. */
  heldOut?: HeldOut;
  /** The exact entropy of a toy density, the lowest possible NLL. */
  floor?: number;
  /** The context columns of a conditional flow. */
  context?: string[];
  adapter: string;
}
