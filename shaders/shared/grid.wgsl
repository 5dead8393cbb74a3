// One invocation per element, over a grid that may be folded into x and y (src/plan/shape.ts, gridOf).
fn linear_index(group: vec3u, n_groups: vec3u, local: u32) -> u32 {
  return (group.y * n_groups.x + group.x) * WORKGROUP_SIZE + local;
}
