/** Numbers as the page writes them. */

/** Thin spaces between groups of three digits, no fraction. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** About three digits, with k or M where there are many. */
export function short(value: number): string {
  if (value >= 1e6) return `${digits(value / 1e6)}M`;
  if (value >= 1e4) return `${digits(value / 1e3)}k`;
  return digits(value);
}

export function bytes(value: number): string {
  if (value < 1e6) return `${digits(value / 1e3)} kB`;
  return value < 1e9 ? `${digits(value / 1e6)} MB` : `${digits(value / 1e9)} GB`;
}

export function milliseconds(value: number): string {
  return value < 1 ? `${digits(value * 1000)} µs` : `${digits(value)} ms`;
}

/** Two decimals, with a real minus sign. */
export function decimal(value: number): string {
  return value.toFixed(2).replace('-', '−').replace('Infinity', '∞');
}

/**
 * A value in units of the data, which may be of any size: whole or as a power of ten where it is large, and more decimals
 * than two where these would say nothing.
 * @param spread what is large or small for it
 */
export function measure(value: number, spread: number = Math.abs(value)): string {
  if (spread >= 1e9) return value.toExponential(2).replaceAll('-', '−').replace('e+', 'e');
  if (spread >= 1e4) return count(value).replace('-', '−');
  if (spread === 0 || !(spread < 0.01)) return decimal(value);
  return value.toFixed(Math.min(20, 1 - Math.floor(Math.log10(spread)))).replace('-', '−');
}

export function vector(values: readonly number[]): string {
  const shown = values
    .slice(0, 4)
    .map((value) => measure(value))
    .join(', ');
  return `(${shown}${values.length > 4 ? ', …' : ''})`;
}

function digits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2).replace(/\.?0+$/, '');
}
