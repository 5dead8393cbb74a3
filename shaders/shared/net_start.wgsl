// Where each net of a range of couplings starts among the parameters; the nets of a coupling come one after the other.
// Needs the size N_NETS, params.net_start, coupling_stride and net_stride.
fn start_of_net(net: u32) -> u32 {
  return params.net_start + net / N_NETS * params.coupling_stride + net % N_NETS * params.net_stride;
}
