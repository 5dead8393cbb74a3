export function elementBytes(f16 = false): number {
  return f16 ? 2 : 4;
}
