import { afterAll, expect, it } from 'vitest';
import { losingDevices } from '../support/lostDevices.ts';
import { CommandLine } from './commandLine.ts';

const cli = new CommandLine();
afterAll(() => cli.remove());

const TRAIN = 'train points.csv --steps 300 --batch 16 --tuning fixed --json';
const FRESH = `${TRAIN} --preset vanilla --couplings 1 --seed 1`;

const points = Array.from({ length: 60 }, (_, i) => `${Math.sin(i)},${Math.cos(3 * i)}`);
cli.write('points.csv', ['a,b', ...points].join('\n'));

it('train goes on to the same model after its device is lost, and says so', async () => {
  const wanted = await cli.run(`${FRESH} --out wanted.safetensors`, { ownDevice: true });
  expect(wanted.code).toBe(0);
  const found = await losingDevices([8], () =>
    cli.run(`${FRESH} --out found.safetensors`, { ownDevice: true }),
  );
  expect(found).toMatchObject({ code: 0 });
  expect(found.stderr).toMatch(/Warning: The GPU device was lost \(destroyed\)\. Training .* on another one/);
  expect(wanted.stderr).not.toContain('lost');
  expect(cli.bytes('found.safetensors')).toEqual(cli.bytes('wanted.safetensors'));
});

it('train ends with a checkpoint and with words after its devices are lost again and again', async () => {
  const options = '--out lost.safetensors --checkpoint lost.checkpoint';
  const lost = await losingDevices([8, 2, 2, 2, 2, 2, 2], () =>
    cli.run(`${FRESH} ${options}`, { ownDevice: true }),
  );
  expect(lost.code).toBe(1);
  expect(lost.stderr).toMatch(
    /Checkpoint of step \d+ in lost\.checkpoint; continue with --resume lost\.checkpoint/,
  );
  expect(lost.stderr).toMatch(/Wrote lost\.safetensors, the best model so far/);
  expect(lost.stderr).toContain('error: The GPU device was lost (destroyed)');
  const resumed = await cli.run(`${TRAIN} --resume lost.checkpoint --out resumed.safetensors`);
  expect(resumed).toMatchObject({ code: 0 });
  expect(cli.bytes('resumed.safetensors')).toEqual(cli.bytes('wanted.safetensors'));
});
