// PEM: blocks between BEGIN and END lines, several in a file (keys with their chain), with any text around them.

import type { KeyFile, KeyItem, Recognition } from '../key-item.ts';
import { asymmetricBlock } from './asymmetric.ts';
import { openpgpBlock } from './openpgp.ts';
import { opensshPrivate } from './openssh.ts';

/** A mark stands at the start of its line: program code that speaks of keys has it within a line. */
const marks = /^-----(BEGIN|END) ([A-Z0-9][A-Z0-9 ]{1,60})-----/gm;
const blocksMax = 10_000;

export interface PemBlock {
  readonly label: string;
  /** Between the two lines; undefined when the end is missing. */
  readonly body: string | undefined;
  /** What stands behind the first line, as far as it goes, at most some letters. */
  readonly head: string;
  /** With both lines. */
  readonly whole: string;
}

/** The blocks of a text in one pass from mark to mark, so that nothing but BEGIN lines takes no longer than anything else. */
export function* pemBlocks(text: string, isWanted: (label: string) => boolean): Generator<PemBlock> {
  let open: { readonly label: string; readonly at: number; readonly start: number } | undefined;
  const headAt = (start: number) => text.slice(start, start + 100).trimStart();
  const cut = () =>
    open === undefined ? [] : [{ label: open.label, body: undefined, head: headAt(open.start), whole: '' }];
  for (const match of text.matchAll(marks)) {
    const label = match[2]!;
    if (!isWanted(label)) continue;
    const end = match.index + match[0].length;
    if (match[1] === 'BEGIN') {
      yield* cut();
      open = { label, at: match.index, start: end };
    } else if (open?.label === label) {
      const body = text.slice(open.start, match.index);
      yield { label, body, head: headAt(open.start), whole: text.slice(open.at, end) };
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
  for (const { label, body, head } of pemBlocks(text, (one) => readerOf(one) !== undefined)) {
    blocks += 1;
    if (blocks > blocksMax) {
      broken ??= `more than ${blocksMax} blocks`;
      break;
    }
    const found = body === undefined ? undefined : readerOf(label)?.(label, body);
    if (found !== undefined) items.push(...found);
    else if (isData(head)) broken ??= `the block "${label}" is cut off or damaged`;
  }
  // Programs and libraries carry marks and samples: what is damaged in them is no key of anybody.
  if (text.includes('\0')) broken = undefined;
  if (items.length === 0 && broken === undefined) return undefined;
  return { items, ...(broken === undefined ? {} : { broken }) };
}

/** Base64, a header line or nothing at all, where documents show dots or words. */
function isData(head: string): boolean {
  return head === '' || /^(?:[A-Za-z0-9+/=]{16}|[A-Za-z0-9+/=]*\s*$|[A-Za-z-]{3,20}: )/.test(head);
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
