// What the state of a thing means, in words that people who are no technicians understand, each with what is to be done.

import { formatBytes, formatDuration, type Language } from '../../base/text.ts';
import type { HealthResult } from '../../catalog/health.ts';

type Words = Readonly<Record<string, string>>;

const english: Words = {
  'disk-ok': 'The disk of {object} is {percent} % full; {freeBytes} are free.',
  'disk-full': 'The disk of {object} is {percent} % full; {freeBytes} are left. Make room or add a disk.',
  'disk-files':
    'The disk of {object} has room for few more files ({percent} % are used). Remove small files.',
  'disk-unknown': 'How full the disk of {object} is cannot be found out ({reason}).',
  'memory-ok': '{percent} % of the memory are in use.',
  'memory-short': '{percent} % of the memory are in use; {availableBytes} are left. Look what takes so much.',
  'processor-ok': 'The processors are {percent} % busy.',
  'processor-busy': 'The processors are {percent} % busy for long. Look what keeps them busy.',
  'clock-ok': 'The clock of this machine is right.',
  'clock-off': 'The clock of this machine is wrong by {byMs}. Set it by a time server.',
  'clock-back': 'The clock of this machine went back by {byMs}. Set it by a time server.',
  'versions-ok': 'Node.js {node} gets fixes of security.',
  'versions-old': 'Node.js {node} gets no more fixes of security since {until}. Install a newer one.',
  'certificate-ok': 'The certificate {object} is good for {leftMs}.',
  'certificate-ends': 'The certificate {object} ends in {leftMs}. Renew it.',
  'certificate-over': 'The certificate {object} has ended. Renew it; browsers refuse it.',
  'certificate-own-over': 'The certificate {object} has ended. Renew it; connections with it are refused.',
  'certificate-unread': 'The certificate {object} cannot be read ({reason}).',
  'token-ends': 'The token "{token}" of {user} ends in {leftMs}. Make a new one for what uses it.',
  'backup-summary': 'Policies watched: {policies}; late: {late}. The oldest backup is {oldestMs} old.',
  'backup-old': 'The newest backup of "{policy}" is {ageMs} old; {rpoMs} are allowed. Look at its last run.',
  'backup-never': '"{policy}" has never been saved, {ageMs} after it was set up. Look at its last run.',
  'backup-copy-old': '"{policy}" is saved, but its copy is old or missing in: {repositories}.',
  'queue-ok': 'Nothing waits for long.',
  'queue-stuck':
    'Tasks "{kind}" that wait to be done: {count}, the first since {lateMs}. Is holdfast up running?',
  'queue-repeats': 'A task "{kind}" was begun {claims} times and never ended. Look at the logs of its runs.',
  'node-ok': '"{node}" is at work.',
  'node-silent': '"{node}" has not been heard of for {silentMs}. Look whether it runs.',
  'duties-ok': 'All duties are done in time.',
  'duty-late': 'The duty "{duty}" is late by {lateMs}. Is holdfast up running?',
  'storage-ok': 'The repository "{object}" can be read and written.',
  'storage-reads': 'The repository "{object}" can be reached.',
  'storage-away': 'The repository "{object}" cannot be reached: {message}. Backups to it fail.',
  'storage-refuses': 'The repository "{object}" does not open: {message}. Check its password and key file.',
  'storage-unwritable': 'The repository "{object}" takes no new data: {message}. Backups to it fail.',
  'room-ok': 'The place of "{object}" is {percent} % full; {freeBytes} are free.',
  'room-short': 'The place of "{object}" is {percent} % full; {freeBytes} are left. Make room or get more.',
  'room-untold': 'The place of "{object}" does not tell how much room is left.',
  'storage-certificate-ok': 'The certificate of {server} ("{object}") is good for {leftMs}.',
  'storage-certificate-ends': 'The certificate of {server} ("{object}") ends in {leftMs}. Have it renewed.',
  'storage-certificate-over':
    'The certificate of {server} ("{object}") has ended. Have it renewed; connections are refused.',
  'secret-ok': 'The secret "{field}" of "{object}" is good for {leftMs}.',
  'secret-ends': 'The secret "{field}" of "{object}" ends in {leftMs}. Get a new one.',
  'secret-over': 'The secret "{field}" of "{object}" has ended. Get a new one; the place refuses it.',
  'secret-untold': 'The secrets of "{object}" do not tell when they end.',
  'integrity-ok': 'Every byte in "{object}" was read within {ageMs}.',
  'integrity-new': 'What is in "{object}" is new and will be read in time.',
  'integrity-late':
    'A part of "{object}" has not been read for {ageMs}; {wantedMs} are promised. Run: holdfast check',
  'integrity-damaged':
    'Something in "{object}" is damaged or missing. Run: holdfast check, then holdfast repair',
  'keys-ok': 'The key of "{object}" opens it; there are {slots} key slots.',
  'keys-single':
    '"{object}" has one key only. If it is lost, all is lost: add another with holdfast key add.',
  'keys-broken': 'A key slot of "{object}" is damaged. Add a new key, then remove the damaged one.',
  'keys-weak': 'A password of "{object}" is protected less than is usual today. Change it.',
  'posture-ok': 'The settings of the place of "{object}" are good.',
  'posture-weak': 'The place of "{object}" has a setting that endangers it: {detail}',
  'storage-clock-ok': 'The clock of the place of "{object}" is right.',
  'storage-clock-off': 'The clock here or that of the place of "{object}" is wrong by {byMs}.',
  'check-failed': 'This could not be found out: {message}',
};

const german: Words = {
  'disk-ok': 'Die Platte von {object} ist zu {percent} % voll; frei sind {freeBytes}.',
  'disk-full':
    'Die Platte von {object} ist zu {percent} % voll; es bleiben {freeBytes}. Platz schaffen oder eine Platte dazunehmen.',
  'disk-files':
    'Die Platte von {object} hat kaum noch Platz für Dateien ({percent} % sind vergeben). Kleine Dateien entfernen.',
  'disk-unknown': 'Wie voll die Platte von {object} ist, lässt sich nicht feststellen ({reason}).',
  'memory-ok': '{percent} % des Arbeitsspeichers sind belegt.',
  'memory-short':
    '{percent} % des Arbeitsspeichers sind belegt; es bleiben {availableBytes}. Nachsehen, was so viel braucht.',
  'processor-ok': 'Die Prozessoren sind zu {percent} % beschäftigt.',
  'processor-busy': 'Die Prozessoren sind seit Langem zu {percent} % beschäftigt. Nachsehen, womit.',
  'clock-ok': 'Die Uhr dieses Rechners geht richtig.',
  'clock-off': 'Die Uhr dieses Rechners geht um {byMs} falsch. Nach einem Zeitserver stellen.',
  'clock-back': 'Die Uhr dieses Rechners ging um {byMs} zurück. Nach einem Zeitserver stellen.',
  'versions-ok': 'Node.js {node} bekommt Sicherheitskorrekturen.',
  'versions-old':
    'Node.js {node} bekommt seit {until} keine Sicherheitskorrekturen mehr. Ein neueres einrichten.',
  'certificate-ok': 'Das Zertifikat {object} gilt noch {leftMs}.',
  'certificate-ends': 'Das Zertifikat {object} endet in {leftMs}. Erneuern.',
  'certificate-over': 'Das Zertifikat {object} ist abgelaufen. Erneuern; Browser lehnen es ab.',
  'certificate-own-over':
    'Das Zertifikat {object} ist abgelaufen. Erneuern; Verbindungen damit werden abgelehnt.',
  'certificate-unread': 'Das Zertifikat {object} lässt sich nicht lesen ({reason}).',
  'token-ends': 'Das Token „{token}“ von {user} endet in {leftMs}. Ein neues machen für das, was es benutzt.',
  'backup-summary':
    'Beobachtete Richtlinien: {policies}; zu spät: {late}. Die älteste Sicherung ist {oldestMs} alt.',
  'backup-old':
    'Die neueste Sicherung von „{policy}“ ist {ageMs} alt; erlaubt sind {rpoMs}. Den letzten Lauf ansehen.',
  'backup-never':
    '„{policy}“ wurde noch nie gesichert, {ageMs} nach dem Einrichten. Den letzten Lauf ansehen.',
  'backup-copy-old': '„{policy}“ ist gesichert, aber die Kopie ist alt oder fehlt in: {repositories}.',
  'queue-ok': 'Nichts wartet lange.',
  'queue-stuck': 'Wartende Aufgaben „{kind}“: {count}, die erste seit {lateMs}. Läuft holdfast up?',
  'queue-repeats':
    'Eine Aufgabe „{kind}“ wurde {claims}-mal begonnen und nie beendet. Die Protokolle ihrer Läufe ansehen.',
  'node-ok': '„{node}“ arbeitet.',
  'node-silent': 'Von „{node}“ hört man seit {silentMs} nichts. Nachsehen, ob der Rechner läuft.',
  'duties-ok': 'Alle Pflichten werden rechtzeitig erledigt.',
  'duty-late': 'Die Pflicht „{duty}“ ist {lateMs} zu spät. Läuft holdfast up?',
  'storage-ok': 'Das Repository „{object}“ lässt sich lesen und beschreiben.',
  'storage-reads': 'Das Repository „{object}“ ist erreichbar.',
  'storage-away': 'Das Repository „{object}“ ist nicht erreichbar: {message}. Sicherungen dorthin scheitern.',
  'storage-refuses':
    'Das Repository „{object}“ geht nicht auf: {message}. Passwort und Schlüsseldatei prüfen.',
  'storage-unwritable':
    'Das Repository „{object}“ nimmt nichts Neues an: {message}. Sicherungen dorthin scheitern.',
  'room-ok': 'Der Ort von „{object}“ ist zu {percent} % voll; frei sind {freeBytes}.',
  'room-short':
    'Der Ort von „{object}“ ist zu {percent} % voll; es bleiben {freeBytes}. Platz schaffen oder mehr besorgen.',
  'room-untold': 'Der Ort von „{object}“ sagt nicht, wie viel Platz noch ist.',
  'storage-certificate-ok': 'Das Zertifikat von {server} („{object}“) gilt noch {leftMs}.',
  'storage-certificate-ends': 'Das Zertifikat von {server} („{object}“) endet in {leftMs}. Erneuern lassen.',
  'storage-certificate-over':
    'Das Zertifikat von {server} („{object}“) ist abgelaufen. Erneuern lassen; Verbindungen werden abgelehnt.',
  'secret-ok': 'Das Geheimnis „{field}“ von „{object}“ gilt noch {leftMs}.',
  'secret-ends': 'Das Geheimnis „{field}“ von „{object}“ endet in {leftMs}. Ein neues besorgen.',
  'secret-over':
    'Das Geheimnis „{field}“ von „{object}“ ist abgelaufen. Ein neues besorgen; der Ort lehnt es ab.',
  'secret-untold': 'Die Geheimnisse von „{object}“ sagen nicht, wann sie enden.',
  'integrity-ok': 'Jedes Byte in „{object}“ wurde binnen {ageMs} gelesen.',
  'integrity-new': 'Was in „{object}“ liegt, ist neu und wird rechtzeitig gelesen.',
  'integrity-late':
    'Ein Teil von „{object}“ wurde seit {ageMs} nicht gelesen; versprochen sind {wantedMs}. Ausführen: holdfast check',
  'integrity-damaged':
    'In „{object}“ ist etwas beschädigt oder fehlt. Ausführen: holdfast check, dann holdfast repair',
  'keys-ok': 'Der Schlüssel von „{object}“ öffnet es; es hat {slots} Schlüsselplätze.',
  'keys-single':
    '„{object}“ hat nur einen Schlüssel. Geht er verloren, ist alles verloren: mit holdfast key add einen weiteren anlegen.',
  'keys-broken':
    'Ein Schlüsselplatz von „{object}“ ist beschädigt. Einen neuen Schlüssel anlegen, dann den beschädigten entfernen.',
  'keys-weak': 'Ein Passwort von „{object}“ ist schwächer geschützt als heute üblich. Es ändern.',
  'posture-ok': 'Die Einstellungen des Ortes von „{object}“ sind gut.',
  'posture-weak': 'Der Ort von „{object}“ hat eine gefährliche Einstellung: {detail}',
  'storage-clock-ok': 'Die Uhr des Ortes von „{object}“ geht richtig.',
  'storage-clock-off': 'Die Uhr hier oder die des Ortes von „{object}“ geht um {byMs} falsch.',
  'check-failed': 'Das ließ sich nicht feststellen: {message}',
};

const languages: Readonly<Record<Language, Words>> = { en: english, de: german };

/** For tests that compare the languages. */
export const healthReasons: Readonly<Record<Language, readonly string[]>> = {
  en: Object.keys(english),
  de: Object.keys(german),
};

export function sayHealth(
  { object, reason, facts }: Pick<HealthResult, 'object' | 'reason' | 'facts'>,
  language: Language,
): string {
  const text = languages[language][reason] ?? `${reason} {object}`;
  const values = { object, ...facts };
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value: unknown = values[name as keyof typeof values];
    if (typeof value !== 'number') return value === undefined ? whole : String(value);
    if (name.endsWith('Ms')) return formatDuration(Math.abs(value), language);
    return name.endsWith('Bytes') ? formatBytes(value, language) : String(value);
  });
}
