/** The toy sets in sentences. */
import type { ToyName } from '../src/index.ts';

export const TOY_TITLES: Readonly<Record<ToyName, string>> = {
  moons: 'Moons',
  circles: 'Circles',
  '8gaussians': 'Eight Gaussians',
  pinwheel: 'Pinwheel',
  spirals: 'Spirals',
  checkerboard: 'Checkerboard',
  banana: 'Banana',
  mixture6: 'Mixture in 6 dimensions',
  mixture16: 'Mixture in 16 dimensions',
  warped8: 'Warped Gaussian in 8 dimensions',
};
