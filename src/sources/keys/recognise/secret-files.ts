// Files that hold passwords and tokens rather than keys. Told are the names of what looks secret and how many there are, never a value.

import type { KeyFile, KeyItem, Recognition } from '../key-item.ts';
import { pem } from './pem.ts';

const textBytesMax = 1024 * 1024;
const namesMax = 20;
const secretName =
  /PASS(?:WORD|WD|PHRASE)?(?:_|$)|PWD$|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|ENCRYPTION_?KEY|SIGNING_?KEY|CREDENTIAL|_KEY$|^KEY$|_DSN$|DATABASE_URL/i;

export function secretFile(file: KeyFile): Recognition | undefined {
  if (file.bytes.length > textBytesMax || file.text.includes('\0')) return undefined;
  return environmentFile(file) ?? namedFile(file) ?? keyInJson(file);
}

/** `.env`, `.env.production`, `shop.env`: lines of NAME=value. */
function environmentFile({ name, text }: KeyFile): Recognition | undefined {
  if (!/^\.env(?:\.|$)|\.env$/i.test(name)) return undefined;
  const names: string[] = [];
  let variables = 0;
  for (const match of text.matchAll(
    /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]{0,99})[ \t]*=[ \t]*([^\r\n]*)/gm,
  )) {
    variables += 1;
    if (secretName.test(match[1]!) && !/^(?:''|""|)$/.test(match[2]!.trim())) names.push(match[1]!);
  }
  if (variables === 0) return undefined;
  return { items: [secrets('env', names, `${names.length} of ${variables} variables look secret`)] };
}

function secrets(format: string, names: readonly string[], note: string): KeyItem {
  const shown = names.slice(0, namesMax).join(', ') + (names.length > namesMax ? ', …' : '');
  return { type: 'secrets', format, isEncrypted: false, note: shown === '' ? note : `${note}: ${shown}` };
}

// No pattern may match across lines: files of empty lines would cost the square of their length.

/** What the program that owns the file is called, how the file is known, and how its secrets are counted. */
const programs: readonly (readonly [format: string, isIt: (file: KeyFile) => boolean, secret: RegExp])[] = [
  [
    'aws-credentials',
    ({ name, text }) =>
      /^(?:[^.]+|.*\.(?:ini|cfg|conf|txt|bak|old))$/.test(name) &&
      /^[ \t]*aws_secret_access_key[ \t]*=/im.test(text),
    /^[ \t]*aws_(?:secret_access_key|session_token)[ \t]*=[ \t]*\S/gim,
  ],
  [
    'kubeconfig',
    ({ text }) => /^kind:[ \t]*Config[ \t]*$/m.test(text) && /^(?:users|clusters):/m.test(text),
    /^[ \t-]*(?:client-key-data|token|password|client-key):[ \t]*\S/gm,
  ],
  ['netrc', ({ name }) => /^[._]netrc$/.test(name), /\bpassword\s+\S+/g],
  ['pgpass', ({ name }) => name === '.pgpass', /^[^#\n][^\n]*:[^\n]+$/gm],
  ['git-credentials', ({ name }) => name === '.git-credentials', /^https?:\/\/[^\s/:]*:[^\s/@]*@/gm],
  [
    'npmrc',
    ({ name, text }) => name === '.npmrc' && /_auth|_password/.test(text),
    /_(?:authToken|auth|password)\s*=\s*\S/g,
  ],
  ['htpasswd', ({ name }) => /^\.?htpasswd$/.test(name), /^[^:\n]+:\S+$/gm],
  [
    'docker-config',
    ({ folder, name }) => folder === '.docker' && name === 'config.json',
    /"auth"\s*:\s*"[^"]/g,
  ],
  ['my-cnf', ({ name }) => /^\.?my\.cnf$/.test(name), /^[ \t]*password[ \t]*=[ \t]*\S/gm],
  ['vault-token', ({ name }) => name === '.vault-token', /\S+/g],
];

function namedFile(file: KeyFile): Recognition | undefined {
  for (const [format, isIt, secret] of programs) {
    if (!isIt(file)) continue;
    const count = [...file.text.matchAll(secret)].length;
    if (count === 0) return undefined;
    return { items: [secrets(format, [], `${count} ${count === 1 ? 'secret' : 'secrets'}`)] };
  }
  return undefined;
}

/** JSON around a PEM key, as service accounts of Google are and as programs keep their own. */
function keyInJson({ bytes, text }: KeyFile): Recognition | undefined {
  if (!/^\s{0,100}\{/.test(text) || !text.includes('PRIVATE KEY-----\\n')) return undefined;
  const pems: string[] = [];
  const collect = (value: unknown, depth: number): void => {
    if (typeof value === 'string' && value.startsWith('-----BEGIN ')) pems.push(value);
    if (typeof value !== 'object' || value === null || depth === 8) return;
    for (const inner of Object.values(value)) collect(inner, depth + 1);
  };
  try {
    collect(JSON.parse(Buffer.from(bytes).toString('utf8')), 0);
  } catch {
    return { items: [], broken: 'the JSON around a private key is cut off or damaged' };
  }
  return pems.length === 0 ? undefined : pem({ text: pems.join('\n') });
}
