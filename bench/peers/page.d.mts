/** The types of page.mjs and of what else a page takes from here. */
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
/** @throws when the library cannot be loaded or has no such backend here */
export function loadPeer(peer: 'jax-js' | 'tfjs-webgpu' | 'tfjs-wasm'): Promise<LoadedPeer>;
/** Whether the libraries were there when the page was built. */
export const INSTALLED: boolean;
