import { at } from './at.ts';

/** Whether bit `index` of a table of 32-bit words is set. */
export function hasBit(words: ArrayLike<number>, index: number): boolean {
  return ((at(words, Math.floor(index / 32)) >>> (index % 32)) & 1) === 1;
}
