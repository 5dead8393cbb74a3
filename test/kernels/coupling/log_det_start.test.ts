import { describe, expect, it } from 'vitest';
import { logDetStart } from '../../../src/kernels/coupling/log_det_start.ts';
import { runBoth } from '../harness.ts';

describe('log_det_start', () => {
  it.each([1, 63, 64, 65, 1025])(
    'gives %i rows a log-det of 0 and leaves what follows them',
    async (rows) => {
      const { gpu, twin } = await runBoth([logDetStart({ rows, logDet: 'log_det' })], {
        log_det: new Float32Array(rows + 3).fill(NaN),
      });
      const expected = Array.from({ length: rows + 3 }, (_, row) => (row < rows ? 0 : NaN));
      expect([...gpu('log_det')]).toEqual(expected);
      expect([...twin('log_det')]).toEqual(expected);
    },
  );
});
