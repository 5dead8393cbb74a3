/** `wgflow import`: the state dict of a PyTorch library as a model file. */
import { readFile } from 'node:fs/promises';
import { requireOptions } from '../calls/optionRules.ts';
import { DataError, ModelFileError } from '../errors.ts';
import { encodeModel } from '../io/modelFile.ts';
import { LIBRARIES } from '../io/torch/libraries.ts';
import type { LibraryName } from '../io/torch/libraries.ts';
import { readStateDict } from '../io/torch/stateDict.ts';
import type { StateDict } from '../io/torch/stateDict.ts';
import { paramLayout } from '../spec/layout.ts';
import { requireDistinctFiles } from './distinctFiles.ts';
import { readProblem, readTextFile } from './modelInput.ts';
import { openOutput } from './outputFile.ts';
import type { Session } from './session.ts';

const SAVE =
  'In Python: from safetensors.torch import save_file; ' +
  'save_file({name: value.float().contiguous() for name, value in flow.state_dict().items()}, "flow.safetensors")';

export interface ImportOptions {
  from: LibraryName;
  /** A JSON file with the facts that a state dict does not hold. */
  config?: string;
  out: string;
}

export async function importCommand(
  session: Session,
  stateFile: string,
  { from, config, out }: ImportOptions,
): Promise<void> {
  session.requireFile('--out', out);
  requireDistinctFiles(
    'import',
    [['--out', out]],
    [
      ['the state dict', stateFile],
      ['--config', config],
    ],
  );
  const { rules, required, model: modelOf } = LIBRARIES[from];
  const options = config === undefined ? {} : await readConfig(config);
  requireOptions(config ?? '--config FILE,', options, rules, required);
  const model = modelOf(await readState(stateFile), options, stateFile);
  const { bijectors, dim } = model.spec;
  const output = await openOutput(out);
  try {
    await output.write(encodeModel(model));
    await output.commit();
  } finally {
    await output.discard();
  }
  const parameters = paramLayout(model.spec).parameterCount;
  session.say(
    `${out}: ${bijectors.length} bijectors on ${dim} features, ${parameters.toLocaleString('en')} parameters. ` +
      'Compare a log-density or two with those of the library.',
  );
  session.emit({ event: 'done', from, out, dim, bijectors: bijectors.length, parameters });
}

/** @throws {DataError} when the file is not a JSON object */
async function readConfig(file: string): Promise<object> {
  const text = await readTextFile(file, 'a JSON file of options');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DataError(`found no JSON (${(error as Error).message}), expected an object of options`, {
      file,
    });
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  throw new DataError(`found ${text.trim().slice(0, 40)}, expected an object of options`, { file });
}

/** @throws {ModelFileError} when the file cannot be read or is not safetensors of float32 */
async function readState(file: string): Promise<StateDict> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new ModelFileError(file, `found ${readProblem(error)}, expected a safetensors file`);
  }
  // Zip archives and pickles.
  if ((bytes[0] === 0x50 && bytes[1] === 0x4b) || bytes[0] === 0x80) {
    throw new ModelFileError(file, 'found a file of torch.save, expected a safetensors file', SAVE);
  }
  return readStateDict(bytes, file);
}
