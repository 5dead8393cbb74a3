/** The messages between the page and the worker that trains without a GPU. */
import type { ToyName } from '../../src/index.ts';
import type { RecordedFlow } from '../page/recordedFlow.ts';

export interface ReferenceRequest {
  toy: ToyName;
  noise: number;
  seed: number;
}

export interface ReferenceReport {
  step: number;
  steps: number;
  /** Of each step since the last report, nats. */
  losses: Float32Array;
  /** Held-out NLL and its standard error, nats. */
  nll: number;
  error: number;
  msPerStep: number;
  batch: number;
  /** The flow as it is, to be shown like a recording. */
  recorded: RecordedFlow;
}
