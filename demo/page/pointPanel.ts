/** The point under the pointer in numbers, and each layer's part of its log-density as bars. */
import type { FlowFacts, Hovered } from '../protocol.ts';
import { describeLogDets } from './words/pictures.ts';
import { byId, set, setText, svg } from './dom.ts';
import { decimal, vector } from './figures.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

const WIDTH = 270;
const HEIGHT = 92;
const MIDDLE = HEIGHT / 2;

export class PointPanel {
  readonly #place = byId('log-dets', HTMLElement);
  readonly #svg = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' });
  readonly #zero = svg('path', { class: 'zero', d: `M0 ${MIDDLE}H${WIDTH}` });
  #bars: SVGRectElement[] = [];

  constructor(store: Store<State>) {
    this.#svg.append(this.#zero);
    this.#place.append(this.#svg);
    store.follow(
      ({ hovered }) => [hovered],
      ([hovered]) => this.#show(hovered, store.state.flow),
    );
  }

  #show(hovered: Hovered | null, { bijectors, std }: FlowFacts): void {
    setText(byId('point-x', HTMLElement), hovered === null ? '–' : vector(hovered.x, std, hovered.texts));
    setText(byId('point-z', HTMLElement), hovered === null ? '–' : vector(hovered.z));
    setText(byId('point-log-prob', HTMLElement), hovered === null ? '–' : logProbOf(hovered));
    const logDets = hovered?.logDets ?? [];
    this.#place.setAttribute(
      'aria-label',
      hovered === null ? 'No point is chosen.' : describeLogDets(logDets, bijectors),
    );
    this.#drawBars(logDets);
  }

  #drawBars(logDets: readonly number[]): void {
    if (this.#bars.length !== logDets.length) {
      this.#bars = logDets.map(() => svg('rect', { class: 'bar', rx: 1 }));
      this.#svg.replaceChildren(this.#zero, ...this.#bars);
    }
    const slot = WIDTH / Math.max(1, logDets.length);
    const largest = logDets.reduce((most, value) => Math.max(most, Math.abs(finite(value))), 1);
    this.#bars.forEach((bar, i) => {
      const height = ((MIDDLE - 2) * finite(logDets[i] ?? 0)) / largest;
      set(bar, {
        x: (i * slot + 0.15 * slot).toFixed(1),
        width: Math.min(18, 0.7 * slot).toFixed(1),
        y: (height > 0 ? MIDDLE - height : MIDDLE).toFixed(1),
        height: Math.max(1, Math.abs(height)).toFixed(1),
      });
    });
  }
}

function logProbOf({ logProb }: Hovered): string {
  return Number.isFinite(logProb) ? `${decimal(logProb)} nats` : decimal(logProb);
}

/** Values that are not finite get a bar of no height. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
