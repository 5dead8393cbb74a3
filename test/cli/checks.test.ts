import { expect, it } from 'vitest';
import { energy, latents, logDet, meanNll, roundTrip } from '../../src/cli/checks.ts';
import { normals } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { randomParameters } from '../support/randomSpecs.ts';
import { realnvp } from '../../src/presets/index.ts';

const TRAINING = { steps: 1, seed: 0, library: 'test', columns: ['a', 'b'] };

it('a round trip names the row and column that come back worst, in units of the spread', () => {
  const x = Float64Array.of(0, 1000, 1, 2000, 2, 3000, 3, 4000);
  const rows = { x, names: ['a', 'b'], lines: [2, 3, 5, 9] };
  expect(roundTrip(rows, x, 'f32')).toMatchObject({ verdict: 'pass', facts: { error: 0 } });
  const back = x.map((value, i) => (i === 5 ? value + 20 : value));
  expect(roundTrip(rows, back, 'f32')).toMatchObject({ verdict: 'warn', facts: { line: 5, column: 'b' } });
  expect(roundTrip(rows, back.fill(NaN, 2, 3), 'f32').verdict).toBe('warn');
});

it('a log-det that is off by a twentieth of a nat is found', () => {
  const spec = realnvp(3, { couplings: 3, hidden: [8] });
  const flow = new ReferenceFlow(spec, randomParameters(spec, 7));
  const { z, logDet: exact } = flow.forward(normals(3, 0, 12).map((value) => 2 * value));
  const logDets = Float32Array.from(exact);
  expect(logDet(flow, { z, logDets }, 'f32')).toMatchObject({ verdict: 'pass', facts: { rows: 4 } });
  logDets[2]! += 0.05;
  expect(logDet(flow, { z, logDets }, 'f32').verdict).toBe('warn');
});

it('a latent column that is wider than the base is found', () => {
  const z = normals(5, 0, 4000);
  const wide = z.map((value, i) => (i % 2 === 0 ? value : 1.5 * value));
  const verdicts = latents(wide, normals(6, 0, 4000), ['z1', 'z2']).map(({ verdict }) => verdict);
  expect(verdicts).toEqual(['pass', 'warn']);
});

it('samples are compared with other rows, so a warning is in proportion', () => {
  const [rows, others, samples] = [normals(1, 0, 1000), normals(2, 0, 1000), normals(3, 0, 1000)];
  expect(energy({ rows, others, samples }, 2).verdict).toBe('pass');
  const shifted = samples.map((value) => value + 0.3);
  expect(energy({ rows, others, samples: shifted }, 2).verdict).toBe('warn');
});

it('a mean NLL above the one at training is found, and rows without density too', () => {
  const logProb = Float32Array.from(normals(1, 0, 1000), (value) => value - 5);
  const training = { ...TRAINING, bestValidationNll: 5, validation: { rows: 500, heldOut: true } };
  expect(meanNll(logProb, training).verdict).toBe('pass');
  expect(meanNll(logProb, { ...training, bestValidationNll: 4 }).verdict).toBe('warn');
  expect(meanNll(logProb, undefined)).toMatchObject({ verdict: 'pass' });
  logProb[3] = -Infinity;
  expect(meanNll(logProb, training)).toMatchObject({ verdict: 'warn', facts: { withoutDensity: 1 } });
});
