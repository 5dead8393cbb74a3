import { describe, expect, it } from 'vitest';
import { boundOf, intensityOf, ratesOf, ridgeOf, roofAt } from '../../src/measure/roofline.ts';

const PEAK = { gflops: 100, gbPerSecond: 10 };

describe('the roofline', () => {
  it('tells rates and shares of the peak', () => {
    // 2e6 FLOPs and 1e6 bytes in 0.1 ms: 20 GFLOP/s, 10 GB/s.
    const rates = ratesOf({ flops: 2e6, bytes: 1e6 }, 0.1, PEAK);
    expect(rates.gflops).toBeCloseTo(20);
    expect(rates.gbPerSecond).toBeCloseTo(10);
    expect(rates.share.fma).toBeCloseTo(0.2);
    expect(rates.share.copy).toBeCloseTo(1);
    expect(boundOf(rates)).toEqual({ by: 'memory', share: rates.share.copy });
  });

  it('rises with intensity up to the peak, and bends at the ridge', () => {
    expect(ridgeOf(PEAK)).toBe(10);
    expect(roofAt(1, PEAK)).toBe(10);
    expect(roofAt(10, PEAK)).toBe(100);
    expect(roofAt(1000, PEAK)).toBe(100);
  });

  it('says the share of the roof as the larger of the two shares', () => {
    for (const [flops, bytes] of [
      [1e6, 1e6],
      [1e8, 1e6],
    ] as const) {
      const rates = ratesOf({ flops, bytes }, 2, PEAK);
      const roof = roofAt(intensityOf({ flops, bytes }), PEAK);
      expect(boundOf(rates).share).toBeCloseTo(rates.gflops / roof);
    }
  });
});
