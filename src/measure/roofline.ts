/** Work and time as rates, and as shares of the adapter's peak. */

export interface Peak {
  /** Multiply-adds; each counts as 2. */
  gflops: number;
  /** Bytes read and bytes written. */
  gbPerSecond: number;
}

/** The work of a kernel or plan. */
export interface Work {
  /** Operations of its formula: 2 for a multiply-add. */
  flops: number;
  /** Bytes that must move at least once. */
  bytes: number;
}

/** Work per time. */
export interface Rates {
  /** Gigaflops: 10⁹ operations per second. */
  gflops: number;
  /** Gigabytes per second, of 10⁹ bytes. */
  gbPerSecond: number;
  /** Shares of the adapter's peak, from 0 to 1, or a little above if a peak was measured too low. */
  share: { fma: number; copy: number };
}

/** The rates of work that took `ms` milliseconds, next to a peak. */
export function ratesOf({ flops, bytes }: Work, ms: number, peak: Peak): Rates {
  const gflops = flops / ms / 1e6;
  const gbPerSecond = bytes / ms / 1e6;
  return { gflops, gbPerSecond, share: { fma: gflops / peak.gflops, copy: gbPerSecond / peak.gbPerSecond } };
}

/** FLOPs per byte. */
export function intensityOf({ flops, bytes }: Work): number {
  return flops / bytes;
}

/** The GFLOP/s that work of this intensity can reach: limited by memory, or by the arithmetic peak. */
export function roofAt(intensity: number, peak: Peak): number {
  return Math.min(peak.gflops, intensity * peak.gbPerSecond);
}

/** The intensity above which arithmetic is the limit. */
export function ridgeOf(peak: Peak): number {
  return peak.gflops / peak.gbPerSecond;
}

/** The share of the roof, and which limit it is: the larger of the two shares. */
export function boundOf({ share }: Pick<Rates, 'share'>): { by: 'arithmetic' | 'memory'; share: number } {
  return share.fma >= share.copy
    ? { by: 'arithmetic', share: share.fma }
    : { by: 'memory', share: share.copy };
}
