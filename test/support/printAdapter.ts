/** Says once which adapter the GPU tests run on; a machine without one fails here, not test by test. */
import { adapterLine, testDevice } from './device.ts';

export async function setup(): Promise<void> {
  console.log(`GPU tests run on: ${await adapterLine()}`);
}

export async function teardown(): Promise<void> {
  (await testDevice()).destroy();
}
