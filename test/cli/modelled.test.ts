import { describe, expect, it } from 'vitest';
import { GpuModel, modelledTables } from '../../src/cli/modelled.ts';
import type { ModelledPlan } from '../../src/cli/modelled.ts';

const PLAN: ModelledPlan = {
  name: 'train_step',
  shape: 'S, 512 rows',
  ms: 0.25,
  measuredMs: 1.5,
  dispatches: [
    { kernel: 'flow_forward', count: 1, workgroups: 8, groupSize: 16, ms: 0.2, boundBy: 'latency' },
    { kernel: 'reduce_sum', count: 2, workgroups: 1, groupSize: 64, ms: 0.05, boundBy: 'launch' },
  ],
};

describe('the modelled times of wgflow bench', () => {
  const lines = modelledTables('GPU X', [PLAN, { ...PLAN, name: 'sample', measuredMs: undefined }]).split(
    '\n',
  );

  it('stand next to the measured ones, and every line says "modelled"', () => {
    const times = lines.filter((line) => /\bms\b/.test(line));
    expect(times).toHaveLength(2 + 2 * PLAN.dispatches.length);
    for (const line of times) expect(line).toMatch(/modelled \d/);
    expect(times[0]).toMatch(/train_step.*S, 512 rows.*1\.50 ms.*modelled 0\.250 ms.*3/);
    expect(times[1]).toMatch(/sample.*not measured.*modelled 0\.250 ms/);
  });

  it('name what bounds each dispatch', () => {
    expect(
      lines.filter((line) => /flow_forward.*8 × 16.*modelled 0\.200 ms.*latency/.test(line)),
    ).toHaveLength(2);
    expect(lines.filter((line) => /2 × reduce_sum.*modelled 0\.0500 ms.*launch/.test(line))).toHaveLength(2);
  });

  it('need tools, and name those that are missing', async () => {
    const { PATH } = process.env;
    process.env['PATH'] = '/nowhere';
    try {
      await expect(GpuModel.open('navi31')).rejects.toThrow(
        /(gcc|RADV) is missing\. Install gcc and Mesa 25 or later .*apt-get install gcc /,
      );
    } finally {
      process.env['PATH'] = PATH;
    }
  });
});
