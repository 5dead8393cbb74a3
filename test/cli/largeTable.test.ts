/** A table with more values than the host keeps. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniforms } from '../../src/random.ts';
import { MAX_SAMPLE_VALUES } from '../../src/training/streamedRows.ts';
import { CommandLine } from './commandLine.ts';
import { expectDone } from './people.ts';

const DIM = 32;
const ROWS = Math.ceil(MAX_SAMPLE_VALUES / DIM) + 1000;
const TINY = '--preset realnvp --couplings 2 --hidden 4 --batch 64 --tuning fixed --val 0.001';
let cli: CommandLine;

beforeAll(() => {
  cli = new CommandLine();
  cli.write('large.npy', arrayOf(Float32Array.from(uniforms(1, 79, ROWS * DIM))));
});

afterAll(() => cli.remove());

describe('a large table', () => {
  it('trains, resumes to the same bytes, and has a report', async () => {
    const whole = '--checkpoint whole.ckpt --out whole.model';
    const { stderr } = await expectDone(cli, `train large.npy ${TINY} --steps 12 --report run ${whole}`);
    expect(stderr).toContain(
      `from ${(ROWS - 132).toLocaleString('en')} rows of large.npy; 132 for validation`,
    );
    expect(cli.files()).toContain('run');
    await expectDone(cli, `train large.npy ${TINY} --steps 6 --checkpoint half.ckpt --out half.model`);
    await expectDone(
      cli,
      'train large.npy --resume half.ckpt --steps 12 --val 0.001 --tuning fixed --checkpoint half.ckpt',
    );
    expect(cli.bytes('half.ckpt')).toEqual(cli.bytes('whole.ckpt'));
  });
});

/** The rows as NumPy saves them. */
function arrayOf(values: Float32Array): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${ROWS}, ${DIM}), }`.padEnd(117);
  const start = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(118)}\x00${header}\n`, 'latin1');
  return Buffer.concat([start, new Uint8Array(values.buffer)]);
}
