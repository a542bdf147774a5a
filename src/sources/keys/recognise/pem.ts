// PEM: blocks between BEGIN and END lines, several in a file (keys with their chain), with any text around them.

import type { KeyFile, KeyItem, Recognition } from '../key-item.ts';
import { asymmetricBlock } from './asymmetric.ts';
import { openpgpBlock } from './openpgp.ts';
import { opensshPrivate } from './openssh.ts';

const marks = /-----(BEGIN|END) ([A-Z0-9][A-Z0-9 ]{1,60})-----/g;
const blocksMax = 10_000;

export interface PemBlock {
  readonly label: string;
  /** Between the two lines; undefined when the end is missing. */
  readonly body: string | undefined;
  /** With both lines. */
  readonly whole: string;
}

/** The blocks of a text in one pass from mark to mark, so that nothing but BEGIN lines takes no longer than anything else. */
export function* pemBlocks(text: string, isWanted: (label: string) => boolean): Generator<PemBlock> {
  let open: { readonly label: string; readonly at: number; readonly start: number } | undefined;
  const cut = () => (open === undefined ? [] : [{ label: open.label, body: undefined, whole: '' }]);
  for (const match of text.matchAll(marks)) {
    const label = match[2]!;
    if (!isWanted(label)) continue;
    const end = match.index + match[0].length;
    if (match[1] === 'BEGIN') {
      yield* cut();
      open = { label, at: match.index, start: end };
    } else if (open?.label === label) {
      yield { label, body: text.slice(open.start, match.index), whole: text.slice(open.at, end) };
      open = undefined;
    }
  }
  yield* cut();
}

export function pem({ text }: Pick<KeyFile, 'text'>): Recognition | undefined {
  if (!text.includes('-----BEGIN ')) return undefined;
  const items: KeyItem[] = [];
  let broken: string | undefined;
  let blocks = 0;
  for (const { label, body } of pemBlocks(text, (one) => readerOf(one) !== undefined)) {
    blocks += 1;
    if (blocks > blocksMax) {
      broken ??= `more than ${blocksMax} blocks`;
      break;
    }
    const found = body === undefined ? undefined : readerOf(label)?.(label, body);
    if (found === undefined) broken ??= `the block "${label}" is cut off or damaged`;
    else items.push(...found);
  }
  if (blocks === 0) return undefined;
  return { items, ...(broken === undefined ? {} : { broken }) };
}

type BlockReader = (label: string, body: string) => readonly KeyItem[] | undefined;

function readerOf(label: string): BlockReader | undefined {
  if (label === 'OPENSSH PRIVATE KEY') return (_, body) => opensshPrivate(Buffer.from(body, 'base64'));
  if (label === 'PGP PRIVATE KEY BLOCK' || label === 'PGP PUBLIC KEY BLOCK') return openpgpBlock;
  return /^(?:RSA |EC |DSA |ENCRYPTED |ANY )?PRIVATE KEY$|^(?:RSA )?PUBLIC KEY$|^(?:X509 |TRUSTED )?CERTIFICATE$|^(?:NEW )?CERTIFICATE REQUEST$|^(?:X9\.42 )?DH PARAMETERS$/.test(
    label,
  )
    ? asymmetricBlock
    : undefined;
}
