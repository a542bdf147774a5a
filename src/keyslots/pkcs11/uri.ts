// PKCS#11 URIs (RFC 7512): which token, and which key in it. A PIN is never kept in one.

import { Failure } from '../../base/failure.ts';

const pathAttributes = ['token', 'manufacturer', 'serial', 'model', 'object', 'id', 'type'] as const;
type PathAttribute = (typeof pathAttributes)[number];

/** Text attributes are Unicode; `id` is any bytes, one char per byte. */
export type Pkcs11Uri = { readonly [Name in PathAttribute]?: string };

export interface ParsedPkcs11Uri {
  readonly uri: Pkcs11Uri;
  /** What `pin-source` names: a file, or `|command`. The secret itself is not in it. */
  readonly pinSource: string | undefined;
}

/** Fails with usage/PKCS11_URI_INVALID, and with usage/PKCS11_PIN_IN_URI when the PIN itself is in it. */
export function parsePkcs11Uri(text: string): ParsedPkcs11Uri {
  if (!text.startsWith('pkcs11:')) throw invalid('it does not begin with "pkcs11:"');
  const [path = '', query = '', ...more] = text.slice('pkcs11:'.length).split('?');
  if (more.length > 0) throw invalid('it has two question marks');
  // Looked for first, so that no other message can quote what holds a PIN.
  if (/(^|[?&;])pin-value=/i.test(`?${query};${path}`)) {
    throw new Failure('usage', 'PKCS11_PIN_IN_URI', 'a PIN must not be part of a PKCS#11 URI', {
      hint: 'Everybody on this machine can read arguments. Change the PIN, and give it by "pin-source=file:/path", by HOLDFAST_PKCS11_PIN_FILE or HOLDFAST_PKCS11_PIN_COMMAND.',
    });
  }
  const found = new Map<string, string>();
  for (const part of path === '' ? [] : path.split(';')) {
    const [name, value] = splitPart(part);
    if (found.has(name)) throw invalid(`it names "${name}" twice`);
    found.set(name, name === 'id' ? decodeBytes(value) : decodeText(name, value));
  }
  const uri: { [Name in PathAttribute]?: string } = {};
  for (const name of pathAttributes) {
    const value = found.get(name);
    if (value !== undefined) uri[name] = value;
    found.delete(name);
  }
  // RFC 7512 §2.3: an attribute that is not understood must not be passed over, for it narrows the choice.
  const [unknown] = found.keys();
  if (unknown !== undefined) throw invalid(`it has the attribute "${unknown}", which Holdfast does not know`);
  let pinSource: string | undefined;
  for (const part of query === '' ? [] : query.split('&')) {
    const [name, value] = splitPart(part);
    if (name === 'module-path' || name === 'module-name') {
      throw new Failure('usage', 'PKCS11_MODULE_IN_URI', `"${name}" must not be part of a PKCS#11 URI`, {
        hint: 'A module is native code: only the configuration file of root names it, see docs/guides/key-slots-hsm.md.',
      });
    }
    if (name !== 'pin-source' || pinSource !== undefined) throw invalid(`its query has "${name}"`);
    pinSource = decodeText(name, value);
  }
  return { uri, pinSource };
}

/** The canonical form: attributes in one order, everything but letters, digits and "-._~" escaped. */
export function formatPkcs11Uri(uri: Pkcs11Uri): string {
  const parts: string[] = [];
  for (const name of pathAttributes) {
    const value = uri[name];
    if (value === undefined) continue;
    parts.push(`${name}=${escaped(name === 'id' ? value : toUtf8(value), name === 'id')}`);
  }
  return `pkcs11:${parts.join(';')}`;
}

/** Whether two URIs can mean the same key: no attribute that both have differs. */
export function mayMeanSame(one: Pkcs11Uri, other: Pkcs11Uri): boolean {
  return pathAttributes.every(
    (name) => one[name] === undefined || other[name] === undefined || one[name] === other[name],
  );
}

function splitPart(part: string): [string, string] {
  const at = part.indexOf('=');
  if (at < 1) throw invalid('a part of it is not "name=value"');
  return [part.slice(0, at), part.slice(at + 1)];
}

function decodeBytes(value: string): string {
  if (/%(?![0-9a-f]{2})/i.test(value)) throw invalid('a "%" in it is not followed by two hex digits');
  return value.replaceAll(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function decodeText(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw invalid(`its "${name}" is not percent-encoded UTF-8`);
  }
}

function toUtf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function escaped(bytes: string, isEverything: boolean): string {
  const hex = (char: string) => `%${char.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
  return bytes.replaceAll(isEverything ? /[\s\S]/g : /[^A-Za-z0-9._~-]/g, hex);
}

function invalid(why: string): Failure {
  return new Failure('usage', 'PKCS11_URI_INVALID', `the PKCS#11 URI cannot be used: ${why}`, {
    hint: 'Write it as "pkcs11:token=NAME;object=KEY"; "p11tool --list-all" and "pkcs11-tool -O" show the names.',
  });
}
