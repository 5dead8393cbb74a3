import { imageFeatures } from '../../model/image.ts';
import type { Images } from '../../data/images/images.ts';

/** For each of these images, the index of the row of `data` that is nearest by the sum of squared differences. */
export function nearestRows({ shape, pixels }: Images, data: ArrayLike<number>): number[] {
  const features = imageFeatures(shape);
  return Array.from({ length: pixels.length / features }, (_, image) => {
    let [nearest, least] = [0, Infinity];
    for (let row = 0; row * features < data.length; row++) {
      let sum = 0;
      for (let j = 0; j < features && sum < least; j++) {
        sum += ((data[row * features + j] ?? 0) - (pixels[image * features + j] ?? 0)) ** 2;
      }
      if (sum < least) [nearest, least] = [row, sum];
    }
    return nearest;
  });
}
