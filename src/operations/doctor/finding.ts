// What the doctor says: one finding a line, by code, so that people and programs read the same in every language.

/** `advice` is worth doing, `problem` must be done: something does not work, or lies open. */
export type FindingState = 'ok' | 'advice' | 'problem';

export const findingStates = {
  'space-ok': 'ok',
  'space-short': 'advice',
  'space-out': 'problem',
  'space-unknown': 'advice',
  'mode-ok': 'ok',
  'mode-open': 'problem',
  'mode-foreign': 'problem',
  'file-missing': 'problem',
  'file-unread': 'problem',
  'objects-ok': 'ok',
  'objects-open': 'problem',
  'backups-ok': 'ok',
  'backups-open': 'problem',
  'log-ok': 'ok',
  'log-unwritable': 'problem',
  versions: 'ok',
  'clock-ok': 'ok',
  'clock-behind': 'problem',
  'clock-off': 'advice',
  'config-ok': 'ok',
  'config-unread': 'problem',
  'config-weak': 'advice',
  'config-single': 'advice',
  'repository-opens': 'ok',
  'repository-unopened': 'problem',
  'repository-unnamed': 'ok',
  'slot-opens': 'ok',
  'slot-untried': 'ok',
  'slot-broken': 'problem',
  'slot-unknown': 'advice',
  'slot-weak': 'advice',
  'slot-single': 'advice',
  decrypts: 'ok',
  'decrypts-archive': 'ok',
  'decrypts-archive-not': 'problem',
  'decrypts-nothing': 'ok',
  'decrypts-frozen': 'advice',
  'decrypts-not': 'problem',
  'sessions-none': 'ok',
  'session-left': 'advice',
  'session-open': 'ok',
  'check-failed': 'problem',
  'writers-none': 'ok',
  'writers-protected': 'ok',
  'writers-unprotected': 'advice',
} as const satisfies Readonly<Record<string, FindingState>>;

export type FindingCode = keyof typeof findingStates;

export interface Finding {
  readonly about:
    | 'disk'
    | 'modes'
    | 'log'
    | 'versions'
    | 'clock'
    | 'configuration'
    | 'repository'
    | 'keys'
    | 'decryption'
    | 'sessions'
    | 'writers';
  readonly state: FindingState;
  readonly code: FindingCode;
  readonly facts: Readonly<Record<string, string | number>>;
}

export function finding(about: Finding['about'], code: FindingCode, facts: Finding['facts'] = {}): Finding {
  return { about, state: findingStates[code], code, facts };
}
