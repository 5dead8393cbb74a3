/** Prints once which adapter the GPU tests run on; without an adapter, it fails here and not test by test. */
import { adapterLine, hasHalfPrecision, testDevice } from './device.ts';

export async function setup(): Promise<void> {
  console.log(`GPU tests run on: ${await adapterLine()}`);
  if (!(await hasHalfPrecision())) {
    console.log(
      'It has no shader-f16: half precision is tested for its refusal, its plans and its twins only.',
    );
  }
}

export async function teardown(): Promise<void> {
  (await testDevice()).destroy();
}
