// Verfahren zum Verschlüsseln und Komprimieren, und was in Bytes nicht stimmt.

import type { Phrases } from '../phrases.ts';

export const bytes: Phrases = {
  'text is not lower-case hexadecimal digits in pairs':
    'der Text besteht nicht aus Paaren kleiner Hexadezimalziffern',
  '{1} bytes are too few for {2} at {3}': '{1} Bytes sind zu wenig für {2} bei {3}',
  '"{1}" is no {2}': '„{1}“ ist keine gültige Zahl: {2}',
  'CBOR has {1} at byte {2}': 'CBOR hat {1} bei Byte {2}',
  'Run "holdfast check" to see what is affected.': '„holdfast check“ zeigt, was betroffen ist.',
  'CBOR here cannot hold {1}': 'CBOR kann hier nicht enthalten: {1}',
  'a document {1}': 'ein Dokument {1}',
  'path "{1}" has a lone backslash': 'der Pfad „{1}“ hat einen einzelnen Backslash',
  'Write a backslash as \\\\ and any other byte as \\xNN.':
    'Einen Backslash als \\\\ schreiben und jedes andere Byte als \\xNN.',
  'cipher suite {1} is not known': 'das Verfahren {1} zum Verschlüsseln ist unbekannt',
  'The object is damaged, or a newer Holdfast wrote it.':
    'Das Objekt ist beschädigt, oder ein neueres Holdfast hat es geschrieben.',
  'the cipher "{1}" {2}': 'das Verfahren „{1}“ {2}',
  'compression {1} is not known': 'die Kompression {1} ist unbekannt',
  'bzip2 fails with {1}': 'bzip2 scheitert mit {1}',
  'there is no memory for bzip2': 'für bzip2 ist kein Arbeitsspeicher da',
  'the codec "{1}" {2}': 'die Kompression „{1}“ {2}',
  'stored data has {1}, not {2} bytes': 'gespeicherte Daten haben {1}, nicht {2} Bytes',
  'the library of the codec "{1}" is not here': 'die Bibliothek für die Kompression „{1}“ ist nicht da',
  'Install the whole of Holdfast, with its packages.': 'Das ganze Holdfast mit seinen Paketen einrichten.',
  '{1} data decodes to more than {2} bytes': '{1}-Daten ergeben mehr als {2} Bytes',
  '{1} data does not decode': '{1}-Daten lassen sich nicht entpacken',
  '{1} data decodes to {2}': '{1}-Daten ergeben {2}',
  '{1} data goes on behind its end': '{1}-Daten gehen hinter ihrem Ende weiter',
  'the thread that compresses to xz gives no answer':
    'der Thread, der mit xz komprimiert, gibt keine Antwort',
};
