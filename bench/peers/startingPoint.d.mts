/** The types of startingPoint.mjs. */
export function startingPoint(
  library: unknown,
  config: unknown,
  settings: { batches: number; seed: number },
): { data: Float32Array; model: Uint8Array };
