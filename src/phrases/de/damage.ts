// Was einem Objekt des Repositorys fehlt: was „broken“ und „malformed“ in src/repository sagen.

import type { Phrases } from '../phrases.ts';

export const damage: Phrases = {
  '"{1}" is not an object of this format': '„{1}“ ist kein Objekt dieses Formats',
  '"{1}" is an object of type {2}, not {3}': '„{1}“ ist ein Objekt der Art {2}, nicht {3}',
  '"{1}" names a compression that objects do not use':
    '„{1}“ nennt eine Kompression, die Objekte nicht benutzen',
  '"{1}" has a length of {2} bytes that does not fit its head':
    '„{1}“ hat eine Länge von {2} Bytes, die nicht zum Kopf passt',
  '"{1}" is sealed with key generation {2}, which is not known':
    '„{1}“ ist mit der Schlüsselgeneration {2} versiegelt, die unbekannt ist',
  '"{1}" is padded to another length than its content asks for':
    '„{1}“ ist auf eine andere Länge aufgefüllt, als der Inhalt verlangt',
  '"{1}" has bytes behind its content': '„{1}“ hat Bytes hinter dem Inhalt',
  '"{1}" is not sealed with the key it names': '„{1}“ ist nicht mit dem Schlüssel versiegelt, den es nennt',
  '"{1}" was changed after it was sealed': '„{1}“ wurde nach dem Versiegeln verändert',
  '"{1}" is not canonical JSON': '„{1}“ ist kein kanonisches JSON',
  '"{1}" is not an object': '„{1}“ ist kein Objekt',
  '"{1}" is {2} bytes long': '„{1}“ ist {2} Bytes lang',
  '"{1}" names no format': '„{1}“ nennt kein Format',
  '"{1}" names no repository id': '„{1}“ nennt keine Kennung des Repositorys',
  '"{1}" lacks its features': '„{1}“ fehlen die Eigenschaften',
  '"{1}" was changed after it was written': '„{1}“ wurde nach dem Schreiben verändert',
  '"{1}" is no sealed key of this format': '„{1}“ ist kein versiegelter Schlüssel dieses Formats',
  '"{1}" holds the key of generation {2}': '„{1}“ enthält den Schlüssel der Generation {2}',
  'Run "holdfast check" to see what is affected, then "holdfast repair".':
    '„holdfast check“ ausführen, um zu sehen, was betroffen ist, dann „holdfast repair“.',
  'Keys may have been rotated since this run began: run it again. Run "holdfast check" to see what is affected, then "holdfast repair".':
    'Vielleicht wurden seit Beginn dieses Laufs Schlüssel erneuert: noch einmal ausführen. „holdfast check“ ausführen, um zu sehen, was betroffen ist, dann „holdfast repair“.',
  'sizes that ascend from 1': 'Größen, die ab 1 aufsteigen',
  'a number of 64 bits': 'eine Zahl von 64 Bits',
  'the session of its name': 'die Sitzung, nach der es heißt',
  'a multiple of {1} bytes': 'ein Vielfaches von {1} Bytes',
  'a map': 'eine Zuordnung',
  'an array': 'eine Liste',
  'a byte string': 'eine Folge von Bytes',
  '{1} bytes': '{1} Bytes',
  '"{1}" is not a number from 0 to {2}': '„{1}“ ist falsch gebaut, verlangt ist eine Zahl von 0 bis {2}',
  'a time': 'eine Zeit',
  text: 'Text',
  'a list of nodes': 'eine Liste von Einträgen',
  'at most {1} nodes': 'höchstens {1} Einträge',
  'in ascending order': 'eine aufsteigende Ordnung',
  'without children': 'eine Liste ohne Kinder',
  'a list of parts': 'eine Liste von Teilen',
  'a tree of at most {1} nodes': 'ein Baum von höchstens {1} Einträgen',
  'a size below 2^53': 'eine Größe unter 2^53',
  'a known kind of node': 'eine bekannte Art von Eintrag',
  'one for each node': 'eines für jeden Eintrag',
  'content of the length its kind has': 'Inhalt von der Länge seiner Art',
  'at most {1}': 'höchstens {1}',
  'within the limits of the format': 'die Einhaltung der Grenzen des Formats',
  'pairs of offset and length': 'Paare von Anfang und Länge',
  'ascending runs that do not overlap': 'aufsteigende Stücke, die sich nicht überlappen',
  'runs inside the file': 'Stücke innerhalb der Datei',
  'a list of ids': 'eine Liste von Kennungen',
  'a frame with as many lengths as ids': 'ein Rahmen mit so vielen Längen wie Kennungen',
  'a frame whose blobs fill its plain bytes': 'ein Rahmen, dessen Blobs ihn füllen',
  'a directory of at most {1} blobs': 'ein Verzeichnis von höchstens {1} Blobs',
};
