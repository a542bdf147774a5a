// The doctor's findings in the language of the person: what, how it stands, what to do.

import type { Finding, FindingCode } from '../operations/doctor/finding.ts';
import { tableLines } from './show.ts';
import type { TextKey, Texts } from './texts/texts.ts';

/** What it says, and what there is to do. */
const findingTexts: Readonly<Record<FindingCode, readonly [TextKey, TextKey?]>> = {
  'space-ok': ['doctor.spaceOk'],
  'space-short': ['doctor.spaceShort', 'doctor.spaceShort.do'],
  'space-out': ['doctor.spaceOut', 'doctor.spaceOut.do'],
  'space-unknown': ['doctor.spaceUnknown', 'doctor.spaceUnknown.do'],
  'mode-ok': ['doctor.modeOk'],
  'mode-open': ['doctor.modeOpen', 'doctor.modeOpen.do'],
  'mode-foreign': ['doctor.modeForeign', 'doctor.modeForeign.do'],
  'file-missing': ['doctor.fileMissing', 'doctor.fileMissing.do'],
  'file-unread': ['doctor.fileUnread', 'doctor.fileUnread.do'],
  'objects-ok': ['doctor.objectsOk'],
  'objects-open': ['doctor.objectsOpen', 'doctor.objectsOpen.do'],
  'backups-ok': ['doctor.backupsOk'],
  'backups-open': ['doctor.backupsOpen', 'doctor.backupsOpen.do'],
  'log-ok': ['doctor.logOk'],
  'log-unwritable': ['doctor.logUnwritable', 'doctor.logUnwritable.do'],
  versions: ['doctor.versions'],
  'clock-ok': ['doctor.clockOk'],
  'clock-behind': ['doctor.clockBehind', 'doctor.clockBehind.do'],
  'clock-off': ['doctor.clockOff', 'doctor.clockOff.do'],
  'config-ok': ['doctor.configOk'],
  'config-unread': ['doctor.configUnread', 'doctor.configUnread.do'],
  'config-single': ['doctor.configSingle', 'doctor.configSingle.do'],
  'config-weak': ['doctor.configWeak', 'doctor.configWeak.do'],
  'repository-opens': ['doctor.repositoryOpens'],
  'repository-unopened': ['doctor.repositoryUnopened', 'doctor.repositoryUnopened.do'],
  'repository-unnamed': ['doctor.repositoryUnnamed'],
  'slot-opens': ['doctor.slotOpens'],
  'slot-untried': ['doctor.slotUntried'],
  'slot-broken': ['doctor.slotBroken', 'doctor.slotBroken.do'],
  'slot-unknown': ['doctor.slotUnknown', 'doctor.slotUnknown.do'],
  'slot-weak': ['doctor.slotWeak', 'doctor.slotWeak.do'],
  'slot-single': ['doctor.slotSingle', 'doctor.slotSingle.do'],
  decrypts: ['doctor.decrypts'],
  'decrypts-archive': ['doctor.decryptsArchive'],
  'decrypts-archive-not': ['doctor.decryptsArchiveNot', 'doctor.decryptsArchiveNot.do'],
  'decrypts-nothing': ['doctor.decryptsNothing'],
  'decrypts-frozen': ['doctor.decryptsFrozen', 'doctor.decryptsFrozen.do'],
  'decrypts-not': ['doctor.decryptsNot', 'doctor.decryptsNot.do'],
  'sessions-none': ['doctor.sessionsNone'],
  'session-left': ['doctor.sessionLeft', 'doctor.sessionLeft.do'],
  'session-open': ['doctor.sessionOpen'],
  'check-failed': ['doctor.checkFailed', 'doctor.checkFailed.do'],
  'writers-none': ['doctor.writersNone'],
  'writers-protected': ['doctor.writersProtected'],
  'writers-unprotected': ['doctor.writersUnprotected', 'doctor.writersUnprotected.do'],
};

const aboutTexts: Readonly<Record<Finding['about'], TextKey>> = {
  disk: 'doctor.about.disk',
  modes: 'doctor.about.modes',
  log: 'doctor.about.log',
  versions: 'doctor.about.versions',
  clock: 'doctor.about.clock',
  configuration: 'doctor.about.configuration',
  repository: 'doctor.about.repository',
  keys: 'doctor.about.keys',
  decryption: 'doctor.about.decryption',
  sessions: 'doctor.about.sessions',
  writers: 'doctor.about.writers',
};

const stateTexts: Readonly<Record<Finding['state'], TextKey>> = {
  ok: 'doctor.state.ok',
  advice: 'doctor.state.advice',
  problem: 'doctor.state.problem',
};

export function doctorTexts(
  { code, facts }: Finding,
  texts: Texts,
): { readonly message: string; readonly action?: string } {
  const [message, action] = findingTexts[code];
  const values = facts['message'] === undefined ? facts : { ...facts, message: saidFailure(facts, texts) };
  // Whatever keeps the doctor from looking, a key that was not given, say, is no damage that a check would find.
  const isOwn = code === 'repository-unopened' || !['corrupt', undefined].includes(kindIn(facts));
  const advice = isOwn ? adviceOf(facts, texts) : undefined;
  return {
    message: texts.say(message, values),
    ...(action === undefined ? {} : { action: advice ?? texts.say(action, values) }),
  };
}

/** The message of a failure, which comes in English; where it has no words of its own, what its code means. */
function saidFailure(facts: Finding['facts'], texts: Texts): string {
  const english = String(facts['message']);
  const said = texts.phrase(english);
  if (texts.language === 'en' || said !== english) return said;
  return texts.find(`failure.${facts['code']}`) ?? said;
}

function kindIn(facts: Finding['facts']): string | undefined {
  return facts['kind'] as string | undefined;
}

/** What the failure itself advises. */
function adviceOf(facts: Finding['facts'], texts: Texts): string | undefined {
  const english = facts['hint'];
  const general = texts.find(`hint.${facts['code']}`);
  if (typeof english !== 'string') return general;
  const said = texts.phrase(english);
  return texts.language !== 'en' && said === english ? (general ?? said) : said;
}

export function doctorLines(findings: readonly Finding[], texts: Texts): string[] {
  const told = findings.map((one) => ({ one, ...doctorTexts(one, texts) }));
  const rows = told.map(({ one, message }) => [
    texts.say(stateTexts[one.state]),
    texts.say(aboutTexts[one.about]),
    message,
  ]);
  return tableLines(rows).flatMap((line, at) => {
    const { action } = told[at]!;
    return action === undefined ? [line] : [line, `    ${texts.say('doctor.do', { action })}`];
  });
}
