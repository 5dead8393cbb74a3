/** `wgflow info`. */
import Table from 'cli-table3';
import { VERSION } from '../version.ts';
import { adapterName } from './session.ts';
import type { Session } from './session.ts';

export async function infoCommand(session: Session): Promise<void> {
  const { report } = await session.open();
  const table = new Table({ style: { head: [], border: [] } });
  table.push(
    ['wgflow', VERSION],
    ['Node', process.version],
    ['Adapter', adapterName(report)],
    ['Kind', report.software ? 'software (no GPU)' : 'GPU'],
    ['Vendor, architecture', `${report.vendor || 'unknown'}, ${report.architecture || 'unknown'}`],
    ['Features', report.features.join('\n')],
    ...Object.entries(report.limits).map(([name, value]): [string, string] => [name, String(value)]),
  );
  if (session.json) session.emit({ event: 'done', wgflow: VERSION, node: process.version, adapter: report });
  else process.stdout.write(`${table.toString()}\n`);
}
