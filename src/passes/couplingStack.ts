/** The stack of couplings that begins at a bijector. */
import type { FlowShape, Layer } from '../bijectors/bijector.ts';
import type { CouplingStack, StackableCoupling, StackMix } from '../model/couplingStack.ts';

/** The most features for which fused kernels also run what mixes them: each has a matrix in registers. */
const MAX_MIXED_DIM = 4;

/** A coupling, and what comes before it. */
interface Step {
  coupling: StackableCoupling;
  mix: StackMix | undefined;
  /** Bijectors of the flow. */
  length: number;
}

/** The longest stack that begins at this bijector, or undefined if no fused kernel fits it. */
export function couplingStackAt(
  shape: FlowShape,
  bijectors: readonly Layer[],
  start: number,
): CouplingStack | undefined {
  const first = stepAt(shape, bijectors, start);
  if (first === undefined) return undefined;
  const second = stepAt(shape, bijectors, start + first.length);
  const [netStart = 0, secondNet = netStart] = first.coupling.netStarts;
  const netStride = secondNet - netStart;
  const couplingStride = (second?.coupling.netStarts[0] ?? netStart) - netStart;
  const permutationStride = (second?.mix?.permutation ?? 0) - (first.mix?.permutation ?? 0);
  const flips: boolean[] = [];
  for (
    let step: Step | undefined = first;
    step !== undefined;
    step = stepAt(shape, bijectors, start + flips.length * first.length)
  ) {
    const { coupling, mix } = step;
    const offset = flips.length * couplingStride;
    const isAlike = JSON.stringify(coupling.shape) === JSON.stringify(first.coupling.shape);
    const isInPlace = coupling.netStarts.every((start, net) => start === netStart + offset + net * netStride);
    const isMixedAlike =
      mix?.start === addTo(first.mix?.start, offset) &&
      mix?.permutation === addTo(first.mix?.permutation, flips.length * permutationStride);
    if (!isAlike || !isInPlace || !isMixedAlike) break;
    flips.push(coupling.flip);
  }
  const isLong = flips.length > 1;
  return {
    ...first.coupling.shape,
    netStart,
    netStride,
    couplingStride: isLong ? couplingStride : 0,
    mix: first.mix,
    permutationStride: isLong && first.mix !== undefined ? permutationStride : 0,
    flips,
  };
}

function addTo(place: number | undefined, offset: number): number | undefined {
  return place === undefined ? undefined : place + offset;
}

function stepAt(shape: FlowShape, bijectors: readonly Layer[], place: number): Step | undefined {
  const mix = mixAt(shape, bijectors, place);
  const layer = bijectors[mix === undefined ? place : place + 2];
  const coupling = layer?.room.stackable?.(layer, shape);
  return coupling && { coupling, mix, length: mix === undefined ? 1 : 3 };
}

function mixAt({ dim }: FlowShape, bijectors: readonly Layer[], place: number): StackMix | undefined {
  const [scale, linear] = [bijectors[place], bijectors[place + 1]];
  const start = scale?.room.stackScale?.(scale);
  const permutation = linear?.room.stackLinear?.(linear);
  if (dim > MAX_MIXED_DIM || start === undefined || permutation === undefined) return undefined;
  return { start: start.offset, permutation: permutation.offset };
}
