/** Warm-up and the plateau schedule through whole runs. */
import { describe, expect, it } from 'vitest';
import { Flow } from '../../src/flow/flow.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import { realnvp } from '../../src/presets/index.ts';
import type { FitOptions } from '../../src/training/options.ts';
import type { FitReport } from '../../src/training/report.ts';
import { testOptions } from '../support/device.ts';

const spec = realnvp(2, { couplings: 2, hidden: [8] });

/** Scores after every 5 steps: with so few rows they soon get worse. */
const PLATEAU = {
  batch: 8,
  steps: 60,
  learningRate: 0.05,
  schedule: { kind: 'plateau', factor: 0.5, patience: 2 },
  validation: { fraction: 0.3, every: 5, patience: Infinity },
} as const;

describe('a plateau schedule', () => {
  it('halves the learning rate after scores that are no better, for the steps that follow', async () => {
    const { reports } = await trained(undefined, { ...PLATEAU, submitMs: 1e-3 });
    let [since, rate] = [0, 0.05];
    for (const { learningRate, validationNll, bestValidationNll = NaN } of reports) {
      expect(learningRate).toBeCloseTo(rate, 12);
      if (validationNll === undefined) continue;
      since = validationNll === bestValidationNll ? 0 : since + 1;
      if (since < 2) continue;
      [since, rate] = [0, rate / 2];
    }
    expect(rate).toBeLessThan(0.05);
  });

  it('gives the same bits however the steps are cut into submits, and when it resumes', async () => {
    const whole = await trained(undefined, { ...PLATEAU, submitMs: 1e-3 });
    expect((await trained(undefined, { ...PLATEAU, submitMs: 1000 })).checkpoint).toEqual(whole.checkpoint);
    const { validation } = PLATEAU;
    const resumedAt = async (until: number): Promise<Uint8Array> => {
      const part = await trained(undefined, { ...PLATEAU, until });
      return (await trained(part.checkpoint, { resume: true, validation })).checkpoint;
    };
    expect(await resumedAt(25)).toEqual(whole.checkpoint);
    expect(await resumedAt(40)).toEqual(whole.checkpoint);
    // A run that ends between two scores has one more of them, which may be the best.
    const between = decodeModel(await resumedAt(22));
    expect(between.parameters).toEqual(decodeModel(whole.checkpoint).parameters);
  });

  it('needs rows to score', async () => {
    const message =
      'fit option schedule: found plateau without validation rows, expected rows to score. Give validation rows';
    await expect(trained(undefined, { ...PLATEAU, validation: false })).rejects.toThrow(message);
  });
});

describe('a warm-up', () => {
  it('raises the learning rate over its first steps', async () => {
    const options = { batch: 8, steps: 20, learningRate: 0.01, validation: false, submitMs: 1e-3 } as const;
    const { reports } = await trained(undefined, { ...options, warmup: 10 });
    for (const { step, learningRate } of reports) {
      expect(learningRate).toBeCloseTo(0.01 * Math.min(1, step / 10), 12);
    }
  });

  it('resumes bit for bit', async () => {
    const options = { batch: 8, steps: 20, warmup: 15, validation: false } as const;
    const whole = await trained(undefined, options);
    const part = await trained(undefined, { ...options, until: 7 });
    expect((await trained(part.checkpoint, { resume: true, validation: false })).checkpoint).toEqual(
      whole.checkpoint,
    );
  });
});

async function trained(
  from: Uint8Array | undefined,
  options: FitOptions,
): Promise<{ reports: FitReport[]; checkpoint: Uint8Array }> {
  const opened = await testOptions();
  using flow =
    from === undefined ? await Flow.create(spec, { ...opened, seed: 1 }) : await Flow.load(from, opened);
  const reports: FitReport[] = [];
  for await (const report of flow.fit(ROWS, options)) reports.push(report);
  return { reports, checkpoint: await flow.save({ checkpoint: true }) };
}

const ROWS = Float32Array.from({ length: 80 }, (_, i) => Math.sin(1 + i * 12.9898 + (i % 7)));
