/** The device that GPU tests share within a file: SwiftShader from npm, unless WGFLOW_ADAPTER says otherwise. */
import { describeDevice, Gpu } from '../../src/gpu/gpu.ts';
import { openDevice } from '../../src/node.ts';

let opened: Promise<GPUDevice> | undefined;

export function testDevice(): Promise<GPUDevice> {
  // Deno has WebGPU of its own.
  if (globalThis.navigator?.gpu === undefined) process.env['WGFLOW_ADAPTER'] ??= 'swiftshader';
  opened ??= openDevice();
  return opened;
}

/** For flows whose bits or times are tested: the shared device, and kernels from the fixed table. */
export async function testOptions(): Promise<{ device: GPUDevice; tuning: 'fixed' }> {
  return { device: await testDevice(), tuning: 'fixed' };
}

export async function testGpu(): Promise<Gpu> {
  return Gpu.of(await testDevice());
}

export async function adapterLine(): Promise<string> {
  const { description, device, vendor } = describeDevice(await testDevice());
  return description || device || vendor;
}

/**
 * Every number of lanes that a kernel can be built for on the device of the tests; 1 is without subgroups. lavapipe, which
 * compiles for seconds with fewer lanes than its own, has only those that flows take there.
 */
export async function lanesOf(): Promise<number[]> {
  const { subgroupMinSize, software } = await testGpu();
  if (software && subgroupMinSize >= 8) return [8];
  return [1, 4, 8].filter((lanes) => lanes === 1 || lanes <= subgroupMinSize);
}

/** Whether the device of the tests has `shader-f16`; printAdapter.ts tells where it has not. */
export async function hasHalfPrecision(): Promise<boolean> {
  return (await testDevice()).features.has('shader-f16');
}

/** As `lanesOf`, for kernels that need subgroups. */
export async function subgroupLanesOf(): Promise<number[]> {
  return (await lanesOf()).filter((lanes) => lanes > 1);
}
