/** A system's separate process: its job, its inputs and its answer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { batchesOf, couplingsOf } from '../steps/job.mjs';

/** The job that the process was started with. */
export function readJob() {
  return JSON.parse(readFileSync(process.argv[2], 'utf8'));
}

/** Writes the result and ends the process, which Dawn would keep alive. */
export function answer(job, result) {
  writeFileSync(job.resultFile, JSON.stringify(result));
  process.exit(0);
}

/** The training rows, as `batchesOf` returns them. */
export function readBatches({ dataFile, config }) {
  const file = readFileSync(dataFile);
  return batchesOf(new Float32Array(file.buffer, file.byteOffset, file.byteLength / 4), config);
}

/** The couplings of the starting model, as `couplingsOf` returns them. */
export function readCouplings({ modelFile }) {
  return couplingsOf(new Uint8Array(readFileSync(modelFile)));
}
