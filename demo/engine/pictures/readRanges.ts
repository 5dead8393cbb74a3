/** The readbacks from the GPU: the pointer's queries and the scale of the colours. */

/** Reads `length` f32 numbers of a buffer from each start. */
export async function readRanges(
  device: GPUDevice,
  source: GPUBuffer,
  starts: readonly number[],
  length: number,
): Promise<Float32Array[]> {
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const staging = device.createBuffer({
    label: 'read by the pointer',
    size: 4 * length * starts.length,
    usage,
  });
  try {
    const encoder = device.createCommandEncoder({ label: 'read by the pointer' });
    starts.forEach((start, index) => {
      encoder.copyBufferToBuffer(source, 4 * start, staging, 4 * length * index, 4 * length);
    });
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange().slice(0));
    return starts.map((_, index) => values.subarray(index * length, (index + 1) * length));
  } finally {
    staging.destroy();
  }
}
