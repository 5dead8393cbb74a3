/** Formats the page's numbers. */

/** Finite numbers from here on are written as a power of ten, because longer ones are hard to read. */
const FAR = 1e9;
const MILLION = 1e6;

/** Commas between groups of three digits, no fraction. */
export function count(value: number): string {
  return far(value) ?? signed(Math.round(value).toLocaleString('en'));
}

/** About three digits, with k or M for large numbers. */
export function short(value: number): string {
  if (value >= 1e6 && value < FAR) return `${digits(value / 1e6)}M`;
  if (value >= 1e4 && value < FAR) return `${digits(value / 1e3)}k`;
  return digits(value);
}

export function bytes(value: number): string {
  if (value < 1e6) return `${digits(value / 1e3)} kB`;
  return value < 1e9 ? `${digits(value / 1e6)} MB` : `${digits(value / 1e9)} GB`;
}

export function milliseconds(value: number): string {
  return value < 1 ? `${digits(value * 1000)} µs` : `${digits(value)} ms`;
}

/** Two decimals, with a real minus sign; none for large numbers, where they mean nothing. */
export function decimal(value: number): string {
  if (Math.abs(value) >= 1e4) return count(value);
  return far(value) ?? signed(value.toFixed(2));
}

/** A loss or a difference of losses, in words if it is extreme. */
export function nats(value: number): string {
  if (Math.abs(value) < MILLION) return `${decimal(value)} nats`;
  if (Number.isNaN(value)) return 'not a number';
  return value > 0 ? 'more than a million nats' : 'less than minus a million nats';
}

/**
 * A value in the data's units, which may have any size. Large values are whole numbers or powers of ten;
 * small ones get more than two decimals.
 * @param spread the scale that decides how many digits matter
 */
export function measure(value: number, spread: number = Math.abs(value)): string {
  if (!Number.isFinite(value)) return decimal(value);
  if (spread >= FAR) return powerOfTen(value);
  if (spread >= 1e4) return signed(Math.round(value).toLocaleString('en'));
  const decimals = spread > 0 && spread < 0.01 ? 1 - Math.floor(Math.log10(spread)) : 2;
  if (Math.abs(value) < 1e4 || decimals > 2) return signed(value.toFixed(Math.min(20, decimals)));
  return signed(value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 }));
}

/**
 * @param stds standard deviations of the columns: values that are large next to them need more digits
 * @param texts the cells of a table that are no numbers: see `CellTexts`
 */
export function vector(
  values: readonly number[],
  stds: readonly number[] = [],
  texts: readonly (string | null)[] = [],
): string {
  const numberAt = (value: number, column: number): string =>
    measure(value, Math.min(Math.abs(value), stds[column] ?? Infinity));
  const cells = values.map((value, column) => texts[column] ?? numberAt(value, column)).filter(Boolean);
  return `(${cells.slice(0, 4).join(', ')}${cells.length > 4 ? ', …' : ''})`;
}

/** The text for NaN, infinity and numbers with too many digits; undefined for others. */
function far(value: number): string | undefined {
  if (Number.isNaN(value)) return 'not a number';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  return Math.abs(value) >= FAR ? powerOfTen(value) : undefined;
}

function powerOfTen(value: number): string {
  return value.toExponential(2).replaceAll('-', '−').replace('e+', 'e');
}

/** Uses a real minus sign, and none before a zero. */
function signed(digits: string): string {
  return digits.replace(/^-(?=[0.,]*$)/, '').replace('-', '−');
}

function digits(value: number): string {
  if (value >= 100) return far(value) ?? String(Math.round(value));
  return far(value) ?? value.toFixed(value >= 10 ? 1 : 2).replace(/\.?0+$/, '');
}
