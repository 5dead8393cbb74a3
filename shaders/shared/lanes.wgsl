// Shares values that the first LANES lanes of a subgroup loaded, one each, with all its lanes. Without
// subgroups LANES is 1, and every invocation loads for itself.

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

fn sum_of_lanes(own: f32) -> f32 {
  var sum = 0.0;
#unroll k LANES
  sum += scalar_of_lane(own, $k);
#end
  return sum;
}

fn sum_of_quad(quad: vec4f) -> f32 {
  return quad.x + quad.y + quad.z + quad.w;
}
