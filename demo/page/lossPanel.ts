/** The card of the loss: curve, verdict, counters, and a sentence now and then for those who listen. */
import type { Progress } from '../protocol.ts';
import { byId, setText } from './dom.ts';
import { count, decimal, short } from './figures.ts';
import { LossChart } from './lossChart.ts';
import { LossSeries } from './lossSeries.ts';
import { verdict } from './verdict.ts';

/** Milliseconds between two drawings of the curve, and between two spoken sentences. */
const DRAW_EVERY = 200;
const SPEAK_EVERY = 10_000;

export class LossPanel {
  readonly #series = new LossSeries();
  readonly #chart = new LossChart(byId('loss-chart', HTMLElement));
  readonly #live = byId('live', HTMLElement);
  #last: Progress | undefined;
  /** The last held-out score was infinite. */
  #isMissing = false;
  /** The training loss when the last held-out score came: both are to be of the same model. */
  #trainingAtScore: number | null = null;
  #waiting = false;
  #spoken = 0;
  #steps = 0;
  /** What the model is told of each point, by its name. */
  given: string | null = null;

  /** Empty, for a run of so many steps. */
  clear(steps: number): void {
    this.#steps = steps;
    this.#series.clear();
    this.#last = undefined;
    this.#isMissing = false;
    this.#draw();
    for (const id of ['steps', 'samples', 'gflops', 'share']) setText(byId(`count-${id}`, HTMLElement), '–');
  }

  add(progress: Progress): void {
    this.#last = progress;
    this.#series.add(progress.losses);
    if (progress.validationNll !== null) {
      this.#isMissing = progress.validationNll === Infinity;
      this.#series.score(progress.step, progress.validationNll);
      this.#trainingAtScore = this.#series.smoothed;
    }
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
  settle(): void {
    this.#draw();
  }

  /** For the live region. */
  speak(sentence: string): void {
    setText(this.#live, sentence);
  }

  /** NLL now in nats, if it is finite: held out where it is known, else of training without its noise. */
  get nll(): number | null {
    if (this.#isMissing) return null;
    return this.#series.validation.at(-1)?.nll ?? this.#series.smoothed;
  }

  get floor(): number | null {
    return this.#last?.floor ?? null;
  }

  get verdict(): string {
    const validation = this.#series.validation.at(-1)?.nll ?? null;
    return verdict({
      step: this.#last?.step ?? 0,
      training: validation === null ? this.#series.smoothed : this.#trainingAtScore,
      validation,
      isMissing: this.#isMissing,
      floor: this.floor,
      given: this.given,
      start: this.#series.first,
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
