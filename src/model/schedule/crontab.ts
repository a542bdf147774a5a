// The jobs of a crontab, as somebody has written them: read to show what else runs on a machine, never to run it.

export interface CrontabJob {
  /** From 1. */
  readonly line: number;
  /** Five fields or a name such as `@daily`, as written; it may be one that nobody understands. */
  readonly schedule: string;
  /** Of the files of the system, which name whom a job runs as. */
  readonly user?: string;
  readonly command: string;
}

const jobsMax = 1000;

/** `namesUser`: /etc/crontab and the files of /etc/cron.d have one word more than a crontab of somebody. */
export function crontabJobs(text: string, namesUser: boolean): CrontabJob[] {
  const jobs: CrontabJob[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#') || /^[A-Za-z_"'][\w"']*\s*=/.test(line)) continue;
    const match = /^(@\w+|(?:\S+\s+){4}\S+)\s+(.+)$/.exec(line);
    if (match === null) continue;
    const [, schedule = '', rest = ''] = match;
    const [, user, command] = namesUser ? (/^(\S+)\s+(.+)$/.exec(rest) ?? []) : ['', undefined, rest];
    if (command === undefined) continue;
    const job = { line: index + 1, schedule: schedule.replace(/\s+/g, ' '), command };
    jobs.push(user === undefined ? job : { ...job, user });
    if (jobs.length === jobsMax) break;
  }
  return jobs;
}
