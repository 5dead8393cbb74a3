/** Whether float32 can represent the number. */
export function isFloat32(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}
