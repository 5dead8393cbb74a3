import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowAssembly, identityOf } from '../../src/io/torch/flowAssembly.ts';
import { luFactors } from '../../src/io/torch/luFactors.ts';
import { nflowsModel, normflowsModel } from '../../src/io/torch/nflows.ts';
import { decodeModel } from '../../src/io/modelFile.ts';
import { readStateDict } from '../../src/io/torch/stateDict.ts';
import { vanillaModel } from '../../src/io/torch/vanilla.ts';
import { zukoModel } from '../../src/io/torch/zuko.ts';
import type { StateDict } from '../../src/io/torch/stateDict.ts';
import { uniforms } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { expectClose } from '../support/compare.ts';
import { withHeaderOf } from './smallModel.ts';

const fixture = (name: string): StateDict =>
  readStateDict(readFileSync(new URL(`../oracle/libraries/${name}.safetensors`, import.meta.url)));

describe('a matrix in factors', () => {
  it('multiplies as before, whatever the signs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 0, max: 1e6 }), (size, seed) => {
        const numbers = uniforms(seed, 0, size * (size + 1)).map((u) => 2 * u - 1);
        const matrix = Array.from({ length: size }, (_, i) =>
          Array.from(numbers.slice(i * size, (i + 1) * size)),
        );
        const x = Array.from(numbers.slice(size * size));
        const { lower, upper, logDiagonal, permutation, signs } = luFactors(matrix)!;
        const flow = new FlowAssembly(size);
        flow.add({ type: 'invertible_linear' }, { lower, upper, log_diagonal: logDiagonal, permutation });
        flow.add(
          { type: 'permutation', init: 'random', signed: true },
          { permutation: identityOf(size), signs },
        );
        const { spec, parameters } = flow.build();
        const { z } = new ReferenceFlow(spec, parameters).forward(x);
        const product = matrix.map((row) => row.reduce((sum, value, j) => sum + value * x[j]!, 0));
        // The factors are float32.
        expectClose('z', z, product, 1e-4);
      }),
      { numRuns: 20 },
    );
  });

  it('is not there where the matrix is singular', () => {
    expect(
      luFactors([
        [1, 2],
        [2, 4],
      ]),
    ).toBeUndefined();
  });
});

describe('a state dict', () => {
  const change = (
    name: string,
    edit: (state: Map<string, { shape: readonly number[]; data: ArrayLike<number> }>) => void,
  ): StateDict => {
    const state = new Map(fixture(name));
    edit(state);
    return state;
  };
  const coupling = '_transform._transforms.1';

  it('is refused with a tensor that no part reads', () => {
    const state = change('nflows_simple_realnvp_d2', (tensors) =>
      tensors.set(`${coupling}.transform_net.blocks.0.context_layer.weight`, { shape: [1], data: [0] }),
    );
    expect(() => nflowsModel(state)).toThrow(
      /blocks\.0\.context_layer\.weight: found a tensor that no supported part has/,
    );
  });

  it('is refused without a tensor that a part needs', () => {
    const state = change('nflows_simple_realnvp_d2', (tensors) =>
      tensors.delete(`${coupling}.transform_net.final_layer.bias`),
    );
    expect(() => nflowsModel(state)).toThrow(/final_layer\.bias: found nothing, expected this tensor/);
  });

  it('is refused with a transform of another kind, or one without tensors', () => {
    const state = change('nflows_simple_realnvp_d2', (tensors) => {
      for (const name of tensors.keys()) if (name.startsWith(`${coupling}.`)) tensors.delete(name);
    });
    expect(() => nflowsModel(state)).toThrow(/_transforms\.1: found no tensor of a coupling/);
  });

  it('is refused with outputs of no known coupling', () => {
    const layer = `${coupling}.transform_net.final_layer`;
    const state = change('nflows_simple_realnvp_d2', (tensors) => {
      tensors.set(`${layer}.weight`, { shape: [7, 8], data: new Float32Array(56) });
      tensors.set(`${layer}.bias`, { shape: [7], data: new Float32Array(7) });
    });
    expect(() => nflowsModel(state)).toThrow(/found 7 outputs a feature, expected 1, 2, or 3 · bins − 1/);
  });

  it('is refused with a layer that does not fit those around it', () => {
    const state = change('nflows_simple_realnvp_d2', (tensors) =>
      tensors.set(`${coupling}.transform_net.final_layer.weight`, {
        shape: [2, 7],
        data: new Float32Array(14),
      }),
    );
    expect(() => nflowsModel(state)).toThrow(
      /bijectors\.1\.conditioner\.3\.weight: found 14 values, expected 16/,
    );
  });

  it('is refused where fewer flows are told than it has', () => {
    for (const flows of [2.5, NaN, -1]) {
      expect(() => normflowsModel(fixture('normflows_realnvp_d2'), { flows })).toThrow(
        'expected an integer ≥ 0',
      );
    }
    for (const flows of [10, 0]) {
      expect(() => normflowsModel(fixture('normflows_realnvp_d2'), { flows })).toThrow(
        /flows: found .*, expected the model's number of flows, \d+ or more\. In Python it is len\(model\.flows\)/,
      );
    }
  });

  it('is read whatever the length of its header', () => {
    const file = readFileSync(
      new URL('../oracle/libraries/nflows_simple_realnvp_d2.safetensors', import.meta.url),
    );
    const model = nflowsModel(fixture('nflows_simple_realnvp_d2'));
    for (let more = 0; more < 8; more++) {
      const bytes = Buffer.from(withHeaderOf(file, more));
      expect(nflowsModel(readStateDict(bytes))).toEqual(model);
    }
  });

  it('needs no permutation where flips do', () => {
    const { spec } = nflowsModel(fixture('nflows_simple_realnvp_d2'));
    expect(spec.bijectors.map(({ type }) => type)).toEqual(Array(5).fill('affine_coupling'));
  });
});

describe("a state dict of the article's notebook", () => {
  const name = '../oracle/fixtures/article_d4_k2_l4.safetensors';
  const bytes = readFileSync(new URL(name, import.meta.url));
  const state = new Map(
    [...readStateDict(bytes)].map(([tensor, value]) => [
      tensor
        .replace('.scale.', '.sig_net.')
        .replace('.shift.', '.mu_net.')
        // Layer 1 is the activation there.
        .replace(/\.1\.(weight|bias)$/, '.2.$1'),
      value,
    ]),
  );

  it('is the model of its couplings, every second one flipped', () => {
    const { spec, parameters } = vanillaModel(state);
    const expected = decodeModel(bytes);
    expect(spec.bijectors).toEqual(expected.spec.bijectors);
    expect(parameters).toEqual(expected.parameters);
  });

  it('is refused if a flipped coupling does not fit, or a net is missing', () => {
    const uneven = new Map([...state].filter(([tensor]) => tensor.startsWith('bijectors.0.')));
    uneven.delete('bijectors.0.mu_net.2.bias');
    expect(() => vanillaModel(uneven)).toThrow(/mu_net\.2\.bias: found nothing, expected this tensor/);
    expect(() => vanillaModel(new Map())).toThrow(/found no tensor sig_net\.0\.weight/);
  });
});

describe('a state dict of zuko', () => {
  const zuko = (
    edit: (tensors: Map<string, { shape: readonly number[]; data: ArrayLike<number> }>) => void,
  ) => {
    const state = new Map(fixture('zuko_realnvp_d3'));
    edit(state);
    return () => zukoModel(state, {}, 'flow.safetensors');
  };
  const first = 'transform.transforms.0';

  it('is refused if it is masked autoregressive with more than two passes', () => {
    const refused = zuko((tensors) => {
      tensors.delete(`${first}.mask`);
      tensors.set(`${first}.hyper.0.mask`, { shape: [1], data: [1] });
      tensors.set(`${first}.order`, { shape: [3], data: [2, 1, 0] });
    });
    expect(refused).toThrow(
      /flow\.safetensors: transform\.transforms\.0: found a masked autoregressive transformation of 3 passes/,
    );
  });

  it('is refused with splines', () => {
    const layer = `${first}.hyper.4`;
    const refused = zuko((tensors) => {
      tensors.set(`${layer}.weight`, { shape: [23, 6], data: new Float32Array(23 * 6) });
      tensors.set(`${layer}.bias`, { shape: [23], data: new Float32Array(23) });
    });
    expect(refused).toThrow(/hyper: found 23 outputs a feature, expected 1 of an additive or 2 of an affine/);
  });

  it('needs a slope between 0 and 1', () => {
    expect(() => zukoModel(fixture('zuko_realnvp_d3'), { slope: 1 })).toThrow(
      /zukoModel option slope: found 1, expected a number between 0 and 1/,
    );
  });
});
