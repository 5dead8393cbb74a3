// Invocations of a workgroup of the fused kernels (src/kernels/fused/coupling_stack.ts), and the sum of a quad of rows.
const FUSED_GROUP_SIZE: u32 = 16u;

fn sum_of_quad(quad: vec4f) -> f32 {
  return quad.x + quad.y + quad.z + quad.w;
}
