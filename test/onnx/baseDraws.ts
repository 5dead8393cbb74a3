/** The draws from which the library's samples come, as an exported graph takes them. */
import type { BaseType } from '../../src/bases/index.ts';
import { CHOICE_BLOCK } from '../../src/kernels/base/mixture_sample.ts';
import { philox, splitRow, splitSeed, STREAMS, uniformOf } from '../../src/random.ts';
import type { Words } from '../../src/random.ts';
import { normalDraws } from '../../src/reference/maths/draws.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import type { Given } from './session.ts';

type DrawsOf = (wordsOf: (block: number) => Words, dim: number) => number[];

const wordOf = (wordsOf: (block: number) => Words, word: number): number =>
  uniformOf(wordsOf(Math.floor(word / 4))[word % 4]!);
const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const NORMALS = { normals: normalDraws };

const DRAWS: Record<BaseType, Partial<Record<'normals' | 'uniforms', DrawsOf>>> = {
  standard_normal: NORMALS,
  class_conditional: NORMALS,
  diagonal_normal: NORMALS,
  mixture: { ...NORMALS, uniforms: (wordsOf) => [uniformOf(wordsOf(CHOICE_BLOCK)[0])] },
  student_t: { uniforms: (wordsOf, dim) => inOrder(2 * dim).map((word) => wordOf(wordsOf, word)) },
  uniform: { uniforms: (wordsOf, dim) => inOrder(dim).map((word) => wordOf(wordsOf, word)) },
};

/** Each shape after the rows. */
const SHAPES: Partial<Record<BaseType, (dim: number) => number[]>> = {
  mixture: () => [],
  student_t: (dim) => [dim, 2],
};

/** The draws of `flow.sample(rows, { seed })`. */
export function baseDraws(
  { base: { type }, dim }: FlowSpec,
  rows: number,
  seed: number,
): Record<string, Given> {
  const key = splitSeed(seed);
  const all = Object.entries(DRAWS[type]).map(([kind, drawsOf]): [string, Given] => {
    const values = inOrder(rows).flatMap((row) => {
      const [low, high] = splitRow(row);
      return drawsOf((block) => philox([block, low, high, STREAMS.baseSample], key), dim);
    });
    const shape = kind === 'uniforms' ? (SHAPES[type]?.(dim) ?? [dim]) : [dim];
    return [kind, { shape: [rows, ...shape], values }];
  });
  return Object.fromEntries(all);
}
