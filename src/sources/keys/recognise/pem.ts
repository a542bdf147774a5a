// PEM: blocks between BEGIN and END lines, several in a file (keys with their chain), with any text around them.

import type { KeyFile, KeyItem, Recognition } from '../key-item.ts';
import { asymmetricBlock } from './asymmetric.ts';
import { openpgpBlock } from './openpgp.ts';
import { opensshPrivate } from './openssh.ts';

const marks = /-----(BEGIN|END) ([A-Z0-9][A-Z0-9 ]{1,60})-----/g;
const blocksMax = 10_000;

/** One pass from mark to mark, so that a file of nothing but BEGIN lines takes no longer than any other. */
export function pem({ text }: Pick<KeyFile, 'text'>): Recognition | undefined {
  if (!text.includes('-----BEGIN ')) return undefined;
  const items: KeyItem[] = [];
  let broken: string | undefined;
  let blocks = 0;
  let open: { readonly label: string; readonly start: number } | undefined;
  const isCut = (label: string) => {
    broken ??= `the block "${label}" is cut off or damaged`;
  };
  for (const match of text.matchAll(marks)) {
    const label = match[2]!;
    const reader = readerOf(label);
    if (reader === undefined) continue;
    if (match[1] === 'BEGIN') {
      if (open !== undefined) isCut(open.label);
      open = { label, start: match.index + match[0].length };
      blocks += 1;
      if (blocks > blocksMax) break;
    } else if (open?.label === label) {
      const found = reader(label, text.slice(open.start, match.index));
      if (found === undefined) isCut(label);
      else items.push(...found);
      open = undefined;
    }
  }
  if (blocks === 0) return undefined;
  if (blocks > blocksMax) broken ??= `more than ${blocksMax} blocks`;
  else if (open !== undefined) isCut(open.label);
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
