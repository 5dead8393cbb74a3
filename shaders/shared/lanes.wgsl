// Values that the first LANES lanes of a subgroup loaded, one each, known to all its lanes. Where there are no
// subgroups LANES is 1, and every invocation loads for itself.
// Invocations of a workgroup (src/kernels/coupling_stack.ts).
const FUSED_GROUP_SIZE: u32 = 16u;

fn scalar_of_lane(own: f32, lane: u32) -> f32 {
#if SUBGROUPS
  return subgroupShuffle(own, lane);
#else
  return own;
#endif
}

fn quad_of_lane(own: vec4f, lane: u32) -> vec4f {
#if SUBGROUPS
  return subgroupShuffle(own, lane);
#else
  return own;
#endif
}
