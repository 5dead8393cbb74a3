import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { onnxGraphs } from '../../src/onnx/index.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import type { TableColumn } from '../../src/table/columns.ts';
import { expectClose } from '../support/compare.ts';
import { pythonWith } from '../support/python.ts';
import { givenFlows } from '../support/givenSpecs.ts';
import { randomFlows, randomParameters } from '../support/randomSpecs.ts';
import { graphProblems, readOnnx } from './readOnnx.ts';
import { runOnnx } from './session.ts';

const SPEC: FlowSpec = {
  version: 1,
  dim: 2,
  contextDim: 0,
  base: { type: 'student_t', df: 4, learned: false },
  bijectors: [
    { type: 'domain', features: ['real', 'positive'] },
    { type: 'standardize', offset: [5_400_000, 0] },
    { type: 'rational_quadratic_elementwise', bins: 4, bound: 3 },
  ],
};
const PARAMETERS = randomParameters(SPEC, 3);
const MODEL = { spec: SPEC, parameters: PARAMETERS };

/** A whole number and a number with blanks: one feature, then two. */
const TABLE: TableColumn[] = [
  { type: 'count', name: 'rooms', min: 1, counts: [3, 4], blanks: 2 },
  {
    type: 'number',
    name: 'rent/m²',
    form: 'decimal',
    domain: 'real',
    step: 0,
    min: 1,
    max: 9,
    mean: 5,
    std: 2,
    numbers: 7,
    atoms: { texts: [''], counts: [2] },
  },
];
const TABLE_SPEC: FlowSpec = {
  ...SPEC,
  dim: 3,
  bijectors: [{ type: 'domain', features: ['unit', 'unit', 'real'] }],
};
const TABLE_MODEL = {
  spec: TABLE_SPEC,
  parameters: randomParameters(TABLE_SPEC, 3),
  training: { table: TABLE, steps: 1, seed: 0, library: 'test' },
};

describe('an ONNX graph', () => {
  it('gives each name once, uses each tensor, and comes in the order of its nodes', () => {
    const check = (model: Parameters<typeof onnxGraphs>[0]): void => {
      for (const bytes of Object.values(onnxGraphs(model))) {
        const graph = readOnnx(bytes);
        expect(graphProblems(graph)).toEqual([]);
        expect([graph.irVersion, graph.opset]).toEqual([8, 17]);
        expect(JSON.parse(graph.metadata.get('wgflow')!)).toEqual(model.spec);
        for (const words of [...graph.inputs.values(), ...graph.outputs.values()]) expect(words).not.toBe('');
      }
    };
    fc.assert(fc.property(fc.oneof(randomFlows({ maxDim: 9, maxContext: 2 }), givenFlows()), check));
    check(MODEL);
    check(TABLE_MODEL);
  });

  it('names its nodes by bijector, and its weights as the model file does', () => {
    const { nodes, tensors } = readOnnx(onnxGraphs(MODEL).forward);
    expect(nodes.flatMap(({ outputs }) => outputs)).toContain('b1_standardize/Div');
    expect(tensors).toContain('bijectors.1.std');
  });

  it('subtracts a large offset in float64', async () => {
    const x = Float64Array.of(5_400_000.25, 0.5, 5_399_998.75, 3);
    const flow = new ReferenceFlow(SPEC, PARAMETERS);
    const found = await runOnnx(onnxGraphs(MODEL).forward, { x: { shape: [2, 2], values: x } });
    expectClose('z', found['z']!, flow.forward(x).z, 1e-5);
    const back = await runOnnx(onnxGraphs(MODEL).inverse, { z: { shape: [2, 2], values: found['z']! } });
    expect(back['x']).toBeInstanceOf(Float64Array);
    x.forEach((value, i) => expect(Math.abs(back['x']![i]! - value)).toBeLessThan(1e-5));
  });

  it('has no density for a row outside its domain, or with a value that is not a number', async () => {
    const values = [5_400_000, -1, 5_400_000, 0, NaN, 1, 5_400_000, NaN, 5_400_000, 1];
    const found = await runOnnx(onnxGraphs(MODEL).forward, { x: { shape: [5, 2], values } });
    expect([...found['log_prob']!].map(Number.isNaN)).toEqual([true, true, true, true, false]);
  });
});

describe('the checker of the Python package onnx', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wgflow-onnx-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const python = pythonWith('onnx');

  it.runIf(python !== undefined)('accepts every graph, with the shapes that it infers', () => {
    const graphs = [MODEL, TABLE_MODEL].flatMap((model) => Object.values(onnxGraphs(model)));
    for (const [i, bytes] of graphs.entries()) {
      const file = join(folder, `${i}.onnx`);
      writeFileSync(file, bytes);
      const code = `import onnx, sys; model = onnx.load(sys.argv[1]); onnx.checker.check_model(model, True)`;
      expect(() => execFileSync(python!, ['-c', code, file], { stdio: 'pipe' })).not.toThrow();
    }
  });
});
