/** Checkpoints of a flow, in case the device is lost or the tab reloads. */
import type { Flow, TrainingRecord } from '../../src/index.ts';

/** Time between two snapshots, ms: the longer the slower they are, up to a bound. */
const EVERY_MS = 3000;
const MAX_EVERY_MS = 4000;
const COST = 50;

/** The state that survives a lost device and a reload. */
export interface Snapshot {
  /** A checkpoint; undefined if the flow was neither trained nor loaded. */
  bytes: Uint8Array | undefined;
  /** Steps of the checkpoint, which may be ahead of those reported. */
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
    return !this.#isSaving && now - this.#at > Math.min(MAX_EVERY_MS, Math.max(EVERY_MS, COST * this.#ms));
  }

  take(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save());
    return this.#saving;
  }

  async #save(): Promise<void> {
    this.#isSaving = true;
    const begun = performance.now();
    try {
      const bytes = await this.#flow.save({ checkpoint: true });
      this.#last = { bytes, step: stepsIn(bytes), isResumable: true };
    } catch {
      // A diverged or lost flow cannot be saved: the previous snapshot stays.
    } finally {
      this.#isSaving = false;
      this.#at = performance.now();
      this.#ms = this.#at - begun;
    }
  }
}

/** Steps that a checkpoint records. */
function stepsIn({ buffer, byteOffset }: Uint8Array): number {
  const length = new DataView(buffer, byteOffset).getUint32(0, true);
  const header = new TextDecoder().decode(new Uint8Array(buffer, byteOffset + 8, length));
  const { __metadata__: metadata } = JSON.parse(header) as { __metadata__: { wgflow_training: string } };
  return (JSON.parse(metadata.wgflow_training) as TrainingRecord).steps;
}
