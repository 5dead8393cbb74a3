/** Rows at even distances. */

/** The indices of `count` of `rows` rows at even distances, or of all rows if there are fewer. */
export function evenPlaces(rows: number, count: number): Uint32Array {
  const taken = Math.min(rows, count);
  return Uint32Array.from({ length: taken }, (_, i) => Math.floor((i * rows) / taken));
}

/** Tells whether a place is among `places`. Both are in ascending order: each call asks for a later place. */
export function inOrder(places: Uint32Array): (place: number) => boolean {
  let next = 0;
  return (place) => {
    while ((places[next] ?? Infinity) < place) next++;
    return places[next] === place;
  };
}
