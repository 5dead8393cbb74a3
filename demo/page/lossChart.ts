/** The loss over the steps, as one SVG element whose paths are replaced. */
import { decimal, short } from './figures.ts';
import { set, setText, svg } from './dom.ts';
import { lossRange, ticks, trainingLine } from './lossCurve.ts';
import type { LossCurve, LossPoint } from './lossCurve.ts';

/** Two lines of losses, and the chart in words. */
export interface LossLines {
  training: readonly LossPoint[];
  validation: readonly LossPoint[];
  words: string;
}

/** The lines of a run. */
export function linesOf(curve: LossCurve, floor: number | null): LossLines {
  const { validation, lastScore, smoothed } = curve;
  return { training: trainingLine(curve), validation, words: label(smoothed, lastScore?.nll, floor) };
}

const WIDTH = 270;
const HEIGHT = 180;
const PLOT = { left: 34, right: WIDTH - 4, top: 6, bottom: HEIGHT - 20 };

export class LossChart {
  readonly #svg = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' });
  readonly #axes = svg('g');
  readonly #training = svg('path', { class: 'train' });
  readonly #validation = svg('path', { class: 'validation' });
  readonly #floor = svg('path', { class: 'floor' });
  #axesKey = '';

  constructor(place: Element) {
    this.#svg.append(this.#axes, this.#floor, this.#training, this.#validation);
    place.append(this.#svg);
  }

  draw({ training, validation, words }: LossLines, steps: number, floor: number | null): void {
    const range = lossRange(
      [...training, ...validation].map(({ nll }) => nll),
      floor,
    );
    const x = (step: number): number => PLOT.left + ((PLOT.right - PLOT.left) * step) / Math.max(1, steps);
    const y = (nll: number): number => {
      const share = (nll - range[0]) / (range[1] - range[0]);
      return PLOT.bottom - (PLOT.bottom - PLOT.top) * Math.min(1, Math.max(0, share));
    };
    const line = (points: readonly LossPoint[]): string =>
      points
        .map(({ step, nll }, i) => `${i === 0 ? 'M' : 'L'}${x(step).toFixed(1)} ${y(nll).toFixed(1)}`)
        .join('');
    this.#drawAxes(range, steps, y);
    set(this.#training, { d: line(training) });
    set(this.#validation, { d: line(validation) });
    set(this.#floor, { d: floor === null ? '' : `M${PLOT.left} ${y(floor).toFixed(1)}H${PLOT.right}` });
    set(this.#svg, { 'aria-label': words });
  }

  #drawAxes(range: [number, number], steps: number, y: (nll: number) => number): void {
    const values = ticks(range);
    const key = [...range.map((value) => value.toFixed(2)), steps].join();
    if (key === this.#axesKey) return;
    this.#axesKey = key;
    const label = (attributes: Record<string, string | number>, text: string): SVGTextElement => {
      const element = svg('text', attributes);
      setText(element, text);
      return element;
    };
    this.#axes.replaceChildren(
      ...values.flatMap((value) => [
        svg('path', { class: 'axis', d: `M${PLOT.left} ${y(value).toFixed(1)}H${PLOT.right}` }),
        label({ x: PLOT.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, tick(value, values)),
      ]),
      label({ x: PLOT.left, y: HEIGHT - 4 }, '0'),
      label({ x: PLOT.right, y: HEIGHT - 4, 'text-anchor': 'end' }, `${short(steps)} steps`),
    );
  }
}

function tick(value: number, all: readonly number[]): string {
  const step = (all[1] ?? value + 1) - (all[0] ?? value);
  if (Math.max(...all.map(Math.abs)) >= 1e5) return value === 0 ? '0' : exponent(value, step);
  return value.toFixed(step >= 1 ? 0 : step >= 0.1 ? 1 : 2).replace('-', '−');
}

/** As many digits as distinguish it from its neighbours, in the width of five. */
function exponent(value: number, step: number): string {
  const digits = Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(step));
  return value
    .toExponential(Math.min(1, Math.max(0, digits)))
    .replace('.0e', 'e')
    .replaceAll('-', '−')
    .replace('e+', 'e');
}

function label(training: number | null, validation: number | undefined, floor: number | null): string {
  if (training === null) return 'Loss over the steps: no step here yet.';
  const parts = [`training ${decimal(training)}`];
  if (validation !== undefined) parts.push(`held out ${decimal(validation)}`);
  if (floor !== null) parts.push(`floor ${decimal(floor)}`);
  return `Loss over the steps, now in nats: ${parts.join(', ')}.`;
}
