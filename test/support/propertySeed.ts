/** Property tests draw the same cases on every run; `WGFLOW_PROPERTY_SEED` draws others. */
import * as fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.WGFLOW_PROPERTY_SEED ?? 20161) });
