/** Schemas that the column types share. */
import * as v from 'valibot';

/** Text of a file is printed, and a control character could steer a terminal. */
export const plainText = v.pipe(
  v.string(),
  v.check((text) => !/\p{Cc}/u.test(text), 'text without control characters'),
);
export const wholeNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const finiteNumber = v.pipe(v.number(), v.finite());
/** Rows of each level, each at least one. */
export const counts = v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(1)));
