/** The commands that exchange models with other programs: `export`. */
import { Option } from 'commander';
import { exportCommand, EXPORTERS } from './export.ts';
import type { ExportTarget } from './export.ts';
import { MODEL } from './modelCommands.ts';
import type { AddCommand, RunCommand } from './modelCommands.ts';
import type { GlobalOptions } from './session.ts';

export function addExchangeCommands(command: AddCommand, run: RunCommand): void {
  command(
    'export',
    'Write a model for another program; needs no GPU.',
    'wgflow export model.safetensors --to pytorch --out moons',
    'pytorch: model.safetensors and flow.py, whose class Flow needs torch alone. It scores, samples and trains, and what ' +
      'it saves is a model of wgflow again.',
  )
    .argument('<model>', MODEL)
    .addOption(
      new Option('--to <program>', 'the other program').choices(Object.keys(EXPORTERS)).makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'folder to write the files into')
    .action((model: string, options: GlobalOptions & { to: ExportTarget; out: string }) =>
      run(options, (session) => exportCommand(session, model, options)),
    );
}
