/** The card of the loss: curve, verdict, counters, and a sentence now and then for those who listen. */
import type { Progress } from '../protocol.ts';
import { byId, setText } from './dom.ts';
import { count, decimal, short } from './figures.ts';
import { LossChart } from './lossChart.ts';
import { LossSeries } from './lossSeries.ts';
import { verdict } from './verdict.ts';
import type { Standing } from './verdict.ts';

/** Milliseconds between two drawings of the curve, and between two spoken sentences. */
const DRAW_EVERY = 200;
const SPEAK_EVERY = 10_000;

/** What the verdict needs to know of the model and its data. */
export type ShownRun = Pick<Standing, 'given' | 'isBounded' | 'isFinite' | 'keepsBest' | 'origin'>;

const UNKNOWN_RUN: ShownRun = {
  given: null,
  isBounded: false,
  isFinite: false,
  keepsBest: false,
  origin: null,
};

export class LossPanel {
  readonly #series = new LossSeries();
  readonly #chart = new LossChart(byId('loss-chart', HTMLElement));
  readonly #live = byId('live', HTMLElement);
  #last: Progress | undefined;
  #hasDiverged = false;
  #isResting = false;
  #waiting = false;
  #spoken = 0;
  #steps = 0;
  #shown = UNKNOWN_RUN;

  /** Empty, for a run of so many steps. */
  clear(steps: number, shown: Partial<ShownRun> = {}): void {
    this.#steps = steps;
    this.#shown = { ...UNKNOWN_RUN, ...shown };
    this.#series.clear();
    this.#last = undefined;
    this.#hasDiverged = false;
    this.#isResting = false;
    this.#draw();
    for (const id of ['steps', 'samples', 'gflops', 'share']) setText(byId(`count-${id}`, HTMLElement), '–');
  }

  add(progress: Progress): void {
    this.#last = progress;
    this.#isResting = false;
    this.#series.add(progress.losses);
    const { step, validationNll, validationError } = progress;
    if (validationNll !== null) this.#series.score(step, validationNll, validationError ?? NaN);
    if (!this.#waiting) setTimeout(() => this.#draw(), DRAW_EVERY);
    this.#waiting = true;
    const now = performance.now();
    if (now - this.#spoken > SPEAK_EVERY) {
      this.#spoken = now;
      const { smoothed } = this.#series;
      this.speak(
        `Step ${progress.step} of ${progress.steps}${smoothed === null ? '' : `, loss ${decimal(smoothed)} nats`}.`,
      );
    }
  }

  /** All that has been added, at once. */
  settle(hasDiverged: boolean): void {
    this.#hasDiverged = hasDiverged;
    this.#isResting = true;
    this.#draw();
  }

  /** For the live region. */
  speak(sentence: string): void {
    setText(this.#live, sentence);
  }

  /** NLL now in nats, if it is finite: held out where it is known, else of training without its noise. */
  get nll(): number | null {
    if (this.#hasDiverged) return null;
    const nll = this.#series.lastScore?.nll ?? this.#series.smoothed;
    return nll !== null && Number.isFinite(nll) ? nll : null;
  }

  get floor(): number | null {
    return this.#last?.floor ?? null;
  }

  get verdict(): string {
    const { lastScore, smoothed, first, rise } = this.#series;
    return verdict({
      ...this.#shown,
      step: this.#last?.step ?? 0,
      training: smoothed,
      validation: lastScore?.nll ?? null,
      validationError: lastScore === null || Number.isNaN(lastScore.error) ? null : lastScore.error,
      hasDiverged: this.#hasDiverged,
      isResting: this.#isResting,
      rise,
      floor: this.floor,
      gaussianNll: this.#last?.gaussianNll ?? null,
      start: first,
    });
  }

  #draw(): void {
    this.#waiting = false;
    const last = this.#last;
    this.#chart.draw(this.#series, last?.steps ?? this.#steps, this.floor);
    setText(byId('verdict', HTMLElement), this.verdict);
    if (last === undefined) return;
    setText(byId('count-steps', HTMLElement), count(last.stepsPerSecond));
    setText(byId('count-samples', HTMLElement), short(last.samplesPerSecond));
    setText(byId('count-gflops', HTMLElement), last.gflops.toFixed(last.gflops < 10 ? 2 : 1));
    setText(
      byId('count-share', HTMLElement),
      last.shareOfPeak === null ? '–' : `${Math.round(100 * last.shareOfPeak)} %`,
    );
  }
}
