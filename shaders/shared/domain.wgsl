// The maps of data that are bounded to all numbers: the logit of (0, 1), the inverse of softplus of (0, inf) in units
// of a scale.
// docs/derivations.md, eq. (91), (92)
#include "shared/elementary.wgsl"

override DOMAIN: u32 = 0u;

// src/kernels/elementwise/domain_forward.ts; else the feature is positive.
const UNIT: u32 = 1u;

// Least and largest values: the smallest number that no driver takes for zero, the last one of all and that below 1.
const MIN_VALUE: f32 = 0x1p-126;
const MAX_VALUE: f32 = 0x1.fffffep+127;
const MAX_OF_UNIT: f32 = 0x1.fffffep-1;

// What they are mapped to, log MIN_VALUE and -log(1 - MAX_OF_UNIT).
const MIN_IMAGE: f32 = -87.3365447505531;
const MAX_IMAGE_OF_UNIT: f32 = 16.635532333438686;
