/** `wgflow doctor`: what works here, what is missing, and how to get it. */
import { access, constants, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { GpuUnavailableError } from '../errors.ts';
import { openNodeAdapter } from '../gpu/dawn.ts';
import type { AdapterChoice, OpenedAdapter } from '../gpu/dawn.ts';
import { installAdvice, resolvePackage } from '../optionalPackage.ts';
import { VERSION } from '../version.ts';
import type { Session } from './session.ts';
import { tableText } from './table.ts';
import { tuningFilePath } from './tuningFile.ts';

interface Finding {
  what: string;
  works: boolean;
  /** What was found, or what is missing. */
  found: string;
  /** What to do. */
  advice?: string;
}

/** @throws {GpuUnavailableError} when nothing can compute here, after the findings */
export async function doctorCommand(session: Session): Promise<void> {
  const [gpu, software] = [
    await adapterFinding('GPU', 'gpu'),
    await adapterFinding('Software adapter', 'software'),
  ];
  const best = gpu.opened ?? software.opened;
  const findings = [
    {
      what: 'wgflow and Node',
      works: true,
      found: `${VERSION}, ${process.version} on ${process.platform} ${process.arch}`,
    },
    gpu,
    software,
    ...(best ? featureFindings(best) : []),
    parquetFinding(),
    await cacheFinding(),
  ];
  for (const { what, works, found, advice } of findings) {
    session.emit({ event: 'finding', what, works, found, ...(advice !== undefined && { advice }) });
  }
  if (!session.json) {
    const rows = findings.map(({ what, works, found }) => [works ? 'yes' : 'no', what, found]);
    session.print(`${tableText(rows)}\n`);
    for (const { what, advice } of findings) if (advice !== undefined) session.say(`${what}: ${advice}`);
  }
  if (best === undefined) throw gpu.error ?? software.error ?? new GpuUnavailableError('none was found', '');
  session.say(
    gpu.opened
      ? 'wgflow runs on the GPU here.'
      : 'wgflow runs here, on the CPU: many times slower than on a GPU.',
  );
  session.emit({ event: 'done', adapter: gpu.opened ? 'gpu' : 'software' });
}

async function adapterFinding(
  what: string,
  choice: AdapterChoice,
): Promise<Finding & { opened?: OpenedAdapter; error?: GpuUnavailableError }> {
  try {
    const opened = await openNodeAdapter(choice);
    const { description, device, vendor } = opened.adapter.info;
    return {
      what,
      works: true,
      found: `${description || device || vendor} (${opened.implementation})`,
      opened,
    };
  } catch (error) {
    if (!(error instanceof GpuUnavailableError)) throw error;
    return { what, works: false, found: error.reason, advice: error.advice, error };
  }
}

/** What an optional feature is for. */
const FEATURES = [
  ['subgroups', 'faster sums and products'],
  ['shader-f16', '--precision f16'],
  ['timestamp-query', "wgflow bench times kernels by the GPU's clock"],
] as const;

function featureFindings({ adapter }: OpenedAdapter): Finding[] {
  return FEATURES.map(([feature, use]) => ({
    what: feature,
    works: adapter.features.has(feature),
    found: use,
  }));
}

function parquetFinding(): Finding {
  const names = ['hyparquet', 'hyparquet-compressors'];
  const missing = names.filter((name) => resolvePackage(name) === undefined);
  const what = 'Parquet files';
  if (missing.length === 0) return { what, works: true, found: names.join(', ') };
  const advice = `Install them, ${installAdvice(...names)}.`;
  return { what, works: false, found: `${missing.join(' and ')} missing`, advice };
}

async function cacheFinding(): Promise<Finding> {
  const what = 'Cache of kernel choices';
  const file = tuningFilePath();
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await access(path.dirname(file), constants.W_OK);
    return { what, works: true, found: file };
  } catch {
    const advice = 'Each process measures anew. Set WGFLOW_TUNING_CACHE to a file that can be written.';
    return { what, works: false, found: `${file} cannot be written`, advice };
  }
}
