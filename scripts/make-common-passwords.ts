// Writes src/identity/passwords/known-passwords.ts from the frequency lists of zxcvbn (MIT, Dan Wheeler and Dropbox, Inc.; its list of passwords
// comes from Mark Burnett's collection): node scripts/make-common-passwords.ts PATH/TO/zxcvbn/lib/frequency_lists.js

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const wanted = 6000;
/** What that collection, of English speakers, does not know. */
const alsoCommon =
  'passwort kennwort geheim hallo schatz schule lehrer schueler sommer winter herbst fruehling montag freitag berlin hamburg muenchen datensicherung sicherung backup restore holdfast administrator administrateur rechner zugang anmeldung willkommen changeme letmein default secret server network';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('name the file frequency_lists.js of zxcvbn');
const lists = createRequire(import.meta.url)(resolve(path)) as { readonly passwords: readonly string[] };

const found = new Set(alsoCommon.split(' '));
for (const password of lists.passwords) {
  if (found.size >= wanted) break;
  const word = password.toLowerCase().replace(/^[\d\W_]+|[\d\W_]+$/g, '');
  if (word.length >= 4) found.add(word);
}
for (const password of lists.passwords) if (password.length >= 12) found.add(password.toLowerCase());

const packed = brotliCompressSync([...found].sort().join('\n'), {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11 },
}).toString('base64');
const lines = packed.match(/.{1,100}/g) ?? [];
const text = `// The ${found.size} most common passwords and the words they are made of, in lower case, a line each; Brotli in base64. Made by
// scripts/make-common-passwords.ts from the frequency lists of zxcvbn 4.4.2 (MIT, Copyright 2012-2016 Dan Wheeler and Dropbox, Inc.).

export const packedWords = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
writeFileSync(join(import.meta.dirname, '../src/identity/passwords/known-passwords.ts'), text);
