// The users and groups that a POSIX access control list names. The value of the attribute, as Linux gives and takes it: version 2 as u32, then
// entries of tag u16, permissions u16, id u32, all little-endian.

const aclAttributes: ReadonlySet<string> = new Set(['system.posix_acl_access', 'system.posix_acl_default']);
const headLength = 4;
const entryLength = 8;
const version = 2;
const tagUser = 0x02;
const tagGroup = 0x08;

export type AclIdKind = 'user' | 'group';

/** The same list with other ids; the value itself when nothing changes or it is no list that we know. */
export function mapAclIds(
  name: Uint8Array,
  value: Uint8Array,
  map: (kind: AclIdKind, id: number) => number,
): Uint8Array {
  const isList = value.length >= headLength && (value.length - headLength) % entryLength === 0;
  if (!isList || !aclAttributes.has(Buffer.from(name).toString('latin1'))) return value;
  const mapped = Buffer.from(value);
  if (mapped.readUInt32LE(0) !== version) return value;
  let changes = false;
  for (let at = headLength; at < mapped.length; at += entryLength) {
    const tag = mapped.readUInt16LE(at);
    if (tag !== tagUser && tag !== tagGroup) continue;
    const id = mapped.readUInt32LE(at + 4);
    const other = map(tag === tagUser ? 'user' : 'group', id);
    if (other === id) continue;
    mapped.writeUInt32LE(other, at + 4);
    changes = true;
  }
  return changes ? mapped : value;
}
