// Answers of one process to questions that are asked again and again, all of one state of the catalog.

/** A page of 500 rows is some hundred kilobytes, and who watches asks for few pages. */
const answersMost = 64;

export class Memory {
  #mark = '';
  readonly #answers = new Map<string, Promise<unknown>>();

  /** Who asks while the first one is being answered shares its answer; a failure is not kept. */
  async recall<Result>(
    mark: string,
    key: string,
    make: () => Promise<Result>,
    isGood: (result: Result) => boolean = () => true,
  ): Promise<Result> {
    if (mark !== this.#mark) {
      this.#answers.clear();
      this.#mark = mark;
    }
    const known = this.#answers.get(key) as Promise<Result> | undefined;
    if (known !== undefined) {
      const result = await known;
      if (isGood(result)) return result;
      // Of those who find it spoiled, the first makes the next one.
      if (this.#answers.get(key) === known) this.#answers.delete(key);
      return this.recall(this.#mark, key, make, isGood);
    }
    const made = make();
    if (this.#answers.size >= answersMost) this.#answers.clear();
    this.#answers.set(key, made);
    made.catch(() => {
      if (this.#answers.get(key) === made) this.#answers.delete(key);
    });
    return made;
  }
}
