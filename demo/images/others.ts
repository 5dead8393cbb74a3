/** Pictures of other kinds than the model learned, and what their scores say. */
import { SHADES, SIDE } from './digits.ts';

export const KINDS = {
  digits: 'Digits',
  upsideDown: 'Digits upside down',
  negative: 'Negatives of digits',
  faint: 'Faint digits, a quarter as bright',
  empty: 'Empty pictures',
  tame: 'The model’s own pictures of little variety',
  noise: 'Noise',
} as const;

export type Kind = keyof typeof KINDS;

/**
 * Pictures of each kind.
 * @param digits [n, 64], of which the others are made
 * @param tame the model's own
 * @param draws numbers from 0 to 1, as many as pixels
 */
export function picturesOfKinds(
  digits: Float32Array,
  tame: Float32Array,
  draws: ArrayLike<number>,
): Record<Kind, Float32Array> {
  const most = SHADES - 1;
  return {
    digits,
    upsideDown: digits.map((_, place) => {
      const row = Math.floor(place / SIDE) % SIDE;
      return digits[place + (SIDE - 1 - 2 * row) * SIDE] ?? 0;
    }),
    negative: digits.map((value) => most - value),
    faint: digits.map((value) => Math.floor(value / 4)),
    empty: digits.map(() => 0),
    tame,
    noise: digits.map((_, place) => Math.floor(SHADES * (draws[place] ?? 0))),
  };
}

/** The smallest difference that the table shows. */
const VISIBLE = 0.005;

/** What the mean bits per dimension of each kind say. */
export function othersSentence(bits: Readonly<Record<Kind, number>>): string {
  const likelier = (Object.keys(KINDS) as Kind[]).filter((kind) => bits[kind] < bits.digits - VISIBLE);
  if (likelier.length === 0) {
    return 'Here all other kinds take more bits than digits, so a low log p gives them away.';
  }
  const names = new Intl.ListFormat('en').format(
    likelier.map((kind) => KINDS[kind].charAt(0).toLowerCase() + KINDS[kind].slice(1)),
  );
  return (
    `The model never saw ${names}, and yet it gives them a higher log p than digits. ` +
    'A high log p does not say that a picture is like those that were learned: simple pictures score high anywhere.'
  );
}
