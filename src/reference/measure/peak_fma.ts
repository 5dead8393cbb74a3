import type { Twin } from '../../plan/kernel.ts';
import type { peakFmaKernel } from '../../kernels/measure/peak_fma.ts';

export const peakFma: Twin<typeof peakFmaKernel> = ({ params, flags, sizes, buffers }) => {
  const spread = flags.VEC4 ? [0, 0.25, 0.5, 0.75] : [0];
  for (let index = 0; index < params.n_invocations; index++) {
    let sum = 0;
    for (let chain = 0; chain < sizes.CHAINS; chain++) {
      for (const apart of spread) {
        let a = (index % 64) / 64 + apart + chain;
        for (let link = 0; link < params.n_rounds * sizes.UNROLL; link++)
          a = a * params.factor + params.offset;
        sum += a;
      }
    }
    buffers.output[index] = sum;
  }
};
