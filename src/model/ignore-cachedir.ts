// Folders that call themselves a cache (bford.info/cachedir): a file CACHEDIR.TAG that begins with the signature.

export const cachedirTagName = 'CACHEDIR.TAG';

const signature = 'Signature: 8a477f597d28d172789f06886806bc55';

/** As many bytes of the tag file must be read for `isCachedirTag`. */
export const cachedirTagBytes: number = signature.length;

/** Whether the first bytes of a CACHEDIR.TAG make its folder a cache; a file of that name alone does not. */
export function isCachedirTag(begin: Uint8Array): boolean {
  if (begin.length < signature.length) return false;
  for (let index = 0; index < signature.length; index += 1) {
    if (begin[index] !== signature.charCodeAt(index)) return false;
  }
  return true;
}
