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
};
