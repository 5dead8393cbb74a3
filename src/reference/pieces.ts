/** On which side of a unit's kink an input lies, in f64. */
export function isAboveKink(x: number, weight: number, bias: number): boolean {
  return weight * x + bias > 0 === weight >= 0;
}
