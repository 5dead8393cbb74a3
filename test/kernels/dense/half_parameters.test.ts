import { describe, expect, it } from 'vitest';
import { halfParameters } from '../../../src/kernels/dense/half_parameters.ts';
import { expectHalfTwin } from './halves.ts';
import { ramp } from '../harness.ts';

describe('half_parameters', () => {
  it.each([1, 63, 64, 65, 1027])('rounds %i elements to the nearest of half precision', async (elements) => {
    const results = await expectHalfTwin([dispatch(elements)], {
      contents: { parameters: ramp(elements, 3), half_parameters: elements },
      halves: ['half_parameters'],
    });
    if (results === undefined) return;
    // A float32 is rounded directly: no computation could make it differ.
    expect([...results.gpu('half_parameters')]).toEqual([...results.twin('half_parameters')]);
  });

  it('rounds halves to even, keeps small numbers, and leaves infinity beyond 65,504', async () => {
    const parameters = Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 3 * 2 ** -25, 65_519, 65_520, -1e9);
    const results = await expectHalfTwin([dispatch(6)], {
      contents: { parameters, half_parameters: 6 },
      halves: ['half_parameters'],
    });
    if (results === undefined) return;
    expect([...results.gpu('half_parameters')]).toEqual([
      1,
      1 + 2 ** -9,
      2 ** -23,
      65_504,
      Infinity,
      -Infinity,
    ]);
  });
});

function dispatch(elements: number): ReturnType<typeof halfParameters> {
  return halfParameters({ elements, parameters: 'parameters', halfParameters: 'half_parameters' });
}
