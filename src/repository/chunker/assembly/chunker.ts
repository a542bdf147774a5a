// FastCDC-2020 with a keyed 64-bit gear hash (FORMAT.md §7), compiled by AssemblyScript. Memory is imported and shared:
// the table of 256 u64 lies at 0, the masks and sizes are arguments, the cut lengths are written as u32 to `out`.

/** The word of the table at a byte that was shifted to bits 3 to 10: a byte times eight is its word's address. */
// @ts-ignore: decorator
@inline
function word(shifted: u64): u64 {
  return load<u64>(<usize>shifted & 0x7f8);
}

// Eight bytes are fetched at once and the loop is unrolled: a byte costs a shift, a mask, one load, a shift-and-add, a test.
function find(start: usize, length: u32, minimum: u32, normal: u32, maximum: u32, strict: u64, loose: u64): u32 {
  const end: u32 = length < maximum ? length : maximum;
  if (end <= minimum) return end;
  const last: usize = start + end;
  let hash: u64 = 0;
  let at: usize = start + minimum;
  let stop: usize = start + (normal < end ? normal : end);
  let mask: u64 = strict;
  while (true) {
    while (at + 8 <= stop) {
      const bytes = load<u64>(at);
      hash = (hash << 1) + word(bytes << 3);
      if ((hash & mask) == 0) return <u32>(at - start) + 1;
      hash = (hash << 1) + word(bytes >> 5);
      if ((hash & mask) == 0) return <u32>(at - start) + 2;
      hash = (hash << 1) + word(bytes >> 13);
      if ((hash & mask) == 0) return <u32>(at - start) + 3;
      hash = (hash << 1) + word(bytes >> 21);
      if ((hash & mask) == 0) return <u32>(at - start) + 4;
      hash = (hash << 1) + word(bytes >> 29);
      if ((hash & mask) == 0) return <u32>(at - start) + 5;
      hash = (hash << 1) + word(bytes >> 37);
      if ((hash & mask) == 0) return <u32>(at - start) + 6;
      hash = (hash << 1) + word(bytes >> 45);
      if ((hash & mask) == 0) return <u32>(at - start) + 7;
      hash = (hash << 1) + word(bytes >> 53);
      if ((hash & mask) == 0) return <u32>(at - start) + 8;
      at += 8;
    }
    while (at < stop) {
      hash = (hash << 1) + load<u64>((<usize>load<u8>(at)) << 3);
      at++;
      if ((hash & mask) == 0) return <u32>(at - start);
    }
    if (at >= last) return end;
    stop = last;
    mask = loose;
  }
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
