/** Draws of one row, from its Philox blocks. */
import { CHOICE_BLOCK } from '../../kernels/base/mixture_sample.ts';
import { addToRow, normalsOf, philox, uniformOf } from '../../random.ts';
import type { Words } from '../../random.ts';
import { at } from './at.ts';
import type { mixtureOf } from './mixture.ts';

interface DrawParams {
  row_start_lo: number;
  row_start_hi: number;
  seed_lo: number;
  seed_hi: number;
  stream: number;
}

type WordsOf = (block: number) => Words;

/** The words of row `row` by block. */
export function wordsOfRow(params: DrawParams, row: number): WordsOf {
  const [low, high] = addToRow([params.row_start_lo, params.row_start_hi], row);
  return (block) => philox([block, low, high, params.stream], [params.seed_lo, params.seed_hi]);
}

export function normalDraws(wordsOf: WordsOf, count: number): number[] {
  const blocks = Array.from({ length: Math.ceil(count / 4) }, (_, block) => normalsOf(wordsOf(block)));
  return blocks.flat().slice(0, count);
}

/** Uniform on (−1/2, 1/2), and exact in float32. */
export function uniformDraws(wordsOf: WordsOf, count: number): number[] {
  return Array.from({ length: count }, (_, j) => {
    const u = uniformOf(at(wordsOf(Math.floor(j / 4)), j % 4));
    return u < 0.5 ? u : u - 1;
  });
}

const MAX_EXPONENT = 80;

/** A Student's t for each number of degrees of freedom. */
export function studentTDraws(wordsOf: WordsOf, dfs: readonly number[]): number[] {
  return dfs.map((df, j) => {
    const words = wordsOf(Math.floor(j / 2)).map(uniformOf);
    const [u, v] = j % 2 === 0 ? [at(words, 0), at(words, 1)] : [at(words, 2), at(words, 3)];
    const exponent = Math.min((-2 * Math.log(u)) / df, MAX_EXPONENT);
    return Math.sqrt(df * Math.expm1(exponent)) * Math.cos(2 * Math.PI * v);
  });
}

/** A draw of a mixture; `temperature` multiplies the standard deviations. */
export function mixtureDraw(
  wordsOf: WordsOf,
  components: ReturnType<typeof mixtureOf>,
  temperature: number,
): number[] {
  const u = uniformOf(wordsOf(CHOICE_BLOCK)[0]);
  let sum = 0;
  const chosen = components.find(({ weight }) => u < (sum += weight)) ?? components.at(-1);
  const { mean = [], scale = [] } = chosen ?? {};
  return normalDraws(wordsOf, mean.length).map(
    (normal, j) => at(mean, j) + temperature * at(scale, j) * normal,
  );
}
