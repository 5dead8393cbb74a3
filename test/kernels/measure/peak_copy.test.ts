import { describe, expect, it } from 'vitest';
import { peakCopy } from '../../../src/kernels/measure/peak_copy.ts';
import { ramp, runBoth } from '../harness.ts';

describe('peak_copy', () => {
  it.each([
    [4, 1, false],
    [260, 4, false],
    [260, 1, true],
    [1028, 4, true],
    [65_540, 3, true],
  ])(
    'copies %i elements, %i an invocation, vec4 %s, and nothing past them',
    async (elements, perInvocation, vec4) => {
      const input = ramp(elements);
      const past = Float32Array.of(7, 8, 9, 10);
      const { gpu } = await runBoth(
        [peakCopy({ elements, perInvocation, vec4, input: 'input', output: 'output' })],
        { input, output: Float32Array.of(...input.map(() => 5), ...past) },
      );
      expect(gpu('output')).toEqual(Float32Array.of(...input, ...past));
    },
  );

  it('moves every element twice', () => {
    const dispatch = peakCopy({ elements: 1000, perInvocation: 4, vec4: true, input: 'a', output: 'b' });
    expect(dispatch.bytes).toBe(8000);
  });
});
