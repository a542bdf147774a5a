// The jobs of a crontab are read as they stand there, and nothing else in it is taken for one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crontabJobs } from '../../../src/model/schedule/crontab.ts';

const own = `# m h dom mon dow command
MAILTO=admin@example.org
PATH = /usr/bin:/bin

0 2 * * * /srv/backup_automation.sh backup >> /var/log/backup.log 2>&1
@daily   /usr/bin/tidy
*/15\t8-18 * *  mon-fri  echo "50 %"
broken line
`;

test('the jobs of somebody are found with their line, comments and settings are none: S-057, S-101', () => {
  assert.deepEqual(crontabJobs(own, false), [
    {
      line: 5,
      schedule: '0 2 * * *',
      command: '/srv/backup_automation.sh backup >> /var/log/backup.log 2>&1',
    },
    { line: 6, schedule: '@daily', command: '/usr/bin/tidy' },
    { line: 7, schedule: '*/15 8-18 * * mon-fri', command: 'echo "50 %"' },
  ]);
});

test('the files of the system name whom a job runs as', () => {
  assert.deepEqual(
    crontabJobs('17 * * * * root cd / && run-parts /etc/cron.hourly\n@reboot nobody x\n', true),
    [
      { line: 1, schedule: '17 * * * *', user: 'root', command: 'cd / && run-parts /etc/cron.hourly' },
      { line: 2, schedule: '@reboot', user: 'nobody', command: 'x' },
    ],
  );
  assert.deepEqual(crontabJobs('0 2 * * * root\n', true), [], 'nothing to run');
});

test('what is no crontab has no jobs, and one that is far too long has no end of them', () => {
  assert.deepEqual(crontabJobs('\0\u{1F600} \n==\n', false), []);
  assert.equal(crontabJobs('@daily x\n'.repeat(5000), false).length, 1000);
});
