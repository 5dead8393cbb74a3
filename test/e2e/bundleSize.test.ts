import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { scriptsAtStart } from './bundle.ts';

describe('the library in a page', () => {
  it('is under 78 KB gzipped when the page starts; the shaders come with the first flow', async () => {
    const scripts = await scriptsAtStart(new URL('../../src/index.ts', import.meta.url).pathname);
    const bytes = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(78_000);
    expect(scripts.join('')).not.toContain('@compute');
  });
});
