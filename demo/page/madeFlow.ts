/** The settings that made the shown flow, and the trained model that a fresh one has replaced. */
import { TUNABLE } from '../protocol.ts';
import type { ModelSettings } from '../protocol.ts';
import type { DataChoice } from './dataChoice.ts';
import { byId, showToast } from './dom.ts';
import type { RunNotes } from './runKeeper.ts';
import { titleOf } from './state.ts';
import type { State } from './state.ts';
import { say } from './words/sentence.ts';
import { ASIDE } from './words/status.ts';

interface Aside {
  data: DataChoice;
  notes: RunNotes;
}

export class MadeFlow {
  readonly #toast = byId('notice-aside', HTMLElement);
  #made: Pick<State, 'data' | 'model'> | undefined;
  #aside: Aside | undefined;

  /** The settings on the page make the shown flow. */
  hold({ data, model }: State): void {
    this.#made = { data, model };
  }

  /** Whether the shown flow can go on with the settings on the page. */
  isShownBy({ data, model, origin, next, phase }: State): boolean {
    if (origin === 'page' || next !== undefined || phase === 'off' || this.#made === undefined) return false;
    return this.#made.data === data && fixedPart(this.#made.model) === fixedPart(model);
  }

  /** Offers to undo the loss of a trained model. @param state with that model's run */
  setAside(state: State): void {
    const { run, origin, look, layer, phase, next } = state;
    const step = run.last?.step ?? 0;
    if (this.#made === undefined || origin === 'page' || next !== undefined || step === 0) return;
    const { data, model } = this.#made;
    const title = titleOf(state);
    this.#aside = { data, notes: { title, step, model, look, layer, origin, run, isDone: phase === 'done' } };
    showToast(this.#toast, say(ASIDE, { title, step }));
  }

  takeAside(): Aside | undefined {
    const aside = this.#aside;
    this.#aside = undefined;
    showToast(this.#toast, undefined);
    return aside;
  }
}

/** The settings that need a fresh model. */
export function fixedPart(model: ModelSettings): string {
  const isFixed = ([name, value]: [string, unknown]): boolean =>
    value !== undefined && !TUNABLE.some((tunable) => tunable === name);
  return JSON.stringify(
    Object.entries(model)
      .filter(isFixed)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
