/** The training curve. */
import * as Plot from '@observablehq/plot';
import { cutAbove, extremes, lossDomain, runningMedian } from '../lossCurve.ts';
import type { LossCurve } from '../lossCurve.ts';
import { svg } from '../svgChart.ts';
import { frame, PANEL } from './chartFrame.ts';
import type { Domain } from './chartFrame.ts';

export interface Curves {
  /** NLL of the batch of each step, nats. */
  losses: LossCurve;
  /** What is added to each loss, so that it compares with the scores, nats. */
  shift?: number;
  /** NLL of the validation rows, nats. */
  scores?: LossCurve;
  /** The step of the best score. */
  bestStep?: number;
  /** The unit of the losses and scores. Default: nats. */
  unit?: string;
  /** Exact entropy of the data's distribution in nats, the lowest NLL that any model can reach. */
  entropy?: number;
}

/**
 * The training curve: every step faintly (or the extremes of many), the running median over it, the scores as dots, and
 * the exact entropy if it is known. `aboveAxis` counts the steps that are above the chart or not finite.
 */
export function lossChart(
  { losses: { step, nll: raw }, shift = 0, scores, bestStep, entropy, unit = 'nats' }: Curves,
  size: { width: number; height: number },
  label: string,
): { chart: string; aboveAxis: number } {
  const nll = Array.from(raw, (value) => value + shift);
  const losses = { step, nll };
  const scored = Array.from(scores?.nll ?? [], (value, i): [number, number] => [
    scores?.step[i] ?? NaN,
    value,
  ]);
  const domain = lossDomain([...nll, ...scored.map(([, value]) => value)], entropy);
  const drawn = (curve: [number, number][]) => cutAbove(curve, domain[1]);
  const last = step[step.length - 1] ?? 1;
  const steps: Domain = [Math.min(step[0] ?? 0, ...(bestStep === undefined ? [] : [bestStep])), last];
  const marks: Plot.Markish[] = [
    ...frame({ name: 'step', domain: steps }, { name: `NLL, ${unit}`, domain }),
    Plot.line(drawn(extremes(losses, Math.round(size.width / 2))), {
      stroke: 'var(--model)',
      strokeWidth: 0.75,
      strokeOpacity: 0.45,
    }),
    Plot.line(drawn(runningMedian(losses, 160)), { stroke: 'var(--model)', strokeWidth: 2 }),
  ];
  const inside = scored.filter(([at, value]) => value >= domain[0] && value <= domain[1] && at >= steps[0]);
  if (bestStep !== undefined) {
    const isLate = bestStep > (steps[0] + steps[1]) / 2;
    marks.push(
      Plot.ruleX([bestStep], { stroke: 'var(--data)', strokeWidth: 1.25 }),
      Plot.text([[bestStep, domain[1]]], {
        text: () => `best, step ${bestStep.toLocaleString('en-US')}`,
        textAnchor: isLate ? 'end' : 'start',
        dx: isLate ? -6 : 6,
        dy: 8,
        fill: 'var(--ink)',
        stroke: 'var(--card)',
        strokeWidth: 4,
        fontWeight: 600,
      }),
    );
  }
  marks.push(Plot.dot(inside, { r: 3, fill: 'var(--data)' }));
  if (entropy !== undefined) {
    marks.push(
      Plot.ruleY([entropy], { stroke: 'var(--ink)', strokeDasharray: '5 4', strokeWidth: 1.25 }),
      Plot.text([[last, entropy]], {
        text: () => `exact entropy ${entropy.toFixed(3)}`.replace('-', '−'),
        textAnchor: 'end',
        dy: 13,
        fill: 'var(--ink)',
        stroke: 'var(--card)',
        strokeWidth: 4,
        fontWeight: 600,
      }),
    );
  }
  const chart = svg({
    ...PANEL,
    // Room for ticks such as 10.65 next to the axis' name.
    marginLeft: 54,
    ...size,
    label,
    x: { domain: steps },
    y: { domain },
    marks,
  });
  return { chart, aboveAxis: nll.filter((value) => !(value <= domain[1])).length };
}
