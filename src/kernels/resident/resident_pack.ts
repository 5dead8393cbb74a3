import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, gridOf, roundUp } from '../../plan/shape.ts';
import type { DenseSlots, LinearSlots } from '../../model/tensors.ts';

export const residentPackKernel = {
  stem: 'resident_pack',
  params: {
    n_quads: 'u32',
    n_sections: 'u32',
  },
  bindings: {
    sections: { access: 'read', element: 'u32', table: true },
    parameters: { access: 'read', element: 'f32' },
    packed: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/** Weights in the order in which an invocation of `residentPass` reads them: [inputs, outputs], in quads of outputs. */
export interface PackedWeights {
  /** The first quad. */
  start: number;
  /** Units that the sums run over; the packed ones are padded with zeros to a multiple of 4. */
  inputs: number;
  /** Units that receive the sums; padded in the same way. */
  outputs: number;
}

/** Which part of a square matrix a tensor holds, by its number in the shaders. */
export const TRIANGLES = ['none', 'lower', 'upper'] as const;
export type Triangle = (typeof TRIANGLES)[number];

/** A layer without its bias. */
export type Matrix = Omit<DenseSlots, 'bias'>;

/** A range of a layer's inputs or outputs. */
export interface UnitRange {
  start: number;
  count: number;
}

/** Words of a section's record: see shaders/resident/resident_pack.wgsl. */
const SECTION_WORDS = 8;

/** Lays out the packed weights of a flow's layers, and builds the dispatch that fills them. */
export class WeightPacker {
  readonly #sections: number[] = [];
  readonly #known = new Map<string, PackedWeights>();
  readonly #outputQuads: number;
  #quads = 0;

  /** @param outputQuads quads of outputs that an invocation sums at once: `Tile.outputQuads` */
  constructor(outputQuads: number) {
    this.#outputQuads = outputQuads;
  }

  /** The weights from a range of the layer's inputs to a range of its outputs. */
  forward({ weight, inputs }: Matrix, from: UnitRange, to: UnitRange): PackedWeights {
    const offset = weight.offset + to.start * inputs + from.start;
    return this.#add(offset, [1, inputs], from.count, to.count);
  }

  /** The same weights, for the gradient of the inputs: from the outputs to the inputs. */
  backward({ weight, inputs }: Matrix, from: UnitRange, to: UnitRange): PackedWeights {
    const offset = weight.offset + from.start * inputs + to.start;
    return this.#add(offset, [inputs, 1], from.count, to.count);
  }

  /** L y or (U + diag) x of an invertible linear map, or the transposed product. */
  triangle(
    { lower, upper, logDiagonal }: LinearSlots,
    which: 'lower' | 'upper',
    transposed: boolean,
  ): PackedWeights {
    const { offset } = which === 'lower' ? lower : upper;
    const { length } = logDiagonal;
    return this.#add(offset, [logDiagonal.offset, Number(transposed)], length, length, which);
  }

  #add(
    offset: number,
    strides: [number, number],
    inputs: number,
    outputs: number,
    triangle: Triangle = 'none',
  ): PackedWeights {
    const key = [offset, ...strides, inputs, outputs, triangle].join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const start = this.#quads;
    const quads = roundUp(ceilDivide(outputs, 4), this.#outputQuads);
    this.#sections.push(start, offset, ...strides, inputs, outputs, quads, TRIANGLES.indexOf(triangle));
    this.#quads += roundUp(inputs, 4) * quads;
    const added = { start, inputs, outputs };
    this.#known.set(key, added);
    return added;
  }

  /** Elements of the packed weights. */
  get length(): number {
    return 4 * this.#quads;
  }

  /** Fills `packed`; undefined if the flow has no layers. */
  dispatch(buffers: { parameters: string; packed: string }): Dispatch | undefined {
    const quads = this.#quads;
    if (quads === 0) return undefined;
    return dispatchOf(residentPackKernel, {
      params: { n_quads: quads, n_sections: this.#sections.length / SECTION_WORDS },
      tables: { sections: this.#sections },
      buffers,
      workgroups: gridOf(quads),
      flops: 0,
      bytes: 2 * 16 * quads,
    });
  }
}
