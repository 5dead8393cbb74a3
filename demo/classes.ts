/** The classes of the toy sets, with the page's names for them. */
import { toyDensity } from '../src/index.ts';
import type { LabelColumn, ToyName } from '../src/index.ts';

interface Kind {
  name: string;
  /** The form used in sentences. */
  plural: string;
  /** Names of the single classes; by default they are numbered from 1. */
  levels?: readonly string[];
}

const KINDS: Partial<Record<ToyName, Kind>> = {
  moons: { name: 'moon', plural: 'moons', levels: ['upper', 'lower'] },
  circles: { name: 'ring', plural: 'rings', levels: ['outer', 'inner'] },
  '8gaussians': { name: 'gaussian', plural: 'Gaussians' },
  pinwheel: { name: 'spoke', plural: 'spokes' },
  spirals: { name: 'spiral', plural: 'spirals' },
  checkerboard: { name: 'square', plural: 'squares' },
};

/** The context column of a toy set, in the order of its classes; undefined if its points have none. */
export function toyClasses(name: ToyName): LabelColumn | undefined {
  const kind = KINDS[name];
  if (kind === undefined) return undefined;
  const numbers = Array.from({ length: toyDensity(name).classes }, (_, index) => String(index + 1));
  return { name: kind.name, levels: kind.levels ?? numbers };
}

/** The plural name of a toy set's classes. */
export function pluralOf(name: ToyName): string | undefined {
  return KINDS[name]?.plural;
}
