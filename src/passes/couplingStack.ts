/** The stack of couplings that begins at a bijector. */
import type { FlowShape, Layer } from '../bijectors/bijector.ts';
import type { CouplingStack, StackableCoupling } from '../model/couplingStack.ts';

/** The longest stack that begins at this bijector, or undefined if no fused kernel fits it. */
export function couplingStackAt(
  shape: FlowShape,
  bijectors: readonly Layer[],
  start: number,
): CouplingStack | undefined {
  const couplingAt = (place: number): StackableCoupling | undefined => {
    const layer = bijectors[place];
    return layer?.room.stackable?.(layer, shape);
  };
  const first = couplingAt(start);
  if (first === undefined) return undefined;
  const [netStart = 0, secondNet = netStart] = first.netStarts;
  const netStride = secondNet - netStart;
  const couplingStride = (couplingAt(start + 1)?.netStarts[0] ?? netStart) - netStart;
  const flips: boolean[] = [];
  for (
    let coupling = couplingAt(start);
    coupling !== undefined;
    coupling = couplingAt(start + flips.length)
  ) {
    const place = netStart + flips.length * couplingStride;
    const isAlike = JSON.stringify(coupling.shape) === JSON.stringify(first.shape);
    const isInPlace = coupling.netStarts.every((offset, net) => offset === place + net * netStride);
    if (!isAlike || !isInPlace) break;
    flips.push(coupling.flip);
  }
  return {
    ...first.shape,
    netStart,
    netStride,
    couplingStride: flips.length > 1 ? couplingStride : 0,
    flips,
  };
}
