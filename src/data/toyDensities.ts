/** The toy densities of the plane in their own units: their points, moments and densities. */
import { choiceOf, normalPair, spreadWords, uniformOf } from '../random.ts';
import type { Words } from '../random.ts';
import { blurredCurves, gaussianMean, mixtureDensity } from './toyEntropy.ts';
import type { PlaneDensity, Point, WeightedCurve } from './toyEntropy.ts';
import type { ToyFamily, ToyName } from './toyFamily.ts';
import { VECTOR_FAMILIES } from './toyVectors.ts';

interface PlaneFamily {
  /** Components, of equal weight: `choiceOf(word 0, classes)` is the class of a point. */
  classes: number;
  /** Mean entropy in nats of one class, in the family's own units; absent if there is only one. */
  classEntropy?: (noise: number) => number;
  /** Standard deviation of the noise; 0 for a family without noise. */
  defaultNoise: number;
  /** Entropy in nats of the standardized density at the default noise. */
  defaultEntropy: number;
  /** A point from four words: word 0 picks the component, words 1 and 2 or 2 and 3 the position. */
  point: (words: Words, noise: number) => Point;
  moments: (noise: number) => { mean: Point; variance: Point };
  density: (noise: number) => PlaneDensity;
}

/** Two interlocking half circles. */
const moons: PlaneFamily = {
  classes: 2,
  // The lower moon is the upper one, rotated.
  classEntropy: (noise) =>
    curveEntropy({ end: Math.PI, point: circlePoint, density: () => 1 / Math.PI, speed: 1 }, noise),
  defaultNoise: 0.05,
  defaultEntropy: 1.131222,
  point: ([w0, w1, w2, w3], noise) => {
    const t = Math.PI * uniformOf(w1);
    return blurred(choiceOf(w0, 2) === 1 ? innerMoon(t) : circlePoint(t), noise, w2, w3);
  },
  moments: (noise) => ({
    mean: [0.5, 0.25],
    variance: [0.75 + noise ** 2, (1.25 - 2 / Math.PI) / 2 - 0.0625 + noise ** 2],
  }),
  density: (noise) => {
    const arc = { end: Math.PI, density: () => 1 / (2 * Math.PI), speed: 1 };
    return mixtureDensity(
      blurredCurves(
        [
          { ...arc, point: circlePoint },
          { ...arc, point: innerMoon },
        ],
        noise,
      ),
    );
  },
};

/** Two rings about the origin. */
const RING_RADII = [1, 0.5] as const;
const circles: PlaneFamily = {
  classes: RING_RADII.length,
  classEntropy: (noise) =>
    RING_RADII.reduce((sum, radius) => {
      const point = (t: number): Point => circlePoint(t, radius);
      const ring = { end: 2 * Math.PI, point, density: () => 1 / (2 * Math.PI), speed: radius };
      return sum + curveEntropy(ring, noise) / RING_RADII.length;
    }, 0),
  defaultNoise: 0.05,
  defaultEntropy: 1.761259,
  point: ([w0, w1, w2, w3], noise) => {
    const radius = RING_RADII[choiceOf(w0, 2) === 1 ? 1 : 0];
    return blurred(circlePoint(2 * Math.PI * uniformOf(w1), radius), noise, w2, w3);
  },
  moments: (noise) => equalMoments((RING_RADII[0] ** 2 + RING_RADII[1] ** 2) / 4 + noise ** 2),
  density: (noise) =>
    mixtureDensity(
      blurredCurves(
        RING_RADII.map((radius) => ({
          end: 2 * Math.PI,
          point: (t) => circlePoint(t, radius),
          density: () => 1 / (4 * Math.PI),
          speed: radius,
        })),
        noise,
      ),
    ),
};

/** Eight Gaussians on a ring of radius 2. */
const eightGaussians: PlaneFamily = {
  classes: 8,
  classEntropy: (noise) => gaussianEntropy(noise, noise),
  defaultNoise: 0.2,
  defaultEntropy: 0.985111,
  point: ([w0, , w2, w3], noise) => blurred(circlePoint((Math.PI / 4) * choiceOf(w0, 8), 2), noise, w2, w3),
  moments: (noise) => equalMoments(2 + noise ** 2),
  density: (noise) => {
    const centres = Array.from({ length: 8 }, (_, i) => circlePoint((Math.PI / 4) * i, 2));
    return mixtureDensity({
      x: centres.map(([x]) => x),
      y: centres.map(([, y]) => y),
      weight: centres.map(() => 1 / 8),
      sigma: noise,
    });
  },
};

/**
 * Five Gaussian spokes at radius 1, rotated by an angle that depends only on the radius. The rotation preserves area,
 * so the density is the one of the unrotated point. `noise` is the width of the spokes; their length is fixed.
 */
const ARMS = 5;
const SPOKE_LENGTH = 0.3;
const turnAt = (radius: number): number => 0.25 * Math.exp(radius);
const pinwheel: PlaneFamily = {
  classes: ARMS,
  classEntropy: (noise) => gaussianEntropy(SPOKE_LENGTH, noise),
  defaultNoise: 0.1,
  defaultEntropy: 1.532131,
  point: ([w0, , w2, w3], noise) => {
    const [normal0, normal1] = normalPair(w2, w3);
    const spoke: Point = [1 + SPOKE_LENGTH * normal0, noise * normal1];
    return turned(spoke, (2 * Math.PI * choiceOf(w0, ARMS)) / ARMS + turnAt(Math.hypot(...spoke)));
  },
  moments: (noise) => equalMoments((1 + SPOKE_LENGTH ** 2 + noise ** 2) / 2),
  density: (noise) => {
    const unturned = (point: Point): number => {
      const exponents = Array.from({ length: ARMS }, (_, arm) => {
        const [along, across] = turned(point, (-2 * Math.PI * arm) / ARMS);
        return -0.5 * (((along - 1) / SPOKE_LENGTH) ** 2 + (across / noise) ** 2);
      });
      // Far out every exponential underflows; the exponentials of the differences do not.
      const largest = Math.max(...exponents);
      const sum = exponents.reduce((total, exponent) => total + Math.exp(exponent - largest), 0);
      return largest + Math.log(sum / (ARMS * 2 * Math.PI * SPOKE_LENGTH * noise));
    };
    return {
      logDensity: (x, y) => unturned(turned([x, y], -turnAt(Math.hypot(x, y)))),
      // The arms are symmetric, so the mean of −log p over one arm is the mean over all.
      entropy: () =>
        gaussianMean(
          (x, y) => -unturned([x, y]),
          { mean: [1, 0], std: [SPOKE_LENGTH, noise] },
          Math.min(SPOKE_LENGTH, noise) / 2,
        ),
    };
  },
};

/** Two spirals of one and a half turns, opposite each other: radius t / 3 at the angle t, denser outwards. */
const SPIRAL_END = 3 * Math.PI;
const spirals: PlaneFamily = {
  classes: 2,
  classEntropy: (noise) =>
    curveEntropy(
      {
        end: SPIRAL_END,
        point: (t) => circlePoint(t, t / 3),
        density: (t) => (2 * t) / SPIRAL_END ** 2,
        speed: Math.hypot(1, SPIRAL_END) / 3,
      },
      noise,
    ),
  defaultNoise: 0.1,
  defaultEntropy: 1.633974,
  point: ([w0, w1, w2, w3], noise) => {
    const t = SPIRAL_END * Math.sqrt(uniformOf(w1));
    return blurred(circlePoint(t, (choiceOf(w0, 2) === 1 ? -t : t) / 3), noise, w2, w3);
  },
  // E t² cos² t and E t² sin² t under the density 2t / T² of t, if T is a whole number of half turns.
  moments: (noise) => ({
    mean: [0, 0],
    variance: [(SPIRAL_END ** 2 + 3) / 36 + noise ** 2, (SPIRAL_END ** 2 - 3) / 36 + noise ** 2],
  }),
  density: (noise) =>
    mixtureDensity(
      blurredCurves(
        [1, -1].map((side) => ({
          end: SPIRAL_END,
          point: (t) => circlePoint(t, (side * t) / 3),
          density: (t) => t / SPIRAL_END ** 2,
          speed: Math.hypot(1, SPIRAL_END) / 3,
        })),
        noise,
      ),
    ),
};

/** The dark squares of a board of 4 × 4 on [−4, 4]²; no noise. */
const SQUARES = 8;
const checkerboard: PlaneFamily = {
  classes: SQUARES,
  classEntropy: () => Math.log(4),
  defaultNoise: 0,
  defaultEntropy: Math.log(6),
  point: ([w0, w1, w2]) => {
    const square = choiceOf(w0, SQUARES);
    const row = square >>> 1;
    const column = 2 * (square & 1) + (row & 1);
    return [2 * (column + uniformOf(w1)) - 4, 2 * (row + uniformOf(w2)) - 4];
  },
  moments: () => equalMoments(16 / 3),
  density: () => ({
    logDensity: (x, y) => {
      const column = Math.floor((x + 4) / 2);
      const row = Math.floor((y + 4) / 2);
      const onBoard = column >= 0 && column < 4 && row >= 0 && row < 4;
      return onBoard && (column + row) % 2 === 0 ? -Math.log(4 * SQUARES) : -Infinity;
    },
    entropy: () => Math.log(4 * SQUARES),
  }),
};

/** A normal bent by a shear, which preserves area: couplings that only shift can undo it. */
const banana: PlaneFamily = {
  classes: 1,
  defaultNoise: 0.5,
  defaultEntropy: 1.739265,
  point: ([, , w2, w3], noise) => {
    const [normal0, normal1] = normalPair(w2, w3);
    return [normal0, normal0 * normal0 + noise * normal1];
  },
  moments: (noise) => ({ mean: [0, 1], variance: [1, 2 + noise ** 2] }),
  density: (noise) => ({
    logDensity: (x, y) => -0.5 * (x * x + ((y - x * x) / noise) ** 2) - Math.log(2 * Math.PI * noise),
    entropy: () => Math.log(2 * Math.PI * Math.E * noise),
  }),
};

const inPlane = ({ point, ...family }: PlaneFamily): ToyFamily => ({
  ...family,
  dim: 2,
  point: (index, stream, key, noise) => point(spreadWords(index, stream, key), noise),
});

export const TOY_FAMILIES: Readonly<Record<ToyName, ToyFamily>> = {
  moons: inPlane(moons),
  circles: inPlane(circles),
  '8gaussians': inPlane(eightGaussians),
  pinwheel: inPlane(pinwheel),
  spirals: inPlane(spirals),
  checkerboard: inPlane(checkerboard),
  banana: inPlane(banana),
  ...VECTOR_FAMILIES,
};

function curveEntropy(curve: WeightedCurve, noise: number): number {
  return mixtureDensity(blurredCurves([curve], noise)).entropy();
}

/** The entropy of an axis-parallel Gaussian with these standard deviations, in nats. */
function gaussianEntropy(along: number, across: number): number {
  return 1 + Math.log(2 * Math.PI * along * across);
}

function circlePoint(angle: number, radius = 1): Point {
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

function innerMoon(t: number): Point {
  return [1 - Math.cos(t), 0.5 - Math.sin(t)];
}

function blurred([x, y]: Point, noise: number, word0: number, word1: number): Point {
  const [normal0, normal1] = normalPair(word0, word1);
  return [x + noise * normal0, y + noise * normal1];
}

function turned([x, y]: Point, angle: number): Point {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return [cos * x - sin * y, sin * x + cos * y];
}

function equalMoments(variance: number): { mean: Point; variance: Point } {
  return { mean: [0, 0], variance: [variance, variance] };
}
