// What ciphers there are, without the ciphers: suites of FORMAT.md §2 by their names, for whoever reads a wish. 3 is reserved.

export const suites = { 'aes-256-gcm': 1, 'chacha20-poly1305': 2, cascade: 4 } as const;

export type CipherName = keyof typeof suites;

export const cipherNames = Object.keys(suites) as readonly CipherName[];

/** For people: what a suite is called. */
export function cipherNameOf(suite: number): string {
  return cipherNames.find((name) => suites[name] === suite) ?? `suite ${suite}`;
}
