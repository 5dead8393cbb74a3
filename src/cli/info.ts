/** `wgflow info`. */
import { VERSION } from '../version.ts';
import type { AdapterReport } from '../gpu/device.ts';
import { adapterName } from './session.ts';
import type { Session } from './session.ts';
import { tableText } from './table.ts';
import { tuningFilePath } from './tuningFile.ts';

export async function infoCommand(session: Session): Promise<void> {
  const { report } = await session.open();
  if (session.json) {
    session.emit({
      event: 'done',
      wgflow: VERSION,
      node: process.version,
      adapter: report,
      tuningCache: tuningFilePath(),
    });
    return;
  }
  const facts = tableText([
    ['wgflow', VERSION],
    ['Node', process.version],
    ['Adapter', adapterName(report)],
    ['Kind', report.software ? 'software (no GPU)' : 'GPU'],
    ['Vendor, architecture', `${report.vendor || 'unknown'}, ${report.architecture || 'unknown'}`],
    ['Subgroups', subgroupText(report)],
    ['Features', report.features.join(', ')],
    ['Precisions', report.features.includes('shader-f16') ? 'f32, f16' : 'f32 (f16 needs shader-f16)'],
    ['Tuning cache', tuningFilePath()],
    ...Object.entries(report.limits).map(([name, value]) => [name, limitText(name, value)]),
  ]);
  session.print(`${facts}\n`);
}

function subgroupText({ features, subgroupMinSize: min, subgroupMaxSize: max }: AdapterReport): string {
  if (!features.includes('subgroups')) return 'no';
  if (max === 0) return 'of an unknown size';
  return min === max ? `${min} lanes` : `${min} to ${max} lanes`;
}

function limitText(name: string, value: number): string {
  const digits = value.toLocaleString('en');
  if (!/BufferSize$|BindingSize$|StorageSize$/.test(name)) return digits;
  return value >= 2 ** 20 ? `${(value / 2 ** 20).toLocaleString('en')} MiB` : `${value / 2 ** 10} KiB`;
}
