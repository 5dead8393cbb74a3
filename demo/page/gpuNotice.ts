/** What the page says of the GPU: which one it has, that there is none, and that it went and came back. */
import type { AdapterFacts } from '../protocol.ts';
import { byId, setText, showToast } from './dom.ts';

/** Buttons that ask nothing of the engine. */
const WITHOUT_GPU = ['copy-link', 'copy-code', 'save-data'];

export function showAdapter({ description, software }: AdapterFacts): void {
  setText(
    byId('adapter', HTMLElement),
    software ? `${description}: no GPU here, so the processor does it all, many times slower` : description,
  );
}

/** Says why there is none, and takes the buttons away that need one. */
export function showNoGpu(reason: string): void {
  setText(byId('adapter', HTMLElement), 'No WebGPU: a recording plays');
  showToast(
    byId('notice-gpu', HTMLElement),
    `This browser gives the page no GPU: ${reason} Use a current Chrome, Edge, Safari or Firefox, with hardware acceleration on in its settings. Until then a recording plays, of a flow that learned two moons; the layer scrubber works.`,
  );
  for (const control of document.querySelectorAll<HTMLButtonElement | HTMLInputElement>(
    '.actions :is(button, input)',
  )) {
    control.disabled = !WITHOUT_GPU.includes(control.id);
  }
}

export function showLostGpu(reason: string): void {
  showToast(
    byId('notice-device', HTMLElement),
    `The GPU was taken away (${reason}). Opening it again; training goes on from the last snapshot.`,
  );
}

export function hideLostGpu(): void {
  showToast(byId('notice-device', HTMLElement), undefined);
}
