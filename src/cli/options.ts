/** Parsers of option values; a bad value ends with exit code 2 and says what was expected. */
import { InvalidArgumentError } from 'commander';
import { WgflowError } from '../errors.ts';
import { parseSchedule } from '../schedule.ts';
import type { Schedule } from '../schedule.ts';

export function integer(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`Expected an integer ≥ ${min}.`);
    }
    return value;
  };
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('Expected a number above 0.');
  }
  return value;
}

export function nonNegativeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('Expected a number ≥ 0.');
  }
  return value;
}

export function widths(text: string): number[] {
  return text.split(',').map(integer(1));
}

export function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim());
  if (list.includes('')) throw new InvalidArgumentError('Expected names separated by commas.');
  return list;
}

export function schedule(text: string): Schedule {
  try {
    return parseSchedule(text);
  } catch (error) {
    if (error instanceof WgflowError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
