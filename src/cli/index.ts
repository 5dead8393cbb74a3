/** The program `wgflow`. */
import { main } from './main.ts';

// A closed terminal is no reason to stop a training run.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const code = await main(process.argv.slice(2));
// Dawn's instance keeps the event loop alive.
process.exit(code);
