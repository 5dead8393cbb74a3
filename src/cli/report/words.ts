/** Numbers as the report writes them. */

/** Three decimals, with the minus sign of typography. */
export function nats(value: number): string {
  return value.toFixed(3).replace('-', '−');
}

/** Two significant digits. */
export function short(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) < 1e-5 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}

/** A share in per cent, with a digit after the point below 10 % and above 90 %. */
export function percent(share: number): string {
  const value = 100 * share;
  const isNearEnd = (value < 10 || value > 90) && value !== 0 && value !== 100;
  return `${value.toFixed(isNearEnd ? 1 : 0)} %`;
}

export function wholePercent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function count(n: number): string {
  return n.toLocaleString('en-US');
}

export function signed(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
