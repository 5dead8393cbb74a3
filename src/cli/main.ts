/** The command line: `wgflow COMMAND …`. */
import { Command, CommanderError, Option } from 'commander';
import { SPEC_LIMITS } from '../model/limits.ts';
import { IMAGE_PRESETS, PRESETS } from '../presets/index.ts';
import { TOY_NAMES } from '../data/toy.ts';
import { DEFAULT_PATIENCE } from '../training/options.ts';
import { PRECISIONS } from '../plan/precision.ts';
import { VERSION } from '../version.ts';
import { BATCHES, CONFIG_NAMES, KERNEL_STEMS } from '../measure/index.ts';
import { GPU_NAMES } from '../measure/gpuModel.ts';
import { benchCommand } from './bench.ts';
import type { BenchCommandOptions } from './bench.ts';
import { base, BASE_FORMS } from './baseOption.ts';
import { columnTypes, domainRequests } from './domains.ts';
import { COLUMN_KINDS } from '../table/infer.ts';
import { MISSING } from '../table/plan.ts';
import { addExchangeCommands } from './exchangeCommands.ts';
import { doctorCommand } from './doctor.ts';
import { infoCommand } from './info.ts';
import { addAskCommands } from './askCommands.ts';
import { addModelCommands } from './modelCommands.ts';
import type { AddCommand, RunCommand } from './modelCommands.ts';
import * as parse from './options.ts';
import { EXIT, Session } from './session.ts';
import type { Devices, GlobalOptions } from './session.ts';
import { ShapeError } from '../errors.ts';
import { shardPlace } from './shards/shard.ts';
import type { ShardPlace } from './shards/shard.ts';
import { trainSeeds } from './seeds.ts';
import { trainCommand } from './train.ts';
import { TOY_PRESET } from './freshFlow.ts';
import { IMAGE_PRESET } from './images/imageOptions.ts';
import type { TrainOptions } from './trainOptions.ts';
import { TABLE, tableOptions } from './tableOptions.ts';

/**
 * Runs `wgflow` with these arguments, and returns its exit code.
 * @param devices gives each command its device; by default a new one
 */
export async function main(args: readonly string[], devices?: Devices): Promise<number> {
  let code: number = EXIT.done;
  const program = programOf(async (options, command) => {
    code = await new Session(options, devices).run(command);
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    if (args.includes('--json')) {
      const message = error.message.replace(/^error: /, '');
      process.stdout.write(`${JSON.stringify({ event: 'error', code: 'BAD_ARGUMENTS', message })}\n`);
    }
    return EXIT.badInput;
  }
}

const CONTEXT_HELP = `
Context: the model learns the other columns conditioned on these. A text column becomes one feature per label; a number
column is standardised. The model file keeps labels, mean and std, so later you give values as they are in the table.
A toy density has one context column, class, counted from 0.`;

/** Option of every command that runs kernels. */
function tuning(): Option {
  return new Option('--tuning <mode>', 'choose kernels by a timed search, or by a fixed table')
    .choices(['measured', 'fixed'])
    .default('measured');
}

/** Option of every command that runs a flow or its plans, and of the command that prints its memory. */
function precision(): Option {
  return new Option(
    '--precision <kind>',
    'store the weights and hidden activations of nets as f32, or as f16 if the adapter has shader-f16',
  ).choices(PRECISIONS);
}

const presets = Object.entries({ ...PRESETS, ...IMAGE_PRESETS }).map(
  ([name, { summary }]) => `  ${name.padEnd(15)}${summary}`,
);

/** The commands that read tables. */
const TABLE_COMMANDS = new Set(
  'train sample logprob explain predict impute forward inverse gradients check'.split(' '),
);

/** The commands that run no kernel and print no plan. */
const WITHOUT_KERNELS = new Set(['info', 'doctor', 'export', 'import', 'merge']);

function programOf(run: RunCommand): Command {
  const program = new Command('wgflow')
    .description('Normalizing flows trained and sampled on the GPU by hand-written WGSL.')
    .usage('COMMAND [options]')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .showHelpAfterError('(add --help for the options)')
    .addHelpText(
      'after',
      `
Start with:
  $ wgflow train --toy moons --report moons-run     then open moons-run/report.html
  $ wgflow train data.csv --out model.safetensors
  $ wgflow sample model.safetensors -n 1000 > samples.csv
  $ wgflow logprob model.safetensors data.csv > scores.csv
  $ wgflow explain model.safetensors data.csv --worst 20

Exit codes: 0 done; 1 the run failed; 2 bad arguments or bad input, nothing written;
3 no usable WebGPU adapter; 130 interrupted.`,
    );

  const command: AddCommand = (name, summary, example, more = '') =>
    program
      .command(name)
      .summary(summary)
      .description(`${summary}${more && ` ${more}`}`)
      .addHelpText('after', `\nExamples:\n${example.replaceAll(/^/gm, '  $ ')}`);

  const train = command(
    'train',
    'Train a flow on the rows of a table, or on a toy density.',
    `wgflow train data.csv
wgflow train data.csv --val 0.2 --patience 20
wgflow train data.csv --columns height,weight --couplings 8 --hidden 64,64 --steps 5000
wgflow train data.csv --domain positive --domain unit:share,rate
wgflow train --toy spirals --report spirals-run
wgflow train cells.csv --context tissue,age        then draw cells of one tissue and age:
wgflow sample model.safetensors -n 100 --context tissue=liver,age=31
wgflow train images.idx --labels labels.idx --report images-run
wgflow train data.csv --checkpoint run.ckpt        interrupt it with Ctrl-C, then continue:
wgflow train data.csv --resume run.ckpt`,
  )
    .argument('[data]', `${TABLE}; or images: IDX, .npy of 8 bits, a folder of PNG`)
    .optionsGroup('Data:')
    .addOption(
      new Option('--toy <name>', 'train on fresh points of a toy density, not on a file').choices([
        ...TOY_NAMES,
      ]),
    )
    .option('--noise <sigma>', 'noise of the toy density (default: its own)', parse.positiveNumber)
    .option('--columns <names>', 'columns to learn, in this order, such as height,weight', parse.names)
    .option(
      '--types <list>',
      `kinds of columns, such as rating=category,when=day_first, instead of what their cells suggest: ${COLUMN_KINDS.join(', ')}`,
      columnTypes,
    )
    .addOption(
      new Option(
        '--missing <how>',
        'blank cells: learn how often there are some, drop their rows, or refuse them',
      )
        .choices(MISSING)
        .default('model'),
    )
    .option('--context <names>', 'columns to condition on, of labels or numbers', parse.names)
    .option('--weights <column>', 'column of weights ≥ 0: how much each row counts; it is not learned')
    .option(
      '--val <file|fraction|none>',
      'validation rows, which decide when to stop and what to keep: a table, a fraction of the rows, or none ' +
        '(default: a tenth of the rows, 10,000 at most)',
    )
    .option(
      '--patience <n|none>',
      `stop after n validation scores without a better one, or never (default: ${DEFAULT_PATIENCE})`,
      parse.patience,
    )
    .optionsGroup('Model:')
    .option(
      '--preset <name>',
      `${parse.PRESET_NAMES} (default for a table: spline up to two columns, glow above; for a toy density: ${TOY_PRESET}); ` +
        `for images ${parse.IMAGE_PRESET_NAMES} (default: ${IMAGE_PRESET})`,
      parse.preset,
    )
    .option('--couplings <n>', "number of couplings (default: the preset's)", parse.couplings)
    .option('--hidden <widths>', 'hidden widths of each coupling net, such as 64,64', parse.widths)
    .option(
      '--residual-blocks <n>',
      'use residual nets of n blocks, with one hidden width',
      parse.residualBlocks,
    )
    .option(
      '--base <density>',
      `density of the latent, one of ${BASE_FORMS}; student-t has learned tails, class has means from the --context ` +
        '(default: student-t:10 for realnvp, glow and nice, normal for the others)',
      base,
    )
    .option(
      '--domain <domain[:columns]>',
      'range of the values: real, positive (above 0) or unit (between 0 and 1), for all columns or for those named ' +
        'after a colon, such as unit:share,rate; repeat it for more columns (default: real)',
      domainRequests,
    )
    .optionsGroup('Images:')
    .option(
      '--labels <file|folders>',
      'labels of the images, a file of one column or the names of their folders; the model then draws images of a label',
    )
    .option(
      '--shrink <n>',
      'learn images of an nth of the height and width, by the mean of squares',
      parse.integer(2),
    )
    .option('--mirror', 'learn each image and its mirror image, left and right swapped')
    .option(
      '--levels <n>',
      'levels, between which half of the channels leave (default: up to 3, by size)',
      parse.integer(1, 16),
    )
    .option('--depth <n>', "steps of flow in each level (default: the preset's)", parse.couplings)
    .option(
      '--width <n>',
      "channels of the nets' hidden layers (default: the preset's)",
      parse.integer(1, SPEC_LIMITS.width),
    )
    .optionsGroup('Training:');
  for (const option of parse.settingOptions()) train.addOption(option);
  train.option('--report-every <n>', 'steps between reports (default: by time)', parse.integer(1));
  train
    .optionsGroup('Output:')
    .option('--out <file>', 'model file to write (default: model.safetensors)')
    .option('--report <folder>', 'write model.safetensors, samples.csv and report.html into this folder')
    .option(
      '--checkpoint <file>',
      'write a checkpoint every so often, at the end and when interrupted; the one before is kept, as run-previous.ckpt for run.ckpt',
    )
    .option(
      '--checkpoint-every <seconds>',
      'time between two checkpoints (default: 30)',
      parse.positiveNumber,
    )
    .option('--resume <file>', 'continue a checkpoint bit for bit, with the same data')
    .option('--log <file>', 'write every event as a line of JSON with its time; --resume continues the file')
    .option('--dry-run', 'print the plan, memory and an estimate of the time; train and write nothing')
    .option('--new-data', 'allow --resume with other rows')
    .option(
      '--from <model>',
      'fine-tune a model on a table with the same columns; it keeps its standardisation',
    )
    .addHelpText('after', CONTEXT_HELP)
    .addHelpText('after', `\nPresets:\n${presets.join('\n')}`)
    .option(
      '--seeds <n>',
      'train n models, with seeds from --seed on, as model-1.safetensors and so on by the name of --out',
      parse.integer(1, 1000),
    )
    .option('--shard <i/n>', 'with --seeds: only the i-th of n parts of the models', shardPlace)
    .action(
      (
        data: string | undefined,
        {
          seeds,
          shard,
          ...options
        }: GlobalOptions & Omit<TrainOptions, 'settings'> & { seeds?: number; shard?: ShardPlace },
      ) =>
        run(options, (session) => {
          const all = { ...options, settings: parse.settingsFrom(options) };
          if (seeds === undefined) {
            if (shard === undefined) return trainCommand(session, data, all);
            throw new ShapeError('train', '--shard without --seeds', 'both, or none');
          }
          return trainSeeds(session, data, seeds, all, shard);
        }),
    );

  addModelCommands(command, run);
  addAskCommands(command, run);
  addExchangeCommands(command, run);

  command(
    'info',
    'Print the adapter in use, its features and limits.',
    `wgflow info
wgflow info --adapter gpu --json`,
  ).action((options: GlobalOptions) => run(options, (session) => infoCommand(session)));

  command(
    'doctor',
    'Check what wgflow needs: adapters, features, packages; what is missing, and how to get it.',
    'wgflow doctor',
  ).action((options: GlobalOptions) => run(options, (session) => doctorCommand(session)));

  command(
    'bench',
    "Check every kernel and whole plans, then time them against the adapter's own peak.",
    `wgflow bench --report bench.html --out before.json
wgflow bench --configs S --only plans --quick
wgflow bench --kernels flow_forward,dense_forward
wgflow bench --spec model.safetensors --batch 1024
wgflow bench --configs S --only plans --rows 10000,1000000
wgflow bench --configs S --batches
wgflow bench --configs L --only plans --precision f16
wgflow bench --configs S --only plans --quick --model navi31
wgflow bench --compare before.json after.json`,
  )
    .optionsGroup('What to measure:')
    .option(
      '--configs <list>',
      `from ${CONFIG_NAMES.join(', ')} (default: all, and a sweep of sizes for the kernels)`,
      parse.namesFrom(CONFIG_NAMES),
    )
    .option('--spec <file>', 'this flow: a FlowSpec as JSON, or a model file')
    .option('--batch <n>', 'rows of a training step of --spec (default: 512)', parse.integer(1, 2 ** 27))
    .option(
      '--rows <list>',
      'rows of the passes forward, sample and log_prob (default: a few thousand); rows that need several chunks are timed like a call of the library',
      parse.integers(1, 2 ** 27),
    )
    .option(
      '--batches [list]',
      `only training steps, at each of these batches, and where the adapter is full (default: ${BATCHES[0]} to ${BATCHES.at(-1)}, by powers of two)`,
      parse.integers(1, 2 ** 27),
    )
    .addOption(new Option('--only <kind>', 'only whole plans, or only kernels').choices(['plans', 'kernels']))
    .option(
      '--kernels <stems>',
      'only these kernels, such as flow_forward; half_parameters needs --precision f16',
      parse.namesFrom(KERNEL_STEMS),
    )
    .option('--quick', 'a fifth of the time for each entry, and more noise')
    .addOption(
      new Option(
        '--model <gpu>',
        "also print the modelled times of the plans on this GPU, with the fixed table's kernels and what bounds each dispatch; needs gcc and Mesa 25, but not the GPU",
      ).choices(GPU_NAMES),
    )
    .optionsGroup('Output:')
    .option('--out <file>', 'write the results as JSON, for --compare')
    .option('--report <file>', 'write an HTML page with a roofline chart')
    .option(
      '--compare <files...>',
      'compare two results: what got faster or slower beyond the noise; needs no GPU',
    )
    .action((options: GlobalOptions & BenchCommandOptions) =>
      run(options, (session) => benchCommand(session, options)),
    );

  for (const each of program.commands) {
    each.optionsGroup('General:');
    if (!WITHOUT_KERNELS.has(each.name())) {
      if (each.name() !== 'inspect') each.addOption(tuning());
      each.addOption(precision());
    }
    if (TABLE_COMMANDS.has(each.name())) for (const option of tableOptions()) each.addOption(option);
    each
      .option('--quiet', 'print only errors and warnings on stderr')
      .option('--json', 'print newline-delimited JSON events on stdout, and nothing else')
      .addOption(
        new Option('--adapter <kind>', 'the WebGPU adapter; auto prefers a GPU')
          .choices(['auto', 'gpu', 'software'])
          .default('auto'),
      )
      .helpOption('-h, --help', 'print this help');
  }
  return program;
}
