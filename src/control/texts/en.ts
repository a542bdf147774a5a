// English.

import type { ControlTexts } from './texts.ts';

const named = (before: string, object: string, after: string) =>
  [before, ...(object === '' ? [] : [`"${object}"`]), after].filter((part) => part !== '').join(' ');

const two = (value: number) => String(value).padStart(2, '0');

export const en: ControlTexts = {
  language: 'en',
  weekdays: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
  months: [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ],
  date: ({ year, month, day, weekday }) => `${en.weekdays[weekday]}, ${day} ${en.months[month]} ${year}`,
  time: ({ hour, minute }) => `${two(hour)}:${two(minute)}`,
  messages: {
    severities: { info: 'Note', warning: 'Warning', critical: 'Critical' },
    topics: {
      backup: {
        title: (object) => named('The backup', object, 'did not succeed'),
        means: 'What was changed since the last good backup is not saved yet. Older backups are untouched.',
        todo: 'Holdfast tries again by itself. If this stays until tomorrow, the person in charge should look at the details below.',
        over: (object) => named('The backup', object, 'succeeds again'),
      },
      'backup/partial': {
        title: (object) => named('The backup', object, 'is incomplete'),
        means: 'What was saved is sound, but some files could not be read, or a copy did not arrive.',
        todo: 'The record of the run lists them ("holdfast runs"). Close programs that keep files to themselves, or leave such files out.',
        over: (object) => named('The backup', object, 'is complete again'),
      },
      copy: {
        title: (object) => named('The second copy of', object, 'was not made'),
        means: 'The backup itself is there, but in fewer places than it should be.',
        todo: 'Check whether the second place can be reached. Holdfast tries again by itself.',
        over: (object) => named('The second copy of', object, 'is made again'),
      },
      unobserved: {
        title: (object) => named('What changed in', object, 'could not be looked at'),
        means:
          'The backup is there. Its run was cut off before anybody could see whether files were being destroyed.',
        todo: 'Look whether the files are as they should be. Old backups stay until a run was looked at whole; that happens by itself.',
        over: (object) => named('What changes in', object, 'is looked at again'),
      },
      retention: {
        title: (object) => named('Old backups of', object, 'could not be cleared away'),
        means: 'Nothing is lost. The space of old backups is not given back, so the storage may fill up.',
        todo: 'Look at the details below before the storage is full.',
        over: (object) => named('Old backups of', object, 'are cleared away again'),
      },
      check: {
        title: (object) => named('Stored backups in', object, 'did not pass the check'),
        means: 'Some stored data may be damaged. A restore of the files concerned could fail.',
        todo: 'Call the person in charge today. Do not delete anything. A second copy, if there is one, can mend the first ("holdfast repair").',
        over: (object) => named('Stored backups in', object, 'pass the check again'),
      },
      schedule: {
        title: (object) => named('The backup', object, 'did not start on time'),
        means: 'A backup that was due has not begun.',
        todo: 'Check whether the computer was switched off, or has too much to do at that time.',
        over: (object) => named('The backup', object, 'runs on time again'),
      },
      task: {
        title: (object) => named('Work', object, 'was given up'),
        means:
          'Something that Holdfast does by itself did not succeed, and is not tried again until it is due the next time.',
        todo: 'Look at the details below and into the log ("holdfast logs").',
        over: (object) => named('Work', object, 'goes well again'),
      },
      configuration: {
        title: (object) =>
          named('A change of the configuration waits', object === 'shorter' ? '' : object, ''),
        means: 'Backups go on with what held before.',
        todo: 'Look at it with "holdfast config diff", then "holdfast config apply".',
        over: (object) => named('The configuration', object === 'shorter' ? '' : object, 'is settled'),
      },
      'configuration:unusable': {
        title: (object) => named('The configuration of the computer', object, 'has a mistake'),
        means: 'Backups go on with what held before, but nothing that was changed in the file counts.',
        todo: 'Correct the place that is named below ("holdfast config check" shows it), then run "holdfast config apply".',
        over: (object) => named('The configuration of the computer', object, 'is in order again'),
      },
      'configuration:differs': {
        title: (object) => named('The computer', object, 'has another configuration than the one that holds'),
        means:
          'All computers work by the configuration that was applied last. The file on this one does not count.',
        todo: 'Make both files the same. If this one is right, run "holdfast config apply" there.',
        over: (object) => named('The computer', object, 'has the configuration that holds'),
      },
      restore: {
        title: (object) => named('A restore of', object, 'did not succeed'),
        means: 'Files that were asked for did not come back completely.',
        todo: 'Look at the details below and try again; the backups themselves are not touched by a restore.',
        over: (object) => named('A restore of', object, 'succeeded'),
      },
      drill: {
        title: (object) => named('The trial restore of', object, 'did not succeed'),
        means: 'It is not proven at the moment that everything can be restored.',
        todo: 'The person in charge should look at it this week, before a restore is needed in earnest.',
        over: (object) => named('The trial restore of', object, 'succeeded'),
      },
      health: {
        title: (object) => named('A health check', object, 'found trouble'),
        means: 'Something around the backups needs attention.',
        todo: 'Look at the details below.',
        over: (object) => named('The health check', object, 'is well again'),
      },
      'health:disk': {
        title: (object) => named('The disk', object, 'is getting full'),
        means: 'When it is full, no more backups can be made.',
        todo: 'Make room or get a bigger disk. Never delete files of the repository by hand.',
        over: (object) => named('The disk', object, 'has room again'),
      },
      'health:memory': {
        title: (object) => named('The memory of the computer', object, 'is nearly used up'),
        means: 'Backups may become slow or stop.',
        todo: 'Close what is not needed, or have more memory built in.',
        over: (object) => named('The memory of the computer', object, 'has room again'),
      },
      'health:cpu': {
        title: (object) => named('The computer', object, 'is very busy'),
        means: 'Backups may take longer than usual.',
        todo: 'If this stays for hours, find out which program keeps it busy.',
        over: (object) => named('The computer', object, 'is no longer too busy'),
      },
      'health:backup': {
        title: (object) => named('The last good backup of', object, 'or a copy of it is too old'),
        means: 'If the originals were lost now, more work would be gone than was agreed.',
        todo: 'Find out today why no backup succeeds: is the computer on, is the storage reachable?',
        over: (object) => named('There is a recent backup of', object, 'again'),
      },
      'health:integrity': {
        title: (object) =>
          named('Stored backups', object, 'have not been checked for too long, or are damaged'),
        means: 'It is not sure that every stored byte can still be read.',
        todo: 'Call the person in charge. Do not delete anything.',
        over: (object) => named('Stored backups', object, 'are checked and sound'),
      },
      'health:keys': {
        title: (object) => named('A key to the backups', object, 'does not work'),
        means: 'If no key works any more, nobody can read the backups.',
        todo: 'Call the person in charge today, and look for the key kit (the printed sheet).',
        over: (object) => named('The keys to the backups', object, 'work'),
      },
      'health:storage': {
        title: (object) => named('The storage', object, 'cannot be reached'),
        means: 'New backups cannot be stored there as long as this lasts. Stored ones are not touched.',
        todo: 'Check the network, the disk or the contract with the provider.',
        over: (object) => named('The storage', object, 'can be reached again'),
      },
      'health:certificates': {
        title: (object) => named('A certificate or password', object, 'is about to expire'),
        means: 'After that day connections will be refused.',
        todo: 'Renew it before that day.',
        over: (object) => named('The certificate or password', object, 'has been renewed'),
      },
      'health:clock': {
        title: (object) => named('The clock of the computer', object, 'is wrong'),
        means: 'Backups could run at the wrong time, and periods of protection could be counted wrongly.',
        todo: 'Switch on the setting of the time over the network.',
        over: (object) => named('The clock of the computer', object, 'is right again'),
      },
      'health:versions': {
        title: (object) => named('The program', object, 'should be renewed'),
        means: 'A newer version is needed or advisable.',
        todo: 'Plan the update; docs/guides tell how.',
        over: (object) => named('The program', object, 'is up to date'),
      },
      'health:storage-clock': {
        title: (object) => named('The clock of the storage', object, 'differs from ours'),
        means: 'Periods of protection could be counted wrongly.',
        todo: 'Set both clocks by a time server.',
        over: (object) => named('The clock of the storage', object, 'is right again'),
      },
      'health:room': {
        title: (object) => named('The storage', object, 'is nearly full'),
        means: 'When it is full, new backups cannot be stored. Stored ones are not touched.',
        todo: 'Get more room there, or keep backups for a shorter time.',
        over: (object) => named('The storage', object, 'has room again'),
      },
      'health:storage-certificate': {
        title: (object) => named('The certificate of the storage', object, 'is about to expire'),
        means: 'After that day connections to it will be refused, and backups to it fail.',
        todo: 'Ask who runs the server to renew it before that day.',
        over: (object) => named('The certificate of the storage', object, 'has been renewed'),
      },
      'health:secrets': {
        title: (object) => named('A secret for the storage', object, 'is about to expire'),
        means: 'After that day the storage will refuse us, and backups to it fail.',
        todo: 'Get a new one before that day and put it where the old one is.',
        over: (object) => named('The secret for the storage', object, 'has been renewed'),
      },
      'health:posture': {
        title: (object) => named('The storage', object, 'has a dangerous setting'),
        means: 'Backups could be deleted or read by somebody who should not be able to.',
        todo: 'Correct the setting that is named below.',
        over: (object) => named('The settings of the storage', object, 'are good again'),
      },
      'health:tokens': {
        title: (object) => named('A token', object, 'is about to expire'),
        means: 'The program that uses it will be refused after that day.',
        todo: 'Make a new one for it before that day.',
        over: (object) => named('The token', object, 'is in order again'),
      },
      'health:queue': {
        title: (object) => named('Work', object, 'waits for too long'),
        means: 'Backups or checks that are due have not begun.',
        todo: 'Check whether Holdfast runs ("holdfast up"), and whether the computer has too much to do.',
        over: (object) => named('Work', object, 'is done in time again'),
      },
      'health:nodes': {
        title: (object) => named('The computer', object, 'has not been heard of'),
        means: 'What it should save may not be saved.',
        todo: 'Check whether it is switched on and connected.',
        over: (object) => named('The computer', object, 'is at work again'),
      },
      'health:duties': {
        title: (object) => named('A duty of Holdfast', object, 'is late'),
        means: 'Something that Holdfast does by itself is not done.',
        todo: 'Check whether Holdfast runs ("holdfast up") and what its log says ("holdfast logs").',
        over: (object) => named('The duty of Holdfast', object, 'is done in time again'),
      },
      'health:witness': {
        title: (object) => named('The record of who did what has no witness', object, ''),
        means: 'If somebody changed the record now, nobody else would know.',
        todo: 'Check whether the second place can be reached.',
        over: (object) => named('The record of who did what has its witness', object, 'again'),
      },
      anomaly: {
        title: (object) => named('Unusual changes in', object, 'were seen'),
        means:
          'Many files were changed, deleted or scrambled at once. That may be a program that takes files hostage (ransomware), or a big clean-up.',
        todo: 'Ask whether somebody did this on purpose. If not: disconnect the computer from the network and call the person in charge at once.',
        over: (object) => named('The unusual changes in', object, 'are settled'),
      },
      brake: {
        title: () => 'The brake is pulled: nothing is deleted any more',
        means:
          'Holdfast suspects an attack. Backups go on, but no old backup is deleted until a person lifts the brake.',
        todo: 'Find out what happened before lifting it ("holdfast brake"). The good backups are safe until then.',
        over: () => 'The brake is lifted',
      },
      channel: {
        title: (object) => named('Messages by', object, 'do not arrive'),
        means:
          'Who relies on this way hears nothing of trouble at the moment. The messages are kept and sent later.',
        todo: 'Check address, password and network, then try it: "holdfast channel test".',
        over: (object) => named('Messages by', object, 'arrive again'),
      },
      audit: {
        title: (object) => named('The record of who did what', object, 'is not in order'),
        means: 'Entries may have been changed or removed, or their witness does not hear them.',
        todo: 'Keep everything as it is and call the person in charge ("holdfast catalog audit verify").',
        over: (object) => named('The record of who did what', object, 'is in order again'),
      },
      maintenance: {
        title: (object) => named('The task', object, 'of the maintenance plan is due'),
        means: 'Recurring work that keeps the backups trustworthy has not been done.',
        todo: 'Do it, or have it done, and confirm it.',
        over: (object) => named('The task', object, 'of the maintenance plan is done'),
      },
      security: {
        title: (object) => named('Something that concerns the security', object, 'happened'),
        means: 'Somebody tried what is not allowed, or sign-in does not work as it should.',
        todo: 'If nobody can explain it, call the person in charge.',
        over: (object) => named('The security', object, 'is in order again'),
      },
      '': {
        title: (object) => named('Holdfast reports trouble', object, ''),
        means: 'Something needs attention.',
        todo: 'Look at the details below.',
        over: (object) => named('The trouble', object, 'is over'),
      },
    },
    successTitle: (policy) => `The backup "${policy}" succeeded`,
    successText: 'Everything that was to be saved is saved.',
    repeated: (title) => `Still: ${title}`,
    escalated: (title) => `Nobody has answered: ${title}`,
    groupTitle: ({ open, critical, over }) =>
      [
        ...(open === 0
          ? []
          : [
              `${open} ${open === 1 ? 'trouble' : 'troubles'}${critical === 0 ? '' : `, ${critical} critical`}`,
            ]),
        ...(over === 0 ? [] : [`${over} over`]),
      ].join('; '),
    more: (count) => `… and ${count} more. The list has all of them ("holdfast alerts").`,
    since: 'Since',
    last: 'Last seen',
    times: 'Times',
    overSince: 'Over since',
    report: 'What happened',
    means: 'What it means',
    todo: 'What to do',
    details: 'Details',
    escalatedWhy: 'You get this because nobody has acknowledged it in time.',
    repeatedWhy: 'This has been told before and is not over.',
    flapping: (times) =>
      `It came and went ${times} times within an hour; its end is told once it has held for a while.`,
    acknowledge: 'Whoever takes care of it says so with "holdfast ack"; then nobody else is called.',
    contact: (who) => `Questions: ${who}`,
    from: (node) => `Sent by Holdfast on "${node}".`,
    dashboard: 'Open Holdfast',
    heartbeat: (node) => `Holdfast on "${node}" is alive`,
    runBeat: {
      start: (policy) => `The backup "${policy}" begins`,
      success: (policy) => `The backup "${policy}" succeeded`,
      fail: (policy) => `The backup "${policy}" failed`,
    },
  },
  reports: {
    title: (date, light) => `Backup report of ${date}: ${light}`,
    question: 'Is everything saved, and is it proven?',
    lights: { green: 'all well', yellow: 'needs attention', red: 'action needed' },
    answers: {
      green: 'Yes. Everything that is to be saved is saved, in time, and there is no trouble.',
      yellow:
        'Mostly. The data is saved, but something needs attention; see below. Nobody has to act this minute.',
      red: 'No. Something is not saved as agreed, or there is serious trouble; see below. Please call the person in charge today.',
    },
    saved: 'What is saved',
    proven: 'What is proven',
    troubles: 'Troubles and what is done about them',
    disk: 'Disk space',
    policy: 'Backup',
    lastGood: 'Last good backup',
    places: 'Copies',
    state: 'State',
    never: 'never',
    good: 'good',
    fresh: 'just set up',
    tooOld: 'TOO OLD',
    incomplete: 'some files missing',
    paused: 'switched off',
    lastProven: 'Last restored on trial',
    lastChecked: 'Last read and checked',
    provenWhat: 'A backup counts as proven once it was restored on trial and compared, not before.',
    noTroubles: 'There are none.',
    since: (when) => `since ${when}`,
    seenBy: (who, until) => `${who} is taking care of it (until ${until})`,
    unseen: 'nobody has said yet that they are taking care of it',
    freeOf: (free, total, percent) => `${free} free of ${total} (${percent} % used)`,
    noDisks: 'The backups lie on no disk of this computer.',
    noPolicies: 'Nothing is set up to be saved.',
    more: (count) => `… and ${count} more`,
    contact: (who) => `Questions are answered by: ${who}`,
    made: (when, node) => `Made by Holdfast on "${node}", ${when}.`,
  },
};
