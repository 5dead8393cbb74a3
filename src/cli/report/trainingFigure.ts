/** The course of training. */
import { ShapeError } from '../../errors.ts';
import { finalMedian } from '../lossCurve.ts';
import { figure } from './html.ts';
import { lossChart } from './lossChart.ts';
import type { Curves } from './lossChart.ts';
import { count, nats } from './words.ts';

/** @throws {ShapeError} if there is not one loss for each step */
export function trainingFigure(curves: Curves, skipped = 0): string {
  const { losses, scores, entropy, bestStep, unit = 'nats' } = curves;
  for (const [name, { step, nll }] of Object.entries({ losses, ...(scores && { scores }) })) {
    if (step.length === nll.length) continue;
    throw new ShapeError(`report ${name}`, `${nll.length} losses`, `${step.length}, one per step`);
  }
  const final = finalMedian(losses);
  const steps = losses.step.length;
  if (steps === 0 || final === undefined) {
    return figure('Loss', steps === 0 ? 'This run took no steps.' : 'No loss was finite.', '', 'wide');
  }
  const hasScores = scores !== undefined && scores.step.length > 0;
  const label =
    `Line chart of the training NLL over ${count(steps)} steps, ending near ${nats(final)} ${unit}` +
    (hasScores ? '; dots are the validation scores' : '') +
    (bestStep === undefined ? '' : `; a vertical line marks the best of them at step ${count(bestStep)}`) +
    (entropy === undefined ? '.' : `; a dashed line marks the exact entropy at ${nats(entropy)} nats.`);
  // Two drawings; the style sheet shows the one that fits. A scaled drawing would be illegible on a phone.
  const wide = lossChart(curves, { width: 744, height: 392 }, label);
  const narrow = lossChart(curves, { width: 360, height: 300 }, label);
  const words = [
    'NLL of each batch, and the running median as the strong line.',
    ...(hasScores ? ['Blue dots: NLL of the validation rows under the weights to be kept.'] : []),
    ...(bestStep === undefined ? [] : [`The model is from step ${count(bestStep)}, the best of them.`]),
    ...(curves.shift === undefined
      ? []
      : [
          `The losses are of points drawn from the cells of each row; ${curves.shift.toFixed(2).replace('-', '−')} nats are added to make them ` +
            'those of the rows.',
        ]),
    ...(skipped > 0 ? [`${count(skipped)} steps were skipped, as a value was not finite.`] : []),
    ...(wide.aboveAxis > 0 ? [`Above the chart: ${count(wide.aboveAxis)} of ${count(steps)} steps.`] : []),
  ];
  const chart = `<div class="if-wide">${wide.chart}</div><div class="if-narrow">${narrow.chart}</div>`;
  return figure('Loss', words.join(' '), chart, 'wide');
}
