/** Checkpoints of a flow, in case the device is lost. */
import type { Flow } from '../../src/index.ts';

/** Time between two snapshots, ms. */
const EVERY_MS = 3000;
/** Slow snapshots are taken less often: the interval is at least this many times their duration. */
const COST = 50;

/** The state that survives a lost device. */
export interface Snapshot {
  /** A checkpoint; undefined if the flow was neither trained nor loaded. */
  bytes: Uint8Array | undefined;
  step: number;
  /** Whether the checkpoint holds an optimiser state to continue with. */
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

  /** Training begins. */
  begin(now: number): void {
    this.#at = now;
  }

  /** Whether the next snapshot is due. */
  isDue(now: number): boolean {
    return !this.#isSaving && now - this.#at > Math.max(EVERY_MS, COST * this.#ms);
  }

  /** Takes a snapshot. @param stepOf the step when its turn comes */
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
      // A diverged or lost flow cannot be saved: the previous snapshot stays.
    } finally {
      this.#isSaving = false;
      this.#at = performance.now();
      this.#ms = this.#at - begun;
    }
  }
}
