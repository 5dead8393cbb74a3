import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fitting, trainingProgress } from '../../src/cli/progress.ts';
import type { FitReport } from '../../src/training/report.ts';

const { isTTY } = process.stderr;
beforeEach(() => {
  vi.useFakeTimers();
  setTerminal(false);
});
afterEach(() => {
  vi.useRealTimers();
  setTerminal(isTTY);
});

function setTerminal(value: boolean): void {
  Object.defineProperty(process.stderr, 'isTTY', { value, configurable: true, writable: true });
}

function report(step: number, changes: Partial<FitReport> = {}): FitReport {
  return {
    step,
    steps: 1000,
    nll: 1.23456,
    losses: new Float32Array(100),
    gradientNorm: 1,
    learningRate: 1e-3,
    msPerStep: 2,
    stepsPerSecond: 500,
    samplesPerSecond: 1,
    ...changes,
  };
}

describe('training progress', () => {
  it('is a plain line every few seconds where there is no terminal, and the last step is always told', () => {
    const lines: string[] = [];
    const progress = trainingProgress(
      { say: (line) => lines.push(line) },
      { steps: 1000, validation: { fraction: 0.1 } },
    );
    progress.update(report(100, { msPerStep: 900 }));
    progress.update(report(200));
    vi.advanceTimersByTime(6000);
    progress.update(report(300, { bestValidationNll: 1.5, validationNll: 1.6 }));
    progress.update(report(1000));
    progress.stop();
    expect(lines).toEqual([
      // The first report includes compilation, so it gives no rate.
      'step 100/1000 | NLL 1.2346 nats',
      // A run that scores may stop before its last step.
      'step 300/1000 | NLL 1.2346 nats | val 1.6000 | best val 1.5000 | 500 steps/s | at most 1 s left',
      'step 1000/1000 | NLL 1.2346 nats | val 1.6000 | 500 steps/s',
    ]);
  });

  it('is a line after each multiple of the steps between reports, without times', () => {
    const lines: string[] = [];
    const progress = trainingProgress({ say: (line) => lines.push(line) }, { steps: 1000, reportEvery: 100 });
    for (const step of [100, 150, 200]) progress.update(report(step, { bestValidationNll: 1.5 }));
    expect(lines).toEqual([
      'step 100/1000 | NLL 1.2346 nats | best val 1.5000',
      'step 200/1000 | NLL 1.2346 nats | best val 1.5000',
    ]);
  });

  it('tells hours where they are left, and slow steps in three digits', () => {
    const lines: string[] = [];
    const progress = trainingProgress({ say: (line) => lines.push(line) }, { steps: 10_000 });
    for (const step of [100, 200]) {
      vi.advanceTimersByTime(6000);
      progress.update(report(step, { msPerStep: 800 }));
    }
    expect(lines[1]).toBe('step 200/10000 | NLL 1.2346 nats | 1.25 steps/s | 2 h 10 min left');
  });

  it('gives up the rate first where the terminal is narrow, and keeps step and time', () => {
    const parts = ['10/1000', 'NLL 1.2346 nats', '500 steps/s', '2 s left'];
    expect(fitting(parts, 80)).toBe('10/1000 | NLL 1.2346 nats | 500 steps/s | 2 s left');
    expect(fitting(parts, 50)).toBe('10/1000 | NLL 1.2346 nats | 2 s left');
    expect(fitting(parts, 30)).toBe('10/1000 | 2 s left');
    expect(fitting(parts, 5)).toBe('10/1000');
  });
});
