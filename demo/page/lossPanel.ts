/** The loss card: curve, verdict, counters, and an occasional sentence for screen readers. */
import { byId, setText } from './dom.ts';
import { count, short } from './figures.ts';
import { linesOf, LossChart } from './lossChart.ts';
import { standingOf } from './run.ts';
import type { Run } from './run.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';
import { verdict } from './words/verdict.ts';

/** Milliseconds between two drawings of the curve during training. */
const DRAW_EVERY = 200;

export class LossPanel {
  readonly #chart = new LossChart(byId('loss-chart', HTMLElement));
  #timer: number | undefined;

  constructor(store: Store<State>) {
    const live = byId('live', HTMLElement);
    store.follow(
      ({ spoken }) => [spoken],
      ([sentence]) => setText(live, sentence),
    );
    store.follow(
      ({ run }) => [run],
      ([run]) => {
        if (run.last === undefined || run.isResting) this.#draw(run);
        else this.#timer ??= window.setTimeout(() => this.#draw(store.state.run), DRAW_EVERY);
      },
    );
  }

  #draw(run: Run): void {
    window.clearTimeout(this.#timer);
    this.#timer = undefined;
    const { last, steps, curve } = run;
    const floor = last?.floor ?? null;
    this.#chart.draw(linesOf(curve, floor), last?.steps ?? steps, floor);
    byId('key-validation', HTMLElement).hidden = curve.validation.length === 0;
    byId('key-floor', HTMLElement).hidden = last?.floor == null;
    setText(byId('verdict', HTMLElement), verdict(standingOf(run)));
    const counters = {
      steps: last && count(last.stepsPerSecond),
      samples: last && short(last.samplesPerSecond),
      gflops:
        last === undefined || Number.isNaN(last.gflops)
          ? undefined
          : last.gflops.toFixed(last.gflops < 10 ? 2 : 1),
      share: last?.shareOfPeak == null ? undefined : `${Math.round(100 * last.shareOfPeak)} %`,
    };
    for (const [name, text] of Object.entries(counters)) {
      setText(byId(`count-${name}`, HTMLElement), text ?? '–');
    }
  }
}
