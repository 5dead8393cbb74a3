/** Training progress for the page: rare enough to leave it time, frequent enough to look alive. */
import type { Progress } from '../protocol.ts';

/** Time between two messages, ms. */
const INTERVAL_MS = 66;
/** Rates cover about the last second. */
const WINDOW_MS = 1000;

/** The part of a `fit` report that the page gets. */
export interface StepReport {
  step: number;
  losses: Float32Array;
}

/** Facts that stay the same from step to step. */
export interface RunFacts {
  steps: number;
  batch: number;
  /** Useful floating-point operations of a step. */
  flopsPerStep: number;
  floor: number | null;
  gaussianNll: number | null;
}

export class Telemetry {
  readonly #facts: RunFacts;
  /** Steps done at moments of the window, oldest first. */
  readonly #marks: { step: number; at: number }[] = [];
  #losses: number[] = [];
  #step: number;
  #toldAt = -Infinity;
  #score: { nll: number; error: number } | null = null;

  /** @param step steps that were done before */
  constructor(facts: RunFacts, step: number, now: number) {
    this.#facts = facts;
    this.#step = step;
    this.#marks.push({ step, at: now });
  }

  /** Steps without a loss, because nothing reported it, count as not a number. */
  report({ step, losses }: StepReport, now: number): void {
    const missing = Math.max(0, step - this.#step - losses.length);
    this.#step = step;
    this.#losses.push(...Array<number>(missing).fill(NaN), ...losses);
    this.#marks.push({ step, at: now });
    while (this.#marks.length > 2 && now - (this.#marks[1]?.at ?? now) > WINDOW_MS) this.#marks.shift();
  }

  /** A score goes out with the next progress. */
  score(nll: number, error: number): void {
    this.#score = { nll, error };
  }

  /** Forgets the measured pace, after a stop that must not count. */
  restart(now: number): void {
    this.#marks.splice(0, this.#marks.length, { step: this.#step, at: now });
  }

  /** The next message, if it is due and there is news; `force` does not wait. */
  take(now: number, peakGflops: number | null, force = false): Progress | undefined {
    const hasNews = this.#losses.length > 0 || this.#score !== null;
    if (!hasNews || (!force && now - this.#toldAt < INTERVAL_MS)) return undefined;
    const { steps, batch, flopsPerStep, floor, gaussianNll } = this.#facts;
    const stepsPerSecond = this.#rate();
    const gflops = (stepsPerSecond * flopsPerStep) / 1e9;
    const progress: Progress = {
      step: this.#step,
      steps,
      losses: Float32Array.from(this.#losses),
      validationNll: this.#score?.nll ?? null,
      validationError: this.#score?.error ?? null,
      floor,
      gaussianNll,
      msPerStep: stepsPerSecond > 0 ? 1000 / stepsPerSecond : 0,
      stepsPerSecond,
      samplesPerSecond: stepsPerSecond * batch,
      gflops,
      shareOfPeak: peakGflops === null ? null : gflops / peakGflops,
    };
    this.#losses = [];
    this.#score = null;
    this.#toldAt = now;
    return progress;
  }

  #rate(): number {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (first === undefined || last === undefined) return 0;
    // A browser's clock may be too coarse to measure a step.
    return (1000 * (last.step - first.step)) / Math.max(last.at - first.at, 0.1);
  }
}
