/** Runs a TypeScript script of this folder: node demo/scripts/run.mjs record.ts */
import { withModule } from './typescript.mjs';

await withModule(new URL(process.argv[2], import.meta.url), ({ main }) => main());
