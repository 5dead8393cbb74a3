/** Unpacks Chromium before the test files start, so that no file starts a browser that another is still writing. */
import { chromiumPath } from '../e2e/chromium.ts';

export async function setup(): Promise<void> {
  await chromiumPath();
}
