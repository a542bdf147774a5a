// FastCDC-2020 with a keyed 64-bit gear hash (FORMAT.md §7), compiled by AssemblyScript. Memory is imported and shared:
// the table of 256 u64 lies at 0, the masks and sizes are arguments, the cut lengths are written as u32 to `out`.

function find(start: usize, length: u32, minimum: u32, normal: u32, maximum: u32, strict: u64, loose: u64): u32 {
  let end: u32 = length < maximum ? length : maximum;
  if (end <= minimum) return end;
  let middle: u32 = normal < end ? normal : end;
  let hash: u64 = 0;
  let at: u32 = minimum;
  while (at < middle) {
    hash = (hash << 1) + load<u64>((<usize>load<u8>(start + at)) << 3);
    at++;
    if ((hash & strict) == 0) return at;
  }
  while (at < end) {
    hash = (hash << 1) + load<u64>((<usize>load<u8>(start + at)) << 3);
    at++;
    if ((hash & loose) == 0) return at;
  }
  return end;
}

/** Cuts `length` bytes at `start`; returns how many lengths were written. Without `atEnd` the last, open chunk is left. */
export function cuts(
  start: usize,
  length: u32,
  atEnd: bool,
  out: usize,
  minimum: u32,
  normal: u32,
  maximum: u32,
  strict: u64,
  loose: u64,
): u32 {
  let count: u32 = 0;
  while (length > 0) {
    if (!atEnd && length < maximum) {
      const cut = find(start, length, minimum, normal, maximum, strict, loose);
      // At the end of what is known a cut may be for want of bytes only.
      if (cut == length) break;
      store<u32>(out + (count << 2), cut);
      count++;
      start += cut;
      length -= cut;
      continue;
    }
    const cut = find(start, length, minimum, normal, maximum, strict, loose);
    store<u32>(out + (count << 2), cut);
    count++;
    start += cut;
    length -= cut;
  }
  return count;
}
