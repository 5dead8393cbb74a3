// log N(z; 0, I) from |z|^2 and the number of features, in nats.
const LOG_2_PI: f32 = 1.8378770664093453;

fn normal_log_density(sum_squares: f32, n_features: u32) -> f32 {
  return -0.5 * (sum_squares + f32(n_features) * LOG_2_PI);
}

fn normal_log_density_quad(sum_squares: vec4f, n_features: u32) -> vec4f {
  return -0.5 * (sum_squares + f32(n_features) * LOG_2_PI);
}
