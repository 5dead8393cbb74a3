/** The worker's own device. */
import { describeDevice, GpuUnavailableError } from '../../src/index.ts';
import { requestNavigatorDevice } from '../../src/page/index.ts';
import type { AdapterFacts } from '../protocol.ts';
import { PeakMeter } from './peak.ts';
import { Brushes } from './pictures/brushes.ts';

export interface Opened {
  device: GPUDevice;
  format: GPUTextureFormat;
  brushes: Brushes;
  adapter: AdapterFacts;
  peak: PeakMeter;
}

/** @throws {GpuUnavailableError} with the reason, if there is no WebGPU */
export async function openDevice(): Promise<Opened> {
  const device = await requestNavigatorDevice();
  const format = navigator.gpu.getPreferredCanvasFormat();
  const { description, device: name, vendor, architecture, software } = describeDevice(device);
  const words = [vendor, architecture].filter((word) => word !== '').join(' ');
  return {
    device,
    format,
    brushes: await Brushes.create(device, format),
    adapter: {
      description: description || name || words || 'an adapter that does not say its name',
      software,
    },
    peak: new PeakMeter(device),
  };
}

const ATTEMPTS = 6;
const FIRST_WAIT_MS = 100;

/** Like `openDevice`, but retries after a loss: the driver may need a moment. */
export async function reopenDevice(): Promise<Opened> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openDevice();
    } catch (error) {
      if (!(error instanceof GpuUnavailableError) || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** attempt));
    }
  }
}
