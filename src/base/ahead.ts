// Work that waits for answers, begun ahead of the one who needs them.

/**
 * Results in the order of the items, with up to `width` runs under way at once. The first failure is thrown where its result would have
 * come; runs begun after it end unseen.
 */
export async function* mapAhead<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  width: number,
  run: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  for await (const item of items) {
    const result = run(item);
    // A failure must be seen by whoever takes the result, not by the process.
    result.catch(() => undefined);
    underWay.push(result);
    if (underWay.length >= width) yield await underWay.shift()!;
  }
  for (const result of underWay) yield await result;
}
