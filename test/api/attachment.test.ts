// What files are called on their way out: by their own name for whom that helps, and by none that does harm.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { attachmentHeaders, contentDisposition } from '../../src/api/attachment.ts';

test('a name is told twice: once for every program, once as it is', () => {
  const cases: readonly [string, string, string][] = [
    ['timetable.ods', 'timetable.ods', 'timetable.ods'],
    ['Prüfung 3b.odt', 'Pru_fung 3b.odt', 'Pr%C3%BCfung%203b.odt'],
    ['a"b;c.txt', 'a_b;c.txt', 'a%22b%3Bc.txt'],
    ['100%.txt', '100_.txt', '100%25.txt'],
    ['../../etc/passwd', 'passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini', 'boot.ini'],
    ['.bashrc', '_bashrc', '_bashrc'],
    ['x\r\nSet-Cookie: a=b', 'x__Set-Cookie_ a=b', 'x__Set-Cookie%3A%20a%3Db'],
    ['cod\u202etxt.exe', 'cod_txt.exe', 'cod_txt.exe'],
    ["it's (1)*.txt", "it's (1)_.txt", 'it%27s%20%281%29%2A.txt'],
    ['', 'download', 'download'],
    ['a/', 'download', 'download'],
  ];
  for (const [name, simple, own] of cases) {
    const wanted = `attachment; filename="${simple}"; filename*=UTF-8''${own}`;
    assert.equal(contentDisposition(name), wanted, name);
  }
});

test('no name breaks out of the header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
      const shape = /^attachment; filename="[ !#-[\]^-~]+"; filename\*=UTF-8''[\w%.~!#$&+^`|-]+$/;
      assert.match(contentDisposition(name), shape);
    }),
  );
});

test('what is downloaded is an attachment in a sandbox', () => {
  const headers = attachmentHeaders('page.html', 12);
  assert.match(headers['content-disposition']!, /^attachment;/);
  assert.match(headers['content-security-policy']!, /^sandbox;/);
  assert.equal(headers['content-length'], '12');
});
