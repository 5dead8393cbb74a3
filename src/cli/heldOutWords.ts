/** The distribution of held-out rows in words. */
import { quantileOf, thresholdOf } from '../data/heldOut.ts';
import type { HeldOut } from '../data/heldOut.ts';
import type { ValidationRecord } from '../io/modelFile.ts';

/** Shares of rows that are odd; the first one that the number of held-out rows supports is told. */
const ODD_SHARES = [0.01, 0.05, 0.1];

interface Odd {
  share: number;
  /** In nats. */
  threshold: number;
}

function oddOf(heldOut: HeldOut): Odd | undefined {
  const share = ODD_SHARES.find((one) => one * (heldOut.rows + 1) >= 1);
  const threshold = share === undefined ? -Infinity : thresholdOf(heldOut, share);
  return share === undefined || threshold === -Infinity ? undefined : { share, threshold };
}

/** The line at the end of a training run. */
export function oddLine(heldOut: HeldOut | undefined, validation: ValidationRecord): string[] {
  const odd = heldOut && oddOf(heldOut);
  if (odd === undefined) return [];
  const rows = validation.heldOut ? 'held-out rows' : 'validation rows';
  return [
    `A row of log p below ${odd.threshold.toFixed(1)} nats is less likely than ${100 * (1 - odd.share)} % of the ${rows}`,
  ];
}

/** Where the log p of held-out rows lies, in nats. */
export function heldOutWords(heldOut: HeldOut): string {
  const { rows, withoutDensity = 0 } = heldOut;
  const at = (share: number): string => quantileOf(heldOut, share).toFixed(2);
  const odd = oddOf(heldOut);
  return [
    `${rows.toLocaleString('en')} rows: ${at(0)} to ${at(1)}, median ${at(0.5)}`,
    ...(odd === undefined ? [] : [`${100 * odd.share} % below ${odd.threshold.toFixed(2)}`]),
    ...(withoutDensity === 0 ? [] : [`${withoutDensity.toLocaleString('en')} without density`]),
  ].join('; ');
}
