/** Devices that are lost in the middle of their work, whoever opens them. */
import { openNodeAdapter } from '../../src/gpu/dawn.ts';

/**
 * Runs `work`. Meanwhile the devices that Dawn opens are destroyed after some submits: the first of `submits` for the
 * first device, and so on; later devices live on.
 */
export async function losingDevices<T>(submits: readonly number[], work: () => Promise<T>): Promise<T> {
  const { adapter } = await openNodeAdapter();
  const adapters = Object.getPrototypeOf(adapter) as { requestDevice: Request };
  const request = adapters.requestDevice;
  let opened = 0;
  adapters.requestDevice = async function (descriptor) {
    const device = await request.call(this, descriptor);
    const last = submits[opened++];
    if (last !== undefined) destroyAfter(device, last);
    return device;
  };
  try {
    return await work();
  } finally {
    adapters.requestDevice = request;
  }
}

function destroyAfter(device: GPUDevice, submits: number): void {
  const { queue } = device;
  const submit = queue.submit.bind(queue);
  let done = 0;
  queue.submit = (commands) => {
    submit(commands);
    if (++done === submits) device.destroy();
  };
}

type Request = (this: GPUAdapter, descriptor: GPUDeviceDescriptor) => Promise<GPUDevice>;
