import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { GpuUnavailableError, ShapeError } from '../../src/errors.ts';
import { openNodeAdapter } from '../../src/gpu/dawn.ts';
import type { OpenedAdapter } from '../../src/gpu/dawn.ts';
import { prepareSwiftShader } from '../../src/gpu/swiftshader.ts';

const providesGpu = (globalThis.navigator as Navigator | undefined)?.gpu !== undefined;

/** Doubles n numbers on a device of the opened adapter and reads them back. */
async function double({ adapter }: OpenedAdapter, n: number): Promise<number[]> {
  const device = await adapter.requestDevice();
  const module = device.createShaderModule({
    code: `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        if (id.x < arrayLength(&x)) { x[id.x] = 2 * f32(id.x); }
      }`,
  });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  // The numeric values of GPUBufferUsage: its global does not exist in Node.
  const storage = device.createBuffer({ label: 'x', size: 4 * n, usage: 0x80 | 0x4 });
  const staging = device.createBuffer({ label: 'staging', size: 4 * n, usage: 0x1 | 0x8 });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: storage } }],
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(Math.ceil(n / 64));
  pass.end();
  encoder.copyBufferToBuffer(storage, 0, staging, 0, 4 * n);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(0x1);
  const values = [...new Float32Array(staging.getMappedRange().slice(0))];
  staging.unmap();
  device.destroy();
  return values;
}
