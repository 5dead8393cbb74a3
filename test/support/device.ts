/** The device that GPU tests share within a file: SwiftShader from npm, unless WGFLOW_ADAPTER says otherwise. */
import { describeDevice } from '../../src/gpu/device.ts';
import { Gpu } from '../../src/gpu/gpu.ts';
import { openDevice } from '../../src/node.ts';

let opened: Promise<GPUDevice> | undefined;

export function testDevice(): Promise<GPUDevice> {
  // Deno has its own WebGPU.
  if (globalThis.navigator?.gpu === undefined) process.env['WGFLOW_ADAPTER'] ??= 'swiftshader';
  opened ??= openDevice();
  return opened;
}

/** For flows whose bits or times are tested: the shared device, with kernels from the fixed table. */
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
 * Every lane count that a kernel can be built for on the test device; 1 is without subgroups. On lavapipe
 * only the count that flows use: it compiles for seconds with fewer lanes than its own.
 */
export async function lanesOf(): Promise<number[]> {
  const { subgroupMinSize, software } = (await testGpu()).adapter;
  if (software && subgroupMinSize >= 8) return [8];
  return [1, 4, 8].filter((lanes) => lanes === 1 || lanes <= subgroupMinSize);
}

/** Whether the test device has `shader-f16`; printAdapter.ts reports if it does not. */
export async function hasHalfPrecision(): Promise<boolean> {
  return (await testDevice()).features.has('shader-f16');
}

/** Like `lanesOf`, for kernels that need subgroups. */
export async function subgroupLanesOf(): Promise<number[]> {
  return (await lanesOf()).filter((lanes) => lanes > 1);
}
