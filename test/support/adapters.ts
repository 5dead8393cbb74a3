/** Adapter facts that the fixed table depends on. */
import { GPU_WITHOUT_SUBGROUPS } from '../../src/plan/variants.ts';
import type { AdapterFacts } from '../../src/plan/variants.ts';

export const SWIFTSHADER: AdapterFacts = { subgroupMinSize: 4, software: true };
export const LAVAPIPE: AdapterFacts = { subgroupMinSize: 8, software: true };
/** lavapipe with the vector units of AVX-512. */
export const LAVAPIPE_512: AdapterFacts = { subgroupMinSize: 16, software: true };
export const SOFTWARE_WITHOUT_SUBGROUPS: AdapterFacts = { subgroupMinSize: 0, software: true };
/** Subgroups of 8 to 32 lanes. */
export const INTEL: AdapterFacts = { subgroupMinSize: 8, software: false };
/** Subgroups of 32 lanes; so are Apple's. */
export const NVIDIA: AdapterFacts = { subgroupMinSize: 32, software: false };
/** Subgroups of 32 or 64 lanes. */
export const AMD: AdapterFacts = { subgroupMinSize: 32, software: false };

export const ADAPTERS: [string, AdapterFacts][] = Object.entries({
  SWIFTSHADER,
  LAVAPIPE,
  LAVAPIPE_512,
  SOFTWARE_WITHOUT_SUBGROUPS,
  INTEL,
  NVIDIA,
  AMD,
  GPU_WITHOUT_SUBGROUPS,
});
