/**
 * Repeats a measurement that a shared machine sometimes disturbs, such as a time. Returns the first one that
 * holds, or the last, for the test to show.
 */
export async function undisturbed<T>(
  measure: () => Promise<T>,
  holds: (measured: T) => boolean,
  attempts = 4,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const measured = await measure();
    if (attempt === attempts || holds(measured)) return measured;
  }
}
