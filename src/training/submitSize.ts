/** The number of training steps per submit. */

/** Target duration of a submit: a process needs only throughput, but a page draws on the same GPU. */
const SUBMIT_MS = { process: 100, page: 8 };

/**
 * The target time of a submit, in ms: 8 in a page or its worker, because the compositor waits behind each
 * submit; 100 elsewhere.
 */
export function defaultSubmitMs(scope: object = globalThis): number {
  const isPage = 'document' in scope || 'WorkerGlobalScope' in scope;
  return isPage ? SUBMIT_MS.page : SUBMIT_MS.process;
}

/** Steps of the next submit, after one of `steps` steps at `msPerStep` each: towards the target, at most doubled. */
export function nextSteps(steps: number, msPerStep: number, submitMs: number, max: number): number {
  const target = Math.max(1, Math.floor(submitMs / Math.max(msPerStep, 1e-3)));
  return Math.min(target, 2 * steps, max);
}
