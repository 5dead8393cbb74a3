/** The WebGPU adapter that wgflow would choose, for wgflow and for the peers. */
import { availableParallelism } from 'node:os';
import * as dawn from 'webgpu';
import { openDeviceWithNote } from '../../../dist/node.js';

/** Keeps WebGPU instances alive, because garbage collection destroys their devices. */
const keptAlive = [];

/** wgflow's device, and a name for its adapter. */
export async function openWgflowDevice(choice) {
  const { device, opened } = await openDeviceWithNote({ adapter: choice });
  keptAlive.push(opened);
  return { device, opened, name: nameOf(opened.adapter.info) };
}

/** A fresh adapter of the same kind, which a peer may open with its own limits and features. */
export async function openPeerAdapter(choice) {
  const { device, opened, name } = await openWgflowDevice(choice);
  device.destroy();
  const adapter = await opened.keepAlive.requestAdapter(
    opened.software ? { forceFallbackAdapter: true } : { powerPreference: 'high-performance' },
  );
  keptAlive.push(adapter);
  const found = adapter === null ? 'none' : nameOf(adapter.info);
  if (found !== name) throw new Error(`found the adapter ${found}, expected that of wgflow, ${name}`);
  placeGlobals(adapter);
  return { adapter, name };
}

/** Browser globals that libraries look for: the constants, and a navigator.gpu. */
function placeGlobals(adapter) {
  Object.assign(globalThis, dawn.globals);
  const gpu = {
    requestAdapter: () => Promise.resolve(adapter),
    getPreferredCanvasFormat: () => 'bgra8unorm',
  };
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu, userAgent: 'Node.js', hardwareConcurrency: availableParallelism() },
    configurable: true,
  });
}

function nameOf({ description, device, vendor }) {
  return description || device || vendor || 'unnamed adapter';
}
