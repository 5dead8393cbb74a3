/** How images are read as a table. */
import type { ImageShape } from '../../model/image.ts';

/** What a reader of tables does with images. */
export interface ImageForm {
  /** The shape [C, H, W] to average them to; by default they stay as they are. */
  shape?: ImageShape | undefined;
  /** What each image shows, as a column `label` after the pixels; by default the one of the files, if they say so. */
  labels?: ListedLabels | undefined;
}

/** The labels of a column. Its first cell may be a heading or a label: the number of images tells. */
export interface ListedLabels {
  cells: readonly string[];
  heading?: string;
}
