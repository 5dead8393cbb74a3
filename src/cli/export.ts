/** `wgflow export` writes a model in the formats of other programs; it needs no GPU. */
import path from 'node:path';
import type { Model } from '../io/modelFile.ts';
import { onnxGraphs } from '../onnx/index.ts';
import { readModel } from './modelInput.ts';
import { openOutputFolder } from './outputFile.ts';
import type { Session } from './session.ts';

/** The files of a model in each format, by their names. */
export const EXPORTERS = {
  onnx: (model, name) =>
    Object.fromEntries(
      Object.entries(onnxGraphs(model)).map(([graph, bytes]) => [`${name}.${graph}.onnx`, bytes]),
    ),
} as const satisfies Record<string, (model: Model, name: string) => Record<string, Uint8Array>>;

export interface ExportOptions {
  to: keyof typeof EXPORTERS;
  /** The folder of the files. */
  out: string;
}

export async function exportCommand(
  session: Session,
  modelFile: string,
  { to, out }: ExportOptions,
): Promise<void> {
  const { model } = await readModel(modelFile);
  const files = EXPORTERS[to](model, path.parse(modelFile).name);
  const names = Object.keys(files);
  const output = await openOutputFolder(out, names);
  try {
    for (const [name, bytes] of Object.entries(files)) await output.write(name, bytes);
    await output.commit();
  } finally {
    await output.discard();
  }
  session.say(`Wrote ${names.join(', ')} to ${out}`);
  session.emit({ event: 'done', out, files: names });
}
