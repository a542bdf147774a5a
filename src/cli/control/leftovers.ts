// What an earlier `holdfast up` had begun and could not end, because it was killed together with those that watch its children: jobs, and the
// programs that they ask for secrets. Each carries in its environment whose it is: the process number and start time of the control process.
// Only Linux shows environments; elsewhere nothing is found.

import { readdirSync, readFileSync } from 'node:fs';
import { isProvenDead, readIncarnation } from '../incarnation.ts';

/** The control process: namespace, number and start time. */
export const ownerVariable = 'HOLDFAST_UP';
/** The job, whose number is that of its process group. */
export const jobVariable = 'HOLDFAST_JOB';

/** Machine and boot are left out: an environment is read on the machine and in the boot that it lives in. */
export function ownerMark(incarnation: string): string {
  return incarnation.split(' ').slice(2).join(' ');
}

export interface Leftovers {
  readonly ended: readonly number[];
  /** In a session of their own: such as an agent that keeps passphrases is meant to outlive who asked it. */
  readonly left: readonly number[];
}

/** What is ended may have begun more while it was looked for. */
const roundsMax = 5;

/** Ends what is of a dead control process; whose owner lives, or of whom nothing is proven, stays untouched. */
export function endLeftovers(mine: string, folder = '/proc'): Leftovers {
  const ended = new Set<number>();
  let left: number[] = [];
  for (let round = 0; round < roundsMax; round += 1) {
    const found = leftoversIn(folder, mine);
    left = found.filter(({ isOfJob }) => !isOfJob).map(({ pid }) => pid);
    const ending = found.filter(({ isOfJob }) => isOfJob);
    if (ending.length === 0) break;
    for (const { pid, life } of ending) if (end(pid, life)) ended.add(pid);
  }
  return { ended: [...ended], left };
}

interface Found {
  readonly pid: number;
  /** Which life of this number it was. */
  readonly life: string;
  readonly isOfJob: boolean;
}

function leftoversIn(folder: string, mine: string): Found[] {
  const [machine = '-', boot = '-'] = mine.split(' ');
  const found: Found[] = [];
  for (const name of namesIn(folder)) {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || pid === process.pid) continue;
    const life = readIncarnation(pid);
    const { owner, job } = marksOf(`${folder}/${name}/environ`);
    if (owner === undefined || !isProvenDead(`${machine} ${boot} ${owner}`, mine)) continue;
    const group = groupOf(`${folder}/${name}/stat`);
    // Of one that has ended meanwhile nothing more is read.
    if (group !== undefined) found.push({ pid, life, isOfJob: group === job });
  }
  return found;
}

/** False where the number is another's by now, or its end is not ours to decide. */
function end(pid: number, life: string): boolean {
  if (readIncarnation(pid) !== life) return false;
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

function marksOf(path: string): { readonly owner?: string; readonly job?: string } {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    // Another's process, or one that has ended.
    return {};
  }
  const value = (name: string) =>
    text
      .split('\0')
      .find((line) => line.startsWith(`${name}=`))
      ?.slice(name.length + 1);
  const [owner, job] = [value(ownerVariable), value(jobVariable)];
  return { ...(owner === undefined ? {} : { owner }), ...(job === undefined ? {} : { job }) };
}

/** Undefined for one that has ended. */
function groupOf(path: string): string | undefined {
  try {
    const stat = readFileSync(path, 'latin1');
    // The name of the program may hold anything, parentheses too.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : group;
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
