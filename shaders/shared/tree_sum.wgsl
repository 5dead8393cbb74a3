// The sum of one value per invocation of a workgroup, by a tree of fixed shape: the same bits on every run.
var<workgroup> sh_sums: array<f32, REDUCTION_SIZE>;

fn tree_sum(local: u32, value: f32) -> f32 {
  sh_sums[local] = value;
  for (var half = REDUCTION_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      sh_sums[local] += sh_sums[local + half];
    }
  }
  workgroupBarrier();
  return sh_sums[0];
}
