/** Element `index` of `array`; a read out of bounds is a bug in the plan and throws. */
export function at(array: ArrayLike<number>, index: number): number {
  const value = array[index];
  if (value === undefined) throw new RangeError(`read at ${index} of an array of ${array.length}`);
  return value;
}
