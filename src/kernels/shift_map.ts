/** How shaders/shared/shift_map.wgsl gets the bound of a coupling's shift. */

/** 1 if there is a bound. */
export function shiftMapCode(shiftBound: number | undefined): number {
  return shiftBound === undefined ? 0 : 1;
}

/** The bound; 1, unused, if there is none. */
export function shiftBoundOf(shiftBound: number | undefined): number {
  return shiftBound ?? 1;
}
