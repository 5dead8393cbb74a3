import { describe, expect, it } from 'vitest';
import { lineOf } from '../../../src/reference/maths/pieces.ts';
import { expectClose } from '../../support/compare.ts';
import { runBoth, runTwin } from '../harness.ts';
import { hiddensOf, INPUTS, pieceCase } from './pieces.ts';
import { named, PIECE_STACKS, stackModel } from './stacks.ts';
import type { StackShape } from './stacks.ts';

const F32_BOUND = 1e-5;
/** Both sides are f64, but they add in different orders. */
const F64_BOUND = 1e-10;
const shapes = named(PIECE_STACKS);

describe.each(shapes)('piece_lines of %s', (_name, shape) => {
  it('finds the lines that its twin finds, with units that have no kink', async () => {
    const { dispatches, contents } = pieceCase(shape, 4, 'spread', 1);
    const { gpu, twin } = await runBoth(dispatches.slice(0, 1), contents);
    expectClose('lines', gpu('lines'), twin('lines'), F32_BOUND);
  });

  it.each(INPUTS)('gives in float64 what the layers give: %s', (inputs) => {
    const rows = 36;
    const { stack } = stackModel(shape);
    const [lower = 0, upper = 0] = shape.hidden;
    const { dispatches, contents } = pieceCase(shape, rows, inputs, 1);
    const twin = runTwin(dispatches.slice(0, 2), contents);
    const hiddens = hiddensOf(shape, contents, rows);
    const found = hiddens.map((_, place) => {
      const [r, unit] = [place % rows, Math.floor(place / rows)];
      const [net, o] = [Math.floor(unit / upper), unit % upper];
      const x = (contents.conditions as Float32Array)[Math.floor(net / stack.netCount) * rows + r]!;
      const piece = twin('pieces')[net * rows + r]!;
      const [slope, intercept] = lineOf(
        { HIDDEN_0: lower, HIDDEN_1: upper },
        twin('lines') as Float64Array,
        net,
        piece,
        o,
      );
      return slope * x + intercept;
    });
    expectClose('second layer', found, hiddens, F64_BOUND);
  });
});

it('loses no digit of a piece to units that are not active there', async () => {
  const shape: StackShape = { ...PIECE_STACKS[1]!, hidden: [64, 64], couplings: 1, separate: false };
  const { dispatches, contents } = pieceCase(shape, 4, 'spread', 1);
  const parameters = contents.parameters as Float32Array;
  const { netStart } = stackModel(shape).stack;
  // Every other unit is huge, half of them only left of −2, the others only right of 2.
  for (let k = 0; k < 64; k += 2) {
    const side = k % 4 === 0 ? 1 : -1;
    parameters[netStart + k] = side * 1e6;
    parameters[netStart + 64 + k] = -(2 + k / 64) * 1e6;
  }
  const { gpu, twin } = await runBoth(dispatches.slice(0, 1), { ...contents, parameters });
  const piecesOf = (lines: ArrayLike<number>): number[][] =>
    Array.from({ length: 65 }, (_, piece) => Array.from(lines).slice(128 * piece, 128 * (piece + 1)));
  const expected = piecesOf(twin('lines'));
  const isBetween = (piece: number): boolean => expected[piece]!.every((line) => Math.abs(line) < 100);
  const found = piecesOf(gpu('lines')).filter((_, piece) => isBetween(piece));
  expect(found.length).toBeGreaterThan(8);
  expectClose('lines', found.flat(), expected.filter((_, piece) => isBetween(piece)).flat(), F32_BOUND);
});
