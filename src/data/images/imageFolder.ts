/** A folder of PNG files of one size; if they lie in folders of their own, the folders' names are labels. Node only. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '../../errors.ts';
import { joined } from './images.ts';
import type { Images } from './images.ts';
import { imageOfPng } from './png.ts';

/** @throws {DataError} if there are none, some are of another size, or only some lie in folders of their own */
export async function imagesInFolder(folder: string): Promise<Images> {
  const found = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = found
    .filter((entry) => entry.isFile() && /\.png$/i.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
  const [first] = files;
  if (first === undefined) {
    throw new DataError(
      'found a folder without PNG files',
      { file: folder },
      'Give a folder of images, or one file.',
    );
  }
  const depthOf = (file: string): number => file.split(path.sep).length;
  const odd = files.find((file) => depthOf(file) !== depthOf(first) || depthOf(file) > 2);
  if (odd !== undefined) {
    throw new DataError(
      `found ${first} and ${odd}, expected all PNG files in the folder, or each in a folder named like its label`,
      { file: folder },
    );
  }
  const images: Images[] = [];
  for (const file of files) {
    const name = path.join(folder, file);
    const image = imageOfPng(await readFile(name), name);
    const { shape } = images[0] ?? image;
    if (image.shape.join() !== shape.join()) {
      throw new DataError(
        `found an image of ${image.shape.join(' × ')}, expected ${shape.join(' × ')} like ${first}`,
        { file: name },
        'Save all images in one size, all grey or all of three colours.',
      );
    }
    images.push(image);
  }
  const labels = depthOf(first) === 2 ? files.map((file) => path.dirname(file)) : undefined;
  return { ...joined(images), ...(labels && { labels }) };
}
