/** Schemas for the numbers of a spec, each with the text of its valid range. */
import * as v from 'valibot';

export function integerFrom(min: number, max: number) {
  const expected = `an integer from ${min} to ${max}`;
  return v.pipe(v.number(), v.safeInteger(expected), v.minValue(min, expected), v.maxValue(max, expected));
}

export function numberFrom(min: number, max: number) {
  const expected = `a number from ${min} to ${max}`;
  return v.pipe(v.number(), v.minValue(min, expected), v.maxValue(max, expected));
}

export function positiveNumber() {
  const expected = 'a positive finite number';
  return v.pipe(v.number(), v.finite(expected), v.gtValue(0, expected));
}
