// What names of files tell.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  endingOf,
  expectedOf,
  isHarmless,
  isRansomNote,
  namesBefore,
} from '../../../src/model/anomalies/names.ts';

test('letters of extortionists are known, files of honest people are not taken for them', () => {
  const letters = [
    'HOW_TO_DECRYPT_FILES.txt',
    '_HELP_INSTRUCTIONS.html',
    '!!!RESTORE_YOUR_FILES.txt',
    'RECOVER-FILES.txt',
    'How To Restore Your Files.txt',
    'DECRYPT_INSTRUCTION.HTML',
    '@Please_Read_Me@.txt',
    'Restore-My-Files.txt',
    'akira_readme.txt',
    'YOUR_FILES_ARE_ENCRYPTED.txt',
    'how_to_back_files.html',
  ];
  for (const name of letters) assert.equal(isRansomNote(name), true, name);
  const honest = [
    'README.txt',
    'project-readme.txt',
    'HOWTO.txt',
    'help.html',
    'recovery.txt',
    'backup-and-restore.html',
    'decrypt.c',
    'files.txt',
    'instructions.txt',
    'restore.sh',
    'how-to-cook.html',
    'encrypted-disks.html',
  ];
  for (const name of honest) assert.equal(isRansomNote(name), false, name);
});

test('what is behind a name is told apart: rotations and packers are harmless, the rest shows what was before', () => {
  for (const ending of ['1', '20261121', 'gz', 'bak', 'gpg', 'dpkg-old']) {
    assert.equal(isHarmless(ending), true, ending);
  }
  assert.deepEqual(namesBefore('app.log.3'), []);
  assert.deepEqual(namesBefore('app.log.gz'), []);
  assert.deepEqual(namesBefore('plan.docx.x7'), ['plan.docx', 'plan']);
  assert.deepEqual(namesBefore('plan.docx.[id-7].gone'), ['plan.docx.[id-7]', 'plan.docx', 'plan']);
  assert.deepEqual(namesBefore('Makefile'), []);
  assert.equal(endingOf('.bashrc'), undefined);
  assert.equal(endingOf('Photo.JPG'), 'jpg');
});

test('a name promises a content also when something unknown stands behind it', () => {
  assert.equal(expectedOf('a.txt'), 'text');
  assert.equal(expectedOf('a.txt.x7f3'), 'text');
  assert.deepEqual(expectedOf('a.txt.gz'), ['\x1f\x8b']);
  assert.equal(expectedOf('a.txt.gpg'), undefined);
  assert.equal(expectedOf('a.vault'), undefined);
  assert.equal(expectedOf('constructor.__proto__'), undefined);
});
