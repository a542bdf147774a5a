// Was die API über ihre einzelnen Befehle zu sagen hat: die Konfiguration.

import type { Phrases } from '../phrases.ts';

export const apiVerbs: Phrases = {
  '"{1}" is changed on the machine itself alone': '„{1}“ wird nur auf der Maschine selbst geändert',
  'Change it in the configuration file there, then run "holdfast config apply".':
    'Dort in der Konfigurationsdatei ändern, dann „holdfast config apply“ ausführen.',
  'the request does not say what it replaces': 'die Anfrage sagt nicht, was sie ersetzt',
  'Look at the configuration, and send its ETag back as If-Match.':
    'Die Konfiguration ansehen und ihren ETag als If-Match mitsenden.',
  'the configuration has another revision by now': 'die Konfiguration hat inzwischen einen anderen Stand',
  'If that is wanted, say so with "keepLess": true. Nothing was applied.':
    'Ist das gewollt, es mit „keepLess“: true sagen. Angewendet wurde nichts.',
  'the recovery point "{1}" is held: "{2}"': 'der Wiederherstellungspunkt „{1}“ ist festgehalten: „{2}“',
  'End the hold first, where nobody needs it any more.':
    'Zuerst das Festhalten beenden, wenn es niemand mehr braucht.',
  'the ransom brake is on': 'die Notbremse ist gezogen',
  'a check has found damage in "{1}"': 'eine Prüfung hat in „{1}“ Schäden gefunden',
  'Mend it first: holdfast repair': 'Zuerst reparieren: holdfast repair',
  'a lock would become shorter': 'eine Sperre würde kürzer',
  'less would be kept than before': 'es würde weniger behalten als zuvor',
  'the task "{1}" has found nothing to download': 'die Aufgabe „{1}“ hat nichts zum Herunterladen gefunden',
  'Look at the task: it is on its way, or says what is wrong.':
    'Die Aufgabe ansehen: Sie ist unterwegs oder sagt, was nicht stimmt.',
  'nothing lies in that range': 'in diesem Bereich liegt nichts',
  'Ask for bytes before the end, or for all of it.': 'Nach Bytes vor dem Ende fragen, oder nach allem.',
  'nothing is downloaded from this server': 'von diesem Server wird nichts heruntergeladen',
  'Restore it below a folder of "api.restoreRoots", or on the machine itself.':
    'Unterhalb eines Ordners von „api.restoreRoots“ wiederherstellen oder auf der Maschine selbst.',
  'nobody serves downloads': 'niemand gibt Downloads heraus',
  '{1} downloads are on their way already': '{1} Downloads sind schon unterwegs',
  'Wait until one of them has ended.': 'Warten, bis einer davon fertig ist.',
  'the download broke off': 'der Download brach ab',
  'Ask for it again.': 'Noch einmal anfordern.',
  'there is no download "{1}"': 'es gibt keinen Download „{1}“',
  'Ask for it first, and come again when its task is done.':
    'Zuerst anfordern und wiederkommen, wenn seine Aufgabe erledigt ist.',
  '"{1}" is neither a file nor a folder': '„{1}“ ist weder eine Datei noch ein Ordner',
  'Download the folder that it lies in.': 'Den Ordner herunterladen, in dem es liegt.',
  'whoever downloaded went away before the end': 'wer herunterlud, ging vor dem Ende weg',
  '{1} of the entries could not be read, the first of them "{2}"':
    '{1} der Einträge waren nicht lesbar, als erster „{2}“',
  'Restore it instead, which tells what is lost, or take another copy; then check the repository.':
    'Stattdessen wiederherstellen, das sagt, was fehlt, oder eine andere Kopie nehmen; dann das Repository prüfen.',
  'the log of this run lies on "{1}"': 'das Protokoll dieses Laufs liegt auf „{1}“',
  'Ask there, or look with: holdfast logs --run ID':
    'Dort fragen, oder nachsehen mit: holdfast logs --run ID',
};
