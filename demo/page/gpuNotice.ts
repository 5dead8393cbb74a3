/** The page's notices about the GPU: its name, that it is missing, or that it was lost and recovered. */
import { byId, setText, showToast } from './dom.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

/** Buttons that need no GPU. */
const WITHOUT_GPU = ['copy-link', 'copy-embed', 'copy-code', 'save-data'];

export function showGpu(store: Store<State>): void {
  store.follow(
    ({ adapter, noGpu, trained }) => [adapter, noGpu, trained !== undefined],
    ([adapter, noGpu, isTrained]) => {
      const words = adapter?.software
        ? `${adapter.description}: no GPU here, so the processor does it all, many times slower`
        : (adapter?.description ?? 'Starting the GPU…');
      setText(
        byId('adapter', HTMLElement),
        noGpu === undefined
          ? words
          : `No WebGPU: ${isTrained ? 'the processor trains' : 'a recording plays'}`,
      );
    },
  );
  store.follow(
    ({ noGpu }) => [noGpu],
    ([noGpu]) => noGpu !== undefined && showNoGpu(store, noGpu),
  );
  store.follow(
    ({ lostGpu }) => [lostGpu],
    ([reason]) =>
      showToast(
        byId('notice-device', HTMLElement),
        reason &&
          `The GPU was lost (${reason}). The page opens it again and trains on from the last snapshot.`,
      ),
  );
}

/** Reports why there is no GPU, and disables the buttons that need one. */
function showNoGpu(store: Store<State>, reason: string): void {
  byId('train-reference', HTMLButtonElement).addEventListener('click', () => {
    byId('notice-gpu', HTMLElement).hidden = true;
    void import('./reference/train.ts').then(({ trainOnProcessor }) => trainOnProcessor(store));
  });
  showToast(
    byId('notice-gpu', HTMLElement),
    `This browser gives the page no GPU: ${reason} Use a current Chrome, Edge, Safari or Firefox, with hardware acceleration on in its settings. Until then a recording plays, of a flow that learned two moons. The processor can train a small flow of the chosen data, slowly.`,
  );
  for (const control of document.querySelectorAll<HTMLButtonElement | HTMLInputElement>(
    '.actions :is(button, input)',
  )) {
    control.disabled = !WITHOUT_GPU.includes(control.id);
  }
}
