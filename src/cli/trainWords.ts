/** What `wgflow train` says of its rows before, and of its result after. */
import path from 'node:path';
import type { ValidationRecord } from '../io/modelFile.ts';
import { bitsPerDimension } from '../model/image.ts';
import { isToy } from '../training/options.ts';
import { RECENT_STEPS } from '../training/report.ts';
import type { WorstRow } from '../training/scoring.ts';
import { listedNames } from './commaList.ts';
import { oddLine } from './heldOutWords.ts';
import type { Session } from './session.ts';
import type { TrainingOutcome } from './trainingLoop.ts';
import { rowCount } from './trainingSet.ts';
import type { TrainingSet } from './trainingSet.ts';

/** The columns that are listed one by one. */
const COLUMNS_SHOWN = 40;

function tellColumns(session: Session, { plan, warnings = [] }: TrainingSet): void {
  if (plan !== undefined) {
    session.emit({ event: 'columns', columns: plan.words });
    session.say('Columns:');
    for (const words of plan.words.slice(0, COLUMNS_SHOWN)) session.say(`  ${words}`);
    const more = plan.words.length - COLUMNS_SHOWN;
    if (more > 0) session.say(`  … and ${more} more`);
  }
  for (const message of warnings) session.notice({ kind: 'warning', message });
}

/** Prints what each column is and how many rows are learned. */
export function tellRows(session: Session, set: TrainingSet): void {
  const { title, validation, heldOut } = set;
  if (isToy(set.data)) return;
  tellColumns(session, set);
  const dim = set.columns.length;
  const held = heldOut?.rows ?? (validation?.length ?? 0) / dim;
  const rows = rowCount(set) - (heldOut?.rows ?? 0);
  const words = held === 0 ? '' : `; ${held.toLocaleString('en')} for validation`;
  session.say(`Learning ${learnedWords(set, rows.toLocaleString('en'))} of ${title}${words}`);
}

function learnedWords({ image, codec, columns, context }: TrainingSet, rows: string): string {
  if (image === undefined) return `${listedNames(codec?.learned ?? columns)} from ${rows} rows`;
  const [label] = context?.columns ?? [];
  const labels = label !== undefined && 'levels' in label ? ` given ${label.levels.length} labels` : '';
  return `${rows} images of ${image.join(' × ')}${labels}`;
}

/** A larger difference between the losses of two batches is more than chance, nats. */
const CLIMB_NATS = 1;

/** Prints the end of a run, and emits its event. */
export function summarise(
  session: Session,
  outcome: TrainingOutcome,
  {
    modelFile,
    report,
    checkpoint,
    asked,
    imageDim,
  }: { modelFile?: string; report?: string; checkpoint?: string; asked: number; imageDim?: number },
): void {
  const { losses, scores: _, heldOut, ...event } = outcome;
  const { testNll, floor, trainNll, validation, withoutDensity = 0 } = outcome;
  const recent = Math.min(RECENT_STEPS, losses.nll.length);
  const given = outcome.context === undefined ? '' : ` given ${outcome.context.join(', ')}`;
  if (testNll !== undefined && floor !== undefined) {
    session.say(
      `Test NLL ${testNll.toFixed(4)} nats; the exact entropy${given}, the best any model can do, is ${floor.toFixed(4)} ` +
        `(gap ${(testNll - floor).toFixed(4)})`,
    );
  } else if (validation !== undefined) {
    const advice =
      imageDim === undefined ? 'Give it more rows, fewer columns' : 'Give it more images, more steps';
    for (const line of validationLines(outcome, validation, { asked, advice })) session.say(line);
    for (const line of oddLine(heldOut, validation)) session.say(line);
  } else if (losses.nll.length === 0) {
    session.say(`All ${outcome.steps.toLocaleString('en')} steps were done before`);
  } else {
    session.say(`Training NLL ${trainNll.toFixed(4)} nats, mean of the last ${recent} steps`);
  }
  const nll = outcome.valNll ?? trainNll;
  if (imageDim !== undefined && Number.isFinite(nll)) {
    const bits = bitsPerDimension([-nll], imageDim);
    session.say(
      `${bits.toFixed(4)} bits per dimension, a bound from above; pixels from 0 to 255 stand for intervals of width 1`,
    );
    session.emit({ event: 'bits', bitsPerDimension: bits });
  }
  if (withoutDensity > 0) {
    session.say(
      `Warning: ${withoutDensity.toLocaleString('en')} rows have no density under the model (log p = -Infinity): they lie outside ` +
        'the box of the uniform base. The training NLL counts such rows by how far outside they are; the true mean NLL is ' +
        'infinite. Choose another --base, or a larger bound.',
    );
  }
  const begun = losses.nll[0] ?? trainNll;
  if (trainNll > begun + CLIMB_NATS) {
    session.say(
      `Warning: the training NLL climbed from ${begun.toFixed(1)} to ${trainNll.toFixed(1)} nats, so the model is worse than ` +
        'an untrained one. Try a lower --lr or more --steps, and look for nearly constant columns or rows far out.',
    );
  }
  const files = [modelFile, report, checkpoint].filter((name) => name !== undefined && name !== '-');
  if (files.length > 0) session.say(`Wrote ${files.join(' and ')}`);
  if (report !== undefined) session.say(`Open ${path.join(report, 'report.html')} in a browser`);
  session.emit({ event: 'done', ...event, files });
}

/** The lines about held-out rows, the last step, and the comparison with a Gaussian. */
function validationLines(
  { steps, valNll, trainNll, worstRow, validationWithoutDensity = 0 }: TrainingOutcome,
  { rows, heldOut, bestStep, gaussianNll }: ValidationRecord,
  { asked, advice }: { asked: number; advice: string },
): string[] {
  const scored = `${rows.toLocaleString('en')} ${heldOut ? 'held-out rows' : 'validation rows'}`;
  const stopped =
    steps < asked
      ? `Stopped at step ${steps.toLocaleString('en')} of ${asked.toLocaleString('en')}, because scores stopped improving`
      : `Trained for ${steps.toLocaleString('en')} steps`;
  if (valNll === undefined) {
    return [
      `${stopped}; scored on ${scored}`,
      'Warning: no validation score was finite: the model gives none of those rows a density.',
    ];
  }
  const kept =
    bestStep === undefined
      ? ''
      : `; the model is from step ${bestStep.toLocaleString('en')}, the best on ${scored}`;
  return [
    `${stopped}${kept}`,
    `Best validation NLL ${valNll.toFixed(4)} nats${Number.isNaN(trainNll) ? '' : `; training NLL ${trainNll.toFixed(4)}`}`,
    ...gaussianLine(valNll, gaussianNll, advice),
    ...(worstRow === undefined ? [] : worstRowLines(worstRow, heldOut, validationWithoutDensity)),
  ];
}

/** A row whose density lies further below the Gaussian's, in nats, was thrown out by the flow. */
const FAR_NATS = 20;

function worstRowLines(
  { row, nll, gaussianNll }: WorstRow,
  heldOut: boolean,
  withoutDensity: number,
): string[] {
  const file = heldOut ? 'the table' : 'the validation rows';
  const where = `row ${row.toLocaleString('en')} of ${file}`;
  if (withoutDensity > 0) {
    const rows =
      withoutDensity === 1 ? where : `${withoutDensity.toLocaleString('en')} rows, such as ${where}`;
    return [
      `Warning: no density under the model (log p = -Infinity) for ${rows}. The score counts such a row like the least ` +
        'likely other one. Look at the row; with a uniform base, choose another --base or a larger bound.',
    ];
  }
  const line = `Least likely of them: ${where}, -log p ${nll.toFixed(1)} nats`;
  if (gaussianNll === undefined || nll < gaussianNll + FAR_NATS) return [line];
  return [
    line,
    `Warning: a Gaussian gives that row ${gaussianNll.toFixed(1)} nats. The model has no place for such rows: look at the row, ` +
      'give the model more rows like it, or take another --preset.',
  ];
}

/** The smallest difference that shows in two decimals. */
const VISIBLE_NATS = 0.005;

function gaussianLine(valNll: number, gaussianNll: number | undefined, advice: string): string[] {
  if (gaussianNll === undefined)
    return ['No Gaussian to compare with: a column is a linear combination of the others.'];
  const gain = gaussianNll - valNll;
  const size = Math.abs(gain).toLocaleString('en', { maximumFractionDigits: 2, minimumFractionDigits: 2 });
  const fitted = 'a Gaussian fitted to the same rows';
  if (gain >= VISIBLE_NATS) return [`${size} nats better than ${fitted}`];
  const words = gain > -VISIBLE_NATS ? `no better than ${fitted}` : `${size} nats worse than ${fitted}`;
  return [`Warning: the model is ${words} (${gaussianNll.toFixed(4)} nats). ${advice} or another --preset.`];
}
