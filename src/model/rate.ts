// Transfer rates as people write them: "5M/s", "10 MiB/s", "500K".

import { Failure } from '../base/failure.ts';
import { escapeForTerminal } from '../base/text.ts';
import { readSize } from './size.ts';

/** Bytes a second, at least 1; usage/INVALID_RATE for anything else, bits a second included. */
export function parseRate(text: string): number {
  const rate = readSize(text.trim().replace(/ ?\/ ?s(ec)?$/i, ''));
  if (rate === undefined || rate === 0) {
    throw new Failure('usage', 'INVALID_RATE', `"${escapeForTerminal(text.slice(0, 100))}" is not a rate`, {
      hint: 'Write bytes a second such as 500K/s, 5M/s or 10 MiB/s; leave the option out for no limit.',
    });
  }
  return rate;
}
