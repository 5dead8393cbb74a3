/** Rows that every consumer scores, and the samples that each draws. */
export const X = Float32Array.of(0, 0.5, 1, -0.3, -1.2, 0.1, 2, 0.4);
export const SAMPLES = { count: 5, seed: 1 };
