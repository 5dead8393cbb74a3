/** The fields of monotone rational-quadratic splines. */
import { integerFrom, positiveNumber } from '../model/schema.ts';

/** Splines of `bins` bins on [−bound, bound], and the identity outside. */
export const splineFields = {
  /** Number of bins of each spline. */
  bins: integerFrom(2, 64),
  /** The splines bend [−bound, bound], in units of the standardised data. */
  bound: positiveNumber(),
};

export const SPLINE_DEFAULTS = { bins: 8, bound: 3 };
