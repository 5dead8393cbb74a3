import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { onnxGraphs } from '../../src/onnx/index.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { expectClose } from '../support/compare.ts';
import { randomContext, randomFlows, rowsWithin } from '../support/randomSpecs.ts';
import { runOnnx } from './session.ts';

describe('an exported flow', () => {
  it('maps rows as the flow in float64 does, whatever its bijectors', async () => {
    await fc.assert(
      fc.asyncProperty(randomFlows({ maxDim: 6, maxContext: 3 }), async ({ spec, parameters }) => {
        const rows = 7;
        const x = Float32Array.from(rowsWithin(spec, rows));
        const context = randomContext(spec, rows);
        const flow = new ReferenceFlow(spec, parameters);
        const { z, logDet } = flow.forward(x, context);
        const given = {
          ...(context && {
            context: { shape: [rows, spec.contextDim], values: context },
          }),
        };
        const shape = [rows, spec.dim];
        const graphs = onnxGraphs({ spec, parameters });
        const found = await runOnnx(graphs.forward, {
          x: { shape, values: x },
          ...given,
        });
        expectClose('z', found['z']!, z, 1e-5);
        expectClose('log_det', found['log_det']!, logDet, 1e-5);
        expectClose('log_prob', found['log_prob']!, flow.logProb(x, context), 1e-5);
        const back = await runOnnx(graphs.inverse, { z: { shape, values: z }, ...given });
        const expected = flow.inverse(Float32Array.from(z), context);
        expectClose('x', back['x']!, expected.x, 1e-5);
        expectClose('log_det of the inverse', back['log_det']!, expected.logDet, 1e-5);
        expect(Object.keys(found)).toEqual(['z', 'log_prob', 'log_det']);
      }),
      { numRuns: 100 },
    );
  });
});
