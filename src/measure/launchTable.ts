/** The dispatches of a measured plan as cells of a table: for tables, reports and pages. */
import { measuredLaunches } from './bounds.ts';
import type { MeasuredLaunch } from './bounds.ts';
import type { BenchDocument, BenchEntry } from './document.ts';
import { duration, rate } from './format.ts';
import { subgroupSizeOf } from './launches.ts';
import { intensityOf } from './roofline.ts';

type Run = Pick<BenchDocument, 'peak' | 'entries' | 'adapter'>;

/** Cells for each kind of dispatch of a plan, and for all together. */
export function launchRows(entry: BenchEntry, run: Run): string[][] {
  const launches = measuredLaunches(entry, run);
  const total = (of: (launch: MeasuredLaunch) => number): number =>
    launches.reduce((sum, launch) => sum + launch.count * of(launch), 0);
  const cells = launches.map((launch) => [
    launch.count === 1 ? launch.kernel : `${launch.count} × ${launch.kernel}`,
    `${launch.workgroups.toLocaleString('en')} × ${launch.groupSize}`,
    launch.subgroups.toLocaleString('en'),
    rate(intensityOf(launch)),
    duration(launch.leastMs),
    launch.measuredMs === undefined ? '–' : duration(launch.measuredMs),
    launch.by,
  ]);
  const dispatches = `${total(() => 1).toLocaleString('en')} dispatches`;
  return [
    ...cells,
    [dispatches, '', '', '', duration(total(({ leastMs }) => leastMs)), duration(entry.time.medianMs), ''],
  ];
}

/** Titles of the columns of `launchRows`. */
export const LAUNCH_HEAD = [
  'dispatch',
  'workgroups',
  'subgroups',
  'FLOPs a byte',
  'at least',
  'measured',
  'bound by',
];

/** What the columns of a table of measured launches mean, and the adapter's subgroups. */
export function launchNote({ adapter }: Pick<Run, 'adapter'>): string {
  return `${COLUMNS} Subgroups have ${subgroupSizeOf(adapter).words}.`;
}

/** What the columns of a table of measured launches mean. */
const COLUMNS =
  'At least: an empty dispatch, and the longer of its FLOPs at the FMA peak and its bytes at the copy peak. Data in a cache ' +
  'can take less. Each kernel is measured alone, and bound by the longest part of its time. "rest" is the part that the ' +
  'three do not explain: waiting, idle lanes, other instructions.';
