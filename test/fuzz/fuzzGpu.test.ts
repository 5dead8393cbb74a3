/** A short run of the kinds of `npm run fuzz` that need a device, with fixed seeds. */
import { expect, it } from 'vitest';
import { COMMAND_LINES } from './commandLines.ts';
import type { Finding } from './kind.ts';
import { OPTIONS } from './options.ts';
import { fuzz } from './run.ts';

it.each([
  { kind: OPTIONS, cases: 150 },
  { kind: COMMAND_LINES, cases: 60 },
])('random $kind.name succeed, or are refused in words', async ({ kind, cases }) => {
  const findings: Finding[] = [];
  await fuzz(kind, { first: 1, cases, seconds: 60, onFinding: (finding) => findings.push(finding) });
  expect(findings).toEqual([]);
});
