/** Builds scripts as a visitor's bundler would. */
import { build } from 'vite';
import type { Rollup } from 'vite';
import { shadersWithoutComments } from '../../vite.config.ts';

/** The module `entry` and all its imports, as one script. */
export async function bundle(entry: string): Promise<string> {
  const [chunk] = await chunksOf(entry, { isOneScript: true });
  if (chunk === undefined) throw new Error('no script was built');
  return chunk.code;
}

/** The scripts that a page loads before it can use the module `entry`, without those loaded later. */
export async function scriptsAtStart(entry: string): Promise<string[]> {
  const chunks = await chunksOf(entry, { isOneScript: false });
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const names = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const name of names) for (const imported of byName.get(name)?.imports ?? []) names.add(imported);
  return [...names].map((name) => byName.get(name)?.code ?? '');
}

async function chunksOf(
  entry: string,
  { isOneScript }: { isOneScript: boolean },
): Promise<Rollup.OutputChunk[]> {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [shadersWithoutComments],
    build: {
      write: false,
      target: 'es2022',
      minify: !isOneScript,
      rollupOptions: {
        input: entry,
        preserveEntrySignatures: 'strict',
        output: { format: 'es', codeSplitting: !isOneScript },
      },
    },
  });
  return (Array.isArray(output) ? output : [output])
    .flatMap((one) => ('output' in one ? one.output : []))
    .filter((one) => one.type === 'chunk');
}
