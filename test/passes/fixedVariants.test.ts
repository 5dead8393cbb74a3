import { describe, expect, it } from 'vitest';
import { describeDevice } from '../../src/gpu/device.ts';
import { fixedVariants } from '../../src/plan/variants.ts';

type AdapterInfo = Pick<GPUAdapterInfo, 'subgroupMinSize' | 'subgroupMaxSize' | 'isFallbackAdapter'>;

/** A device with the members that the choice of kernels reads. */
function deviceOf(adapterInfo: AdapterInfo | undefined, features: string[]): GPUDevice {
  const lost = new Promise(() => undefined);
  return { adapterInfo, features: new Set(features), limits: {}, lost } as unknown as GPUDevice;
}

function infoOf(subgroupMinSize: number, subgroupMaxSize: number, isFallbackAdapter: boolean): AdapterInfo {
  return { subgroupMinSize, subgroupMaxSize, isFallbackAdapter };
}

const WITH_SUBGROUPS = ['subgroups', 'timestamp-query'];

describe('the kernels without a measurement', () => {
  it.each<[string, AdapterInfo | undefined, string[], number]>([
    ['Intel, subgroups of 8 to 32', infoOf(8, 32, false), WITH_SUBGROUPS, 8],
    ['NVIDIA, of 32', infoOf(32, 32, false), WITH_SUBGROUPS, 8],
    ['Apple, of 32', infoOf(32, 32, false), WITH_SUBGROUPS, 8],
    ['AMD, of 32 or 64', infoOf(32, 64, false), WITH_SUBGROUPS, 8],
    ['Arm or Qualcomm, of 4 to 128', infoOf(4, 128, false), WITH_SUBGROUPS, 4],
    ['a GPU whose browser has no subgroups', infoOf(4, 128, false), ['timestamp-query'], 1],
    ['a GPU whose browser tells nothing of the adapter', undefined, WITH_SUBGROUPS, 1],
  ])("are the GPU's: %s", (_, info, features, lanes) => {
    const adapter = describeDevice(deviceOf(info, features));
    expect(adapter.software).toBe(false);
    const single = fixedVariants(adapter);
    expect(single).toMatchObject({
      regime: 'resident',
      lanes,
      product: 'blocked',
      weights: 'summed',
    });
    const half = fixedVariants(adapter, 'f16');
    expect(half).toEqual({ ...single, regime: 'tiled', precision: 'f16' });
  });

  it.each<[string, AdapterInfo, number]>([
    ['SwiftShader, subgroups of 4', infoOf(4, 4, true), 4],
    ['lavapipe, of 8', infoOf(8, 8, true), 8],
    ['lavapipe with AVX-512, of 16', infoOf(16, 16, true), 8],
  ])("are the CPU's: %s", (_, info, lanes) => {
    const adapter = describeDevice(deviceOf(info, WITH_SUBGROUPS));
    expect(adapter.software).toBe(true);
    expect(fixedVariants(adapter)).toEqual({
      regime: 'fused',
      lanes,
      segment: 8,
      product: 'streamed',
      weights: 'sorted',
      keep: 'rebuild',
      precision: 'f32',
    });
  });

  it('are the plain ones on a CPU without subgroups', () => {
    const variants = fixedVariants(describeDevice(deviceOf(infoOf(8, 8, true), [])));
    expect(variants).toMatchObject({ regime: 'fused', lanes: 1, product: 'plain', weights: 'summed' });
  });
});
