// One walk down a snapshot's trees, whoever wrote them: no deeper than the format allows, and no longer than what is stored can explain.
// Trees name each other by content, so few of them, each naming the next one twice, would show more folders than a machine can hold.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { treeRepeatsMin, treeRepeatsPerNode } from '../base/limits.ts';
import { checkDepth, readDirectory } from './read-tree.ts';
import type { Repository } from './repository.ts';
import type { TreeColumns } from './tree.ts';

export class Descent {
  readonly #repository: Repository;
  readonly #context: Context;
  readonly #met = new Set<string>();
  #nodes = 0;
  #repeated = 0;

  constructor(repository: Repository, context: Context) {
    this.#repository = repository;
    this.#context = context;
  }

  /** The directory of a tree at a path. Fails with corrupt/TREE_TOO_DEEP, and for good with corrupt/TREE_REPEATED. */
  async enter(treeId: Uint8Array, path: string): Promise<TreeColumns> {
    checkDepth(path);
    this.#refuseIfEndless();
    const nodes = await readDirectory(this.#repository, treeId, this.#context);
    const key = Buffer.from(treeId).toString('latin1');
    const count = nodes.names.length + 1;
    if (this.#met.has(key)) this.#repeated += count;
    else {
      this.#met.add(key);
      this.#nodes += count;
    }
    this.#refuseIfEndless();
    return nodes;
  }

  #refuseIfEndless(): void {
    if (this.#repeated <= treeRepeatsMin + treeRepeatsPerNode * this.#nodes) return;
    throw new Failure(
      'corrupt',
      'TREE_REPEATED',
      `a snapshot shows the same folders again and again: ${this.#repeated} entries repeat the ${this.#nodes} that are stored`,
      { hint: 'The repository was written by a broken or hostile program; restore from another snapshot.' },
    );
  }
}
