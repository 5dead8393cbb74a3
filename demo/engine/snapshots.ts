/** Checkpoints of a flow, for the case that the device is lost. */
import type { Flow } from '../../src/index.ts';

/** Between two of them, ms. */
const EVERY_MS = 3000;
/** One that takes long is taken as much more seldom. */
const COST = 50;

/** What survives the loss of a device. */
export interface Snapshot {
  /** A checkpoint; undefined for a flow that was never trained nor loaded. */
  bytes: Uint8Array | undefined;
  step: number;
  /** Whether the bytes hold an optimiser to go on with. */
  isResumable: boolean;
}

export class Snapshots {
  readonly #flow: Flow;
  #last: Snapshot;
  #at = 0;
  #ms = 0;
  #isSaving = false;
  #saving: Promise<void> = Promise.resolve();

  constructor(flow: Flow, first: Snapshot = { bytes: undefined, step: 0, isResumable: false }) {
    this.#flow = flow;
    this.#last = first;
  }

  get last(): Snapshot {
    return this.#last;
  }

  /** A training begins. */
  begin(now: number): void {
    this.#at = now;
  }

  /** Whether it is time for another. */
  isDue(now: number): boolean {
    return !this.#isSaving && now - this.#at > Math.max(EVERY_MS, COST * this.#ms);
  }

  /** Takes one. @param stepOf the step when its turn comes */
  take(stepOf: () => number): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save(stepOf()));
    return this.#saving;
  }

  async #save(step: number): Promise<void> {
    this.#isSaving = true;
    const begun = performance.now();
    try {
      this.#last = { bytes: await this.#flow.save({ checkpoint: true }), step, isResumable: true };
    } catch {
      // A diverged or lost flow cannot be saved: the snapshot before it stays.
    } finally {
      this.#isSaving = false;
      this.#at = performance.now();
      this.#ms = this.#at - begun;
    }
  }
}
