/** `wgflow export`: a model as files of another program; needs no GPU. */
import path from 'node:path';
import { pytorchFiles } from '../io/torch/export.ts';
import { requireDistinctFiles } from './distinctFiles.ts';
import { readModel } from './modelInput.ts';
import type { ModelFile } from './modelInput.ts';
import { openOutputFolder } from './outputFile.ts';
import type { Session } from './session.ts';

/** The files by name, and what to do with them. */
interface Exported {
  files: ReadonlyMap<string, Uint8Array>;
  next: string;
}

export const EXPORTERS = {
  async onnx({ model, file }: ModelFile): Promise<Exported> {
    const { onnxGraphs } = await import('../onnx/index.ts');
    const { name } = path.parse(file);
    const graphs = Object.entries(onnxGraphs(model));
    return {
      files: new Map(graphs.map(([graph, bytes]) => [`${name}.${graph}.onnx`, bytes])),
      next: 'docs/onnx.md says how to run them.',
    };
  },
  pytorch: ({ bytes, file }: ModelFile): Exported | Promise<Exported> => ({
    files: pytorchFiles(bytes, file),
    next: 'In Python, in this folder: from flow import Flow; flow = Flow.load("model.safetensors")',
  }),
};

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
  const { files, next } = await EXPORTERS[to](await readModel(modelFile));
  const names = [...files.keys()];
  const outputs = names.map((name) => ['--out', path.join(out, name)] as const);
  requireDistinctFiles('export', outputs, [['the model', modelFile]]);
  const output = await openOutputFolder(out, names);
  try {
    for (const [name, data] of files) await output.write(name, data);
    await output.commit();
  } finally {
    await output.discard();
  }
  session.say(`Wrote ${names.join(', ')} to ${out}. ${next}`);
  session.emit({ event: 'done', to, out, files: names });
}
