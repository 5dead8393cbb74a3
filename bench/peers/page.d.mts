/** The types of page.mjs, and of the other modules that a page imports from here. */
export interface PeerStep {
  step: (batch: number) => unknown;
  readLoss: (loss: unknown) => Promise<number>;
  drop: (loss: unknown) => void;
}
export interface PeerStart {
  couplings: unknown;
  batches: readonly unknown[];
  config: unknown;
  adam: unknown;
}
export interface LoadedPeer {
  /** The library, its version and its backend. */
  setup: string;
  stepOf: (start: PeerStart) => PeerStep;
}
/** @throws if the library cannot be loaded or lacks this backend here */
export function loadPeer(peer: 'jax-js' | 'tfjs-webgpu' | 'tfjs-wasm'): Promise<LoadedPeer>;
/** Whether the libraries were installed when the page was built. */
export const INSTALLED: boolean;
