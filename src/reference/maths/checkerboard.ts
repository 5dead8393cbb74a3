/** Whether (row + column) mod 2 of this pixel is `parity`, on images `width` pixels wide. */
export function isOfParity(pixel: number, width: number, parity: number): boolean {
  return (Math.floor(pixel / width) + (pixel % width)) % 2 === parity;
}
