// Answers of one process to questions that are asked again and again, all of one state of the catalog.

/** A page of 500 rows is some hundred kilobytes, and who watches asks for few pages. */
const answersMost = 64;

export class Memory {
  #mark = '';
  readonly #answers = new Map<string, Promise<unknown>>();

  /** Who asks while the first one is being answered shares its answer; a failure is not kept. */
  async recall<Result>(mark: string, key: string, make: () => Promise<Result>): Promise<Result> {
    if (mark !== this.#mark) {
      this.#answers.clear();
      this.#mark = mark;
    }
    const known = this.#answers.get(key);
    if (known !== undefined) return known as Promise<Result>;
    const made = make();
    if (this.#answers.size >= answersMost) this.#answers.clear();
    this.#answers.set(key, made);
    made.catch(() => {
      if (this.#answers.get(key) === made) this.#answers.delete(key);
    });
    return made;
  }
}
