import { describe, expect, it } from 'vitest';
import { reduceSum } from '../../src/kernels/optimize/reduce_sum.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import { twinOf, twins } from '../../src/reference/twins.ts';
import { reductionGroups } from '../../src/plan/shape.ts';
import { forwardPlan } from '../../src/passes/forward.ts';
import { PARAMETERS, STATE } from '../../src/plan/names.ts';
import { kernelsByFile } from '../support/kernels.ts';
import { modelOf, randomParameters, randomRows, specOf } from '../support/randomSpecs.ts';

const SPEC = specOf(
  3,
  [false, true].map((flip) => ({
    type: 'affine_coupling',
    split: 1,
    flip,
    scale: { map: 'tanh', bound: 2 },
    conditioner: { hidden: [4], activation: 'silu', separate: true, init: 'torch_linear' },
  })),
  true,
);

describe('the reference executor', () => {
  it('has a twin for every kernel, and no other', () => {
    expect(Object.keys(twins).sort()).toEqual([...kernelsByFile.keys()].sort());
    expect(() => twinOf('dense_sideways')).toThrow(/dense_sideways has no twin/);
  });

  it('runs a plan in pieces as it runs it in one go', () => {
    const whole = programOf();
    whole.run();
    const inPieces = programOf();
    for (let i = 0; i < inPieces.plan.dispatches.length; i++) inPieces.run(i, i + 1);
    expect(inPieces.floats(STATE)).toEqual(whole.floats(STATE));
    expect(whole.floats(STATE)).not.toEqual(programOf().floats(STATE));
  });

  it('stops at a read outside a buffer', () => {
    const program = programOf(new Float64Array(5));
    expect(() => program.run()).toThrow(/read at \d+ of an array of 5/);
  });

  it('knows the buffers of the plan alone, and their types', () => {
    const program = programOf();
    expect(() => program.buffer('elsewhere')).toThrow(/forward has no buffer elsewhere/);
    program.buffers.set('words', new Uint32Array(1));
    expect(() => program.floats('words')).toThrow(/words does not hold floats/);
  });

  it.each([1, 4096, 4097, 100_003])('reduces %i elements in two stages to their sum', (elements) => {
    const groups = reductionGroups(elements);
    const program = new ReferenceProgram({
      label: 'sums',
      buffers: ['input', 'partials', 'sum', 'partial_squares', 'squares'].map((name) => ({
        name,
        element: 'f32',
        length: name === 'input' ? elements : name.startsWith('partial') ? groups : 1,
      })),
      dispatches: [
        reduceSum({ elements, input: 'input', output: 'partials' }),
        reduceSum({ elements: groups, input: 'partials', output: 'sum' }),
        reduceSum({ elements, squares: true, input: 'input', output: 'partial_squares' }),
        reduceSum({ elements: groups, input: 'partial_squares', output: 'squares' }),
      ],
    });
    const input = program.floats('input');
    input.forEach((_, i) => (input[i] = i % 5));
    program.run();
    expect(program.floats('sum')[0]).toBe(input.reduce((sum, value) => sum + value, 0));
    expect(program.floats('squares')[0]).toBe(input.reduce((sum, value) => sum + value * value, 0));
  });
});

function programOf(parameters = Float64Array.from(randomParameters(SPEC, 3))): ReferenceProgram {
  const plan = forwardPlan(modelOf(SPEC), 4);
  const program = new ReferenceProgram(plan, new Map([[PARAMETERS, parameters]]));
  program.floats(STATE).set(randomRows(3, 4));
  return program;
}
