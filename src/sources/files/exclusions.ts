// What a walk leaves out, as one plain object of rules, and the roots as a tree of steps that no rule can prune away.

export interface WalkRules {
  /** Called with the absolute path as people read it. A directory that is left out is not entered. */
  readonly exclude?: (path: string, isDirectory: boolean) => boolean;
  /** Directories with a valid CACHEDIR.TAG keep the tag alone. */
  readonly excludeCaches?: boolean;
  /** Regular files above this size are left out. */
  readonly fileBytesMax?: number;
  /** Other file systems than a root's own are listed as empty directories. */
  readonly oneFileSystem?: boolean;
  /** Directories left out by identity, whatever their path: the repository itself, a cache of our own. */
  readonly skip?: readonly { readonly device: number; readonly inode: bigint }[];
  /** Byte-string paths of directories listed as empty: virtual file systems. A root is always entered. */
  readonly boundaries?: ReadonlySet<string>;
}

/** A step from "/" towards one or more roots. */
export interface Step {
  /** What was named to be protected. */
  isRoot: boolean;
  readonly children: Map<string, Step>;
}

/** Roots as absolute byte strings. "/a//b/../c" is read word by word; nothing is resolved through symlinks. */
export function stepsTo(roots: readonly string[]): Step {
  const top: Step = { isRoot: false, children: new Map() };
  for (const root of roots) {
    let step = top;
    for (const name of normalized(root)) {
      let next = step.children.get(name);
      if (next === undefined) {
        next = { isRoot: false, children: new Map() };
        step.children.set(name, next);
      }
      step = next;
    }
    step.isRoot = true;
  }
  return top;
}

function normalized(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts;
}

/** Where a restore into an existing folder keeps what is new, and afterwards what was old: never part of a backup. */
export function isStagingName(name: string): boolean {
  return /^\.holdfast-restore-[0-9a-f]{16}$/.test(name);
}
