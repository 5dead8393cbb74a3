/** The command line: `wgflow COMMAND …`. */
import { Command, CommanderError, Option } from 'commander';
import { PRESETS } from '../flows/index.ts';
import { TOY_NAMES } from '../data/toy.ts';
import { VERSION } from '../version.ts';
import { gradientsCommand } from './gradients.ts';
import { infoCommand } from './info.ts';
import { inspectCommand } from './inspect.ts';
import * as parse from './options.ts';
import { mapCommand } from './mapRows.ts';
import { sampleCommand } from './sample.ts';
import { EXIT, Session } from './session.ts';
import type { GlobalOptions } from './session.ts';
import { trainCommand } from './train.ts';
import type { TrainOptions } from './train.ts';

const program = new Command('wgflow')
  .description('Normalizing flows trained and sampled on the GPU by hand-written WGSL.')
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('(add --help for the options)');

function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--json', 'newline-delimited JSON events on stdout, nothing else there')
    .addOption(
      new Option('--adapter <kind>', 'which WebGPU adapter to use')
        .choices(['auto', 'gpu', 'software'])
        .default('auto'),
    );
}

const TOYS = TOY_NAMES.join(', ');

command('train', 'Train a flow on a table, or on a toy density.')
  .argument('[data]', 'CSV file, with or without a header line')
  .addOption(new Option('--toy <name>', `fresh points of a toy density: ${TOYS}`).choices([...TOY_NAMES]))
  .option('--noise <sigma>', 'noise of the toy density', parse.positiveNumber)
  .addOption(new Option('--preset <name>', 'flow family').choices(Object.keys(PRESETS)).default('realnvp'))
  .option('--couplings <n>', 'number of couplings', parse.integer(1))
  .option('--hidden <widths>', 'hidden widths of each conditioner, such as 64,64', parse.widths)
  .option('--steps <n>', 'training steps (default 3000)', parse.integer(1))
  .option('--batch <n>', 'rows of a batch (default 512)', parse.integer(1))
  .option('--lr <x>', "learning rate (default: the preset's)", parse.positiveNumber)
  .option('--schedule <s>', "constant, cosine or exponential:DECAY (default: the preset's)", parse.schedule)
  .option(
    '--clip <norm>',
    "clip the gradient's global norm, 0 never (default: the preset's)",
    parse.nonNegativeNumber,
  )
  .option('--val <file|fraction>', 'validation rows: a CSV file, or a fraction such as 0.1 held out')
  .option('--patience <n>', 'stop after n validation scores without a better one', parse.integer(1))
  .option('--columns <names>', 'columns to learn, by name and in this order', parse.names)
  .option('--seed <n>', 'seed of the start and of the batches (default 0)', parse.integer(0))
  .option('--out <file>', 'model file to write (default model.safetensors)')
  .option('--checkpoint <file>', 'write a checkpoint here each minute, at the end and when interrupted')
  .option('--resume <file>', 'go on from a checkpoint, bit for bit')
  .option('--report <folder>', 'write model.safetensors, samples.csv and report.html into this folder')
  .addOption(
    new Option('--tuning <mode>', 'how kernel variants are chosen').choices(['fixed']).default('fixed'),
  )
  .action((data: string | undefined, options: GlobalOptions & TrainOptions) =>
    new Session(options).run((session) => trainCommand(session, data, options)),
  );

command('sample', 'Draw rows from a model, in the units of its training data.')
  .argument('<model>', 'model file')
  .requiredOption('-n, --count <n>', 'number of rows', parse.integer(0))
  .option('--seed <n>', 'row r depends on (seed, r) alone', parse.integer(0), 0)
  .option('--temperature <t>', 'standard deviation of the latent normal', parse.positiveNumber, 1)
  .option('--out <file>', 'CSV file to write', '-')
  .action(
    (
      model: string,
      options: GlobalOptions & { count: number; seed: number; temperature: number; out: string },
    ) => new Session(options).run((session) => sampleCommand(session, model, options)),
  );

for (const [name, description] of [
  ['logprob', 'Score rows: one column log_prob, in nats.'],
  ['forward', 'Map rows to the latent: columns z1…zd, log_det.'],
  ['inverse', 'Map latent rows back: the columns of the training data.'],
] as const) {
  command(name, description)
    .argument('<model>', 'model file')
    .argument('<data>', 'CSV file, with or without a header line')
    .option('--out <file>', 'CSV file to write', '-')
    .action((model: string, data: string, options: GlobalOptions & { out: string }) =>
      new Session(options).run((session) => mapCommand(session, name, model, data, options)),
    );
}

command('gradients', 'Mean NLL of the rows and its gradient for every trainable tensor.')
  .argument('<model>', 'model file')
  .argument('<data>', 'CSV file, with or without a header line')
  .requiredOption('--out <file>', 'file to write: .json for JSON, else safetensors')
  .action((model: string, data: string, options: GlobalOptions & { out: string }) =>
    new Session(options).run((session) => gradientsCommand(session, model, data, options)),
  );

command('inspect', 'Tell what is in a model file.')
  .argument('<model>', 'model file')
  .action((model: string, options: GlobalOptions) =>
    new Session(options).run((session) => inspectCommand(session, model)),
  );

command('info', 'Tell which adapter is used, with its limits and features.').action(
  (options: GlobalOptions) => new Session(options).run((session) => infoCommand(session)),
);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exit(error.exitCode === 0 ? EXIT.done : EXIT.badInput);
}
