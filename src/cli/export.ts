/** `wgflow export`: a model as files of another program. */
import { join } from 'node:path';
import { pytorchFiles } from '../io/torch/export.ts';
import { requireDistinctFiles } from './distinctFiles.ts';
import { readModel } from './modelInput.ts';
import type { ModelFile } from './modelInput.ts';
import { openOutputFolder } from './outputFile.ts';
import type { Session } from './session.ts';

/** The files by name, and what to do with them. */
interface Exported {
  files: ReadonlyMap<string, string | Uint8Array>;
  next: string;
}

export const EXPORTERS = {
  pytorch: ({ bytes, file }: ModelFile): Exported => ({
    files: pytorchFiles(bytes, file),
    next: 'In Python, in this folder: from flow import Flow; flow = Flow.load("model.safetensors")',
  }),
};

export type ExportTarget = keyof typeof EXPORTERS;

export async function exportCommand(
  session: Session,
  modelFile: string,
  { to, out }: { to: ExportTarget; out: string },
): Promise<void> {
  const { files, next } = EXPORTERS[to](await readModel(modelFile));
  const names = [...files.keys()];
  const outputs = names.map((name) => ['--out', join(out, name)] as const);
  requireDistinctFiles('export', outputs, [['the model', modelFile]]);
  const output = await openOutputFolder(out, names);
  try {
    for (const [name, data] of files) await output.write(name, data);
    await output.commit();
  } finally {
    await output.discard();
  }
  session.say(`${names.join(', ')} in ${out}. ${next}`);
  session.emit({ event: 'done', to, out, files: names });
}
