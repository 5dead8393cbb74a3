/**
 * The density of one number given the others, known at nodes: log p is a cubic through the nodes, and a tail beyond
 * each end. docs/derivations.md, eq. (147) to (156)
 */
import { at } from './at.ts';

/** Nodes in ascending order, and log p at each. */
export interface Curve {
  nodes: ArrayLike<number>;
  logDensity: ArrayLike<number>;
}

/** Parts into which a panel between two nodes is cut; log p is linear in each. */
export const PARTS = 8;
/** Parts of a panel that is nearly level with a threshold: its crest may be narrower than a part. */
const LEVEL_PARTS = 32;
/** A panel is nearly level with a threshold if its nodes are as close to it, in nats. */
const LEVEL = 0.5;

/** A tail p(0) (1 + shape d rate)^(−1/shape) at the distance d; exponential if the shape is 0. */
export interface Tail {
  logDensity: number;
  rate: number;
  shape: number;
  mass: number;
}

/** Log-densities below the largest by more are as low as this. */
const FLOOR = -1e30;
/** A steeper slope is as steep as this. */
const MAX_SLOPE = 1e20;
/** The largest shape of a tail: its mass is finite below 1. */
const MAX_SHAPE = 0.9;
/** A smaller shape is none. */
const MIN_SHAPE = 1e-3;
/** Nats by which log p may rise outward at the end of a tail that falls. */
const RIPPLE = 0.25;
/** A tail that does not fall has this rate, and a mass as of this length. */
const SLOWEST = 1e-10;
const ENDLESS = 1e15;
/** Nats by which a density may rise between nodes: above the peak if both neighbours point up, else above both nodes. */
const MAX_RISE = 4;
/** Nats by which a cubic may be steeper over a panel than the secants allow. */
const SLOPE_SLACK = 1;

/** Every `stride`-th node. The number of nodes must be odd if the stride is 2. */
export class ConditionalCurve {
  readonly #curve: Curve;
  readonly #stride: number;
  readonly count: number;
  /** The largest log-density; all others are relative to it. */
  readonly peak: number;
  readonly left: Tail;
  readonly right: Tail;
  /** Mass of each panel, relative to exp(peak). */
  readonly masses: readonly number[];
  /** Mass of everything, relative to exp(peak). */
  readonly total: number;

  constructor(curve: Curve, stride = 1) {
    this.#curve = curve;
    this.#stride = stride;
    this.count = Math.floor((curve.nodes.length - 1) / stride) + 1;
    this.peak = Math.max(...Array.from(curve.logDensity));
    this.left = this.#tail(0, 1);
    this.right = this.#tail(this.count - 1, -1);
    this.masses = Array.from({ length: this.count - 1 }, (_, panel) => this.massTo(panel, 1));
    this.total = this.left.mass + this.masses.reduce((sum, mass) => sum + mass, 0) + this.right.mass;
  }

  node(i: number): number {
    return this.#curve.nodes[i * this.#stride] ?? NaN;
  }

  logAt(i: number): number {
    return Math.max((this.#curve.logDensity[i * this.#stride] ?? NaN) - this.peak, FLOOR);
  }

  width(panel: number): number {
    return this.node(panel + 1) - this.node(panel);
  }

  secant(panel: number): number {
    return limited((this.logAt(panel + 1) - this.logAt(panel)) / this.width(panel), MAX_SLOPE);
  }

  /** The slope of log p at a node: of the parabola through it and its neighbours, but not much steeper than both secants. */
  slope(i: number): number {
    if (i === 0) return this.#endSlope(0, 1);
    if (i === this.count - 1) return this.#endSlope(i - 1, i - 1);
    const [a, b] = [this.width(i - 1), this.width(i)];
    const [before, after] = [this.secant(i - 1), this.secant(i)];
    const monotone = 3 * Math.min(Math.abs(before), Math.abs(after));
    const widest = Math.max(a, b);
    const most =
      (before > 0 === after > 0 ? monotone : Math.min(monotone, MAX_RISE / widest)) + SLOPE_SLACK / widest;
    return limited((b * before + a * after) / (a + b), most);
  }

  /** The slope at the outer end of the first or last panel, which has the node `inner` at its other end. */
  #endSlope(panel: number, inner: number): number {
    const secant = this.secant(panel);
    const most = 1.5 * Math.abs(secant) + SLOPE_SLACK / this.width(panel);
    return 1.5 * secant + limited(0.5 * secant - this.slope(inner), most);
  }

  /** log p at the share t of a panel, relative to the peak. */
  logIn(panel: number, t: number): number {
    const u = 1 - t;
    const bend = this.width(panel) * t * u * (this.slope(panel) * u - this.slope(panel + 1) * t);
    return this.logAt(panel) * u * u * (1 + 2 * t) + this.logAt(panel + 1) * t * t * (3 - 2 * t) + bend;
  }

  /** The mass of a panel up to its share t. */
  massTo(panel: number, t: number): number {
    const width = this.width(panel) / PARTS;
    let sum = 0;
    for (let part = 0; part < PARTS; part++) {
      const share = Math.min(Math.max(t * PARTS - part, 0), 1);
      if (share === 0) break;
      const from = this.logIn(panel, part / PARTS);
      const to = this.logIn(panel, (part + 1) / PARTS);
      sum += massOfLine(share * width, from, from + share * (to - from));
    }
    return sum;
  }

  /** The tail that begins at node i, away from node i + inward. */
  #tail(i: number, inward: 1 | -1): Tail {
    const logDensity = this.logAt(i);
    const j = this.#likelier(i, inward);
    if (j === undefined) {
      return { logDensity, rate: SLOWEST, shape: 0, mass: Math.exp(logDensity) * ENDLESS };
    }
    const k = this.#likelier(j, inward);
    const slope = (from: number, to: number): number =>
      (this.logAt(to) - this.logAt(from)) / Math.abs(this.node(to) - this.node(from));
    const first = slope(i, j);
    // It falls ever faster from a summit.
    const second = k === undefined ? 0 : slope(j, k);
    const near = Math.abs(this.node(j) - this.node(i));
    const between = k === undefined ? near : Math.abs(this.node(k) - this.node(i)) / 2;
    // 1 / rate grows along a heavy tail; along a light one, the rate does.
    const growth = second > 0 ? (1 / first - 1 / second) / between : 0;
    const shape = growth < MIN_SHAPE ? 0 : Math.min(growth, MAX_SHAPE);
    const steeper = second > 0 ? Math.max(first + ((first - second) * near) / (2 * between), first) : first;
    const rate = shape > 0 ? 1 / (1 / first + (shape * near) / 2) : steeper;
    return { logDensity, rate, shape, mass: Math.exp(logDensity) / rate / (1 - shape) };
  }

  /** The first node inward of node i that is likelier by more than a ripple. */
  #likelier(i: number, inward: 1 | -1): number | undefined {
    for (let j = i + inward; j >= 0 && j < this.count; j += inward) {
      if (this.logAt(j) > this.logAt(i) + RIPPLE) return j;
    }
    return undefined;
  }

  /**
   * The mass that a panel may have besides that of the straight line between its nodes: if log p is concave there, it is
   * below the secants of its neighbours.
   */
  doubt(panel: number): number {
    const width = this.width(panel);
    const [from, to] = [this.logAt(panel), this.logAt(panel + 1)];
    const line = massOfLine(width, from, to);
    const own = this.secant(panel);
    const before = panel > 0 ? this.secant(panel - 1) : own + SLOPE_SLACK / width;
    const after = panel < this.count - 2 ? this.secant(panel + 1) : own - SLOPE_SLACK / width;
    const most = Math.max(from, to) + MAX_RISE;
    let more = 0;
    if (before > own && after < own) {
      const place = Math.min(Math.max((to - after * width - from) / (before - after), 0), width);
      const top = Math.min(from + before * place, MAX_RISE);
      more = massOfLine(place, from, top) + massOfLine(width - place, top, to) - line;
    } else if (before > own) {
      more = (massOfLine(width, from, Math.min(from + before * width, most)) - line) / 4;
    } else if (after < own) {
      more = (massOfLine(width, Math.min(to - after * width, most), to) - line) / 4;
    }
    return Math.max(more, Math.abs((this.masses[panel] ?? 0) - line));
  }
}

/** The values of one row in a buffer [length, rows]. */
export function columnOf(values: ArrayLike<number>, length: number, rows: number, row: number): number[] {
  return Array.from({ length }, (_, i) => at(values, i * rows + row));
}

/** Where a value lies in a curve. */
export interface CurvePoint {
  logDensity: number;
  /** The share of the mass below it. */
  below: number;
  /** The logarithm of the share of the mass whose density is at most as large. */
  logTail: number;
}

/** log p at y relative to the peak, and the mass below y. */
function placed(curve: ConditionalCurve, y: number): { log: number; mass: number } {
  const { left, right, count, masses } = curve;
  const [first, last] = [curve.node(0), curve.node(count - 1)];
  if (y < first) return { log: logInTail(left, first - y), mass: massBeyond(left, first - y) };
  if (y > last) {
    return { log: logInTail(right, y - last), mass: curve.total - massBeyond(right, y - last) };
  }
  let mass = left.mass;
  let panel = 0;
  while (panel < count - 2 && y >= curve.node(panel + 1)) mass += masses[panel++] ?? NaN;
  const t = (y - curve.node(panel)) / curve.width(panel);
  return { log: curve.logIn(panel, t), mass: mass + curve.massTo(panel, t) };
}

export function pointOf(curve: ConditionalCurve, y: number): CurvePoint {
  const { log, mass } = placed(curve, y);
  return {
    logDensity: log + curve.peak,
    below: mass / curve.total,
    logTail: Math.log(relativeTail(curve, log)) + log - Math.log(curve.total),
  };
}

/** A density that is as large as the threshold but for rounding counts as not above it. */
const THRESHOLD_SLACK = 1e-6;

/** The mass whose log-density is at most `log`, in units of exp(log). */
function relativeTail(curve: ConditionalCurve, log: number): number {
  const level = log + THRESHOLD_SLACK * (1 + Math.abs(log));
  let sum = 0;
  for (let panel = 0; panel < curve.count - 1; panel++) {
    const farthest = Math.max(Math.abs(curve.logAt(panel) - log), Math.abs(curve.logAt(panel + 1) - log));
    const parts = farthest < LEVEL ? LEVEL_PARTS : PARTS;
    const width = curve.width(panel) / parts;
    for (let part = 0; part < parts; part++) {
      const from = curve.logIn(panel, part / parts);
      const to = curve.logIn(panel, (part + 1) / parts);
      const [low, high] = [Math.min(from, to), Math.max(from, to)];
      if (high <= level) sum += massOfLine(width, from - log, to - log);
      else if (low < level) {
        sum += massOfLine((width * (level - low)) / (high - low), low - log, level - log);
      }
    }
  }
  for (const { logDensity, rate, shape } of [curve.left, curve.right]) {
    const local = (1 - shape) * rate;
    if (logDensity <= level) sum += Math.exp(logDensity - log) / local;
    // Where the tail has fallen to the level, its mass is that of a tail with the rate there.
    else sum += Math.exp(shape * (logDensity - level)) / local;
  }
  return sum;
}

/** The place with this share of the mass below it. */
export function quantileOf(curve: ConditionalCurve, share: number): number {
  const { left, right, count, masses } = curve;
  const target = share * curve.total;
  if (target < left.mass) return curve.node(0) - distanceOf(left, target);
  let below = left.mass;
  for (let panel = 0; panel < count - 1; panel++) {
    const mass = masses[panel] ?? NaN;
    if (target < below + mass) return curve.node(panel) + within(curve, panel, target - below);
    below += mass;
  }
  return curve.node(count - 1) + distanceOf(right, Math.max(curve.total - target, 0));
}

/** The distance from the panel's first node within which it has this mass. */
function within(curve: ConditionalCurve, panel: number, target: number): number {
  const width = curve.width(panel) / PARTS;
  let left = target;
  for (let part = 0; part < PARTS; part++) {
    const from = curve.logIn(panel, part / PARTS);
    const to = curve.logIn(panel, (part + 1) / PARTS);
    const mass = massOfLine(width, from, to);
    if (left < mass || part === PARTS - 1) return width * (part + shareOfLine(from, to, left / mass));
    left -= mass;
  }
  return PARTS * width;
}

/** The share of a line's width that has this share of its mass. */
function shareOfLine(from: number, to: number, mass: number): number {
  const share = Math.min(Math.max(mass, 0), 1);
  const rise = to - from;
  if (Math.abs(rise) < 1e-3) return share + (rise * share * (1 - share)) / 2;
  // From the higher end, so that exp does not overflow.
  if (rise > 0) return 1 + Math.log(share + (1 - share) * Math.exp(-rise)) / rise;
  return Math.log(1 - share + share * Math.exp(rise)) / rise;
}

function logInTail({ logDensity, rate, shape }: Tail, distance: number): number {
  if (shape < MIN_SHAPE) return logDensity - rate * distance;
  return logDensity - Math.log(1 + shape * rate * distance) / shape;
}

function massBeyond({ mass, rate, shape }: Tail, distance: number): number {
  if (shape < MIN_SHAPE) return mass * Math.exp(-rate * distance);
  return mass * (1 + shape * rate * distance) ** (1 - 1 / shape);
}

/** How far out this much of the tail's mass is left. */
function distanceOf({ mass, rate, shape }: Tail, left: number): number {
  const log = Math.log(Math.min(left / mass, 1));
  if (shape < MIN_SHAPE) return -log / rate;
  return (Math.exp((-shape / (1 - shape)) * log) - 1) / (shape * rate);
}

/** The mean of a function of the place, which is taken in the middle of each part and once in each tail. */
export function meanOf(curve: ConditionalCurve, of: (y: number) => number): number {
  const { left, right, count } = curve;
  const meanDistance = ({ rate, shape }: Tail): number => 1 / (rate * Math.max(1 - 2 * shape, 0.1));
  let sum =
    left.mass * of(curve.node(0) - meanDistance(left)) +
    right.mass * of(curve.node(count - 1) + meanDistance(right));
  for (let panel = 0; panel < count - 1; panel++) {
    const width = curve.width(panel) / PARTS;
    for (let part = 0; part < PARTS; part++) {
      const from = curve.logIn(panel, part / PARTS);
      const to = curve.logIn(panel, (part + 1) / PARTS);
      sum += massOfLine(width, from, to) * of(curve.node(panel) + width * (part + 0.5));
    }
  }
  return sum / curve.total;
}

/** An estimate of the error of log(total): what half of the nodes gives, what the tails hold, what may hide between nodes. */
export function errorOf(curve: Curve): number {
  const [whole, half] = [new ConditionalCurve(curve), new ConditionalCurve(curve, 2)];
  const difference = Math.abs(Math.log(whole.total / half.total) + whole.peak - half.peak);
  const tails = (whole.left.mass + whole.right.mass) / whole.total;
  const hidden = whole.masses.reduce((sum, _, panel) => sum + whole.doubt(panel), 0) / whole.total;
  return Math.max(difference, tails / 5, (hidden * hidden) / 2);
}

/**
 * Fresh nodes where the curve is least certain, in ascending order. They share out the cube roots of the panels' doubts,
 * since doubling the nodes of a panel leaves a quarter of its doubt.
 */
export function refined(curve: Curve, fresh: number): number[] {
  const whole = new ConditionalCurve(curve);
  const { count, left, right } = whole;
  const span = whole.node(count - 1) - whole.node(0);
  const reach = ({ rate }: Tail): number => Math.min(4 / rate, 2 * span);
  const weightOf = ({ mass }: Tail): number => Math.cbrt(Math.min(mass, span) / 2);
  const weights = [
    weightOf(left),
    ...whole.masses.map((mass, panel) => Math.cbrt(whole.doubt(panel) + mass / 1000)),
    weightOf(right),
  ];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const places: number[] = [];
  let before = 0;
  weights.forEach((weight, segment) => {
    while (places.length < fresh) {
      const t = (((places.length + 0.5) / fresh) * total - before) / weight;
      if (t > 1 && segment < weights.length - 1) break;
      // Away from the nodes at both ends, which are known.
      const inside = 0.1 + 0.8 * Math.min(t, 1);
      if (segment === 0) places.push(whole.node(0) - reach(left) * (1.1 - inside));
      else if (segment === weights.length - 1)
        places.push(whole.node(count - 1) + reach(right) * (inside + 0.1));
      else places.push(whole.node(segment - 1) + whole.width(segment - 1) * inside);
    }
    before += weight;
  });
  return places;
}

/** ∫ exp of the line from `from` to `to` over a width. */
export function massOfLine(width: number, from: number, to: number): number {
  const fall = Math.abs(to - from);
  const mean = fall < 1e-3 ? 1 - fall / 2 + (fall * fall) / 6 : (1 - Math.exp(-fall)) / fall;
  return width * Math.exp(Math.max(from, to)) * mean;
}

function limited(value: number, most: number): number {
  return Math.min(Math.max(value, -most), most);
}
