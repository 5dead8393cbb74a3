/** Element `index` of `array`; a read outside it is a bug in the plan and stops the run. */
export function at(array: ArrayLike<number>, index: number): number {
  const value = array[index];
  if (value === undefined) throw new RangeError(`read at ${index} of an array of ${array.length}`);
  return value;
}
