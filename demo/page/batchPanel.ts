/** The advice below the batch: a button that measures, then one that takes the suggestion. */
import type { Filling } from '../../src/page/index.ts';
import { batchAdvice, betterBatch } from './batchAdvice.ts';
import { byId, setText } from './dom.ts';
import { count } from './figures.ts';
import { sizeOf } from './state.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

export function showBatch(store: Store<State>, measure: () => void, take: (batch: number) => void): void {
  const words = byId('batch-words', HTMLElement);
  const button = byId('batch-fill', HTMLButtonElement);
  /** What was found for flows of the size at hand. */
  const found = (state: State): Filling | undefined => {
    const { filling } = state;
    return typeof filling === 'object' && filling.size === sizeOf(state) ? filling : undefined;
  };
  const better = (state: State): number | undefined => {
    const filling = found(state);
    return filling && betterBatch(filling, state.model.batch);
  };
  button.addEventListener('click', () => {
    const batch = better(store.state);
    if (batch === undefined) measure();
    else take(batch);
  });
  store.follow(
    (state) => [state.filling === 'timing', found(state), state.model.batch, state.phase, state.isLive],
    ([isTiming, filling, batch, phase, isLive]) => {
      const suggested = better(store.state);
      button.disabled = !isLive || phase === 'training' || phase === 'off' || isTiming;
      setText(
        button,
        suggested === undefined ? 'Which batch fills this adapter?' : `Use ${count(suggested)}`,
      );
      setText(
        words,
        isTiming ? 'Timing some steps…' : filling === undefined ? '' : batchAdvice(filling, batch),
      );
    },
  );
}
