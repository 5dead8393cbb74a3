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

export function vector(values: readonly number[]): string {
  const shown = values.slice(0, 4).map(decimal).join(', ');
  return `(${shown}${values.length > 4 ? ', …' : ''})`;
}

function digits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2).replace(/\.?0+$/, '');
}
