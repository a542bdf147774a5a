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
  'a lock would become shorter': 'eine Sperre würde kürzer',
  'less would be kept than before': 'es würde weniger behalten als zuvor',
};
