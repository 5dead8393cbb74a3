/** The fields of monotone rational-quadratic splines. */
import { integerFrom, positiveNumber } from '../model/schema.ts';

/** Splines of `bins` bins on [−bound, bound], and the identity outside. */
export const splineFields = {
  bins: integerFrom(2, 64),
  bound: positiveNumber(),
};

export const SPLINE_DEFAULTS = { bins: 8, bound: 3 };
