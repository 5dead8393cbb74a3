/** `npm run bench:isa`: what the compilers of real GPUs make of every kernel, without the GPUs. */
import { withModule } from '../../demo/scripts/typescript.mjs';

process.exitCode = await withModule(new URL('isa.ts', import.meta.url), ({ main }) =>
  main(process.argv.slice(2)),
);
