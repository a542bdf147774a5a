// Das Repository: Pakete, Bäume, Schlüsselbund, Schreiber.

import type { Phrases } from '../phrases.ts';

export const repository: Phrases = {
  'a sealed box did not open to what went in':
    'eine versiegelte Schachtel ergab beim Öffnen nicht, was hineinkam',
  '"{1}" is {2} bytes, shorter than any sealed box':
    '„{1}“ hat {2} Bytes, weniger als jede versiegelte Schachtel',
  '"{1}" holds the key bundle of number {2}': '„{1}“ enthält den Schlüsselbund mit Nummer {2}',
  'Copy the object back from another copy of the repository.':
    'Das Objekt aus einer anderen Kopie des Repositorys zurückkopieren.',
  'the repository uses chunker kind {1}': 'das Repository zerschneidet Dateien auf die Art {1}',
  'Update Holdfast to the newest version.':
    'Das neueste Holdfast installieren; dieses verstünde nicht, was es liest.',
  'the storage lacks {1} recovery points that this host has seen in it':
    'dem Speicher fehlen {1} Wiederherstellungspunkte, die dieser Rechner darin gesehen hat',
  'If an older copy was put back on purpose, run "holdfast repair --accept-rollback REASON"; otherwise somebody removed recovery points: compare with another copy.':
    'Wurde mit Absicht eine ältere Kopie eingespielt, „holdfast repair --accept-rollback GRUND“ ausführen; sonst hat jemand Stände entfernt: mit einer anderen Kopie vergleichen.',
  'the repository can only be {1} with the feature "{2}"':
    'das Repository lässt sich nur mit der Eigenschaft „{2}“ {1}',
  'Copy the object back from another copy of the repository; backups and keys are not touched by this.':
    '„config/“ aus einer anderen Kopie des Repositorys holen; durch diesen Schaden gehen keine Daten verloren.',
  '"{1}" holds a repository already ({2})': '„{1}“ enthält schon ein Repository ({2})',
  'Choose another place, or use this one: "holdfast backup" needs no init.':
    'Einen anderen Ort wählen oder dieses benutzen: „holdfast backup“ braucht kein init.',
  '"{1}" holds a repository without its config ({2})':
    '„{1}“ enthält ein Repository ohne seine Konfiguration ({2})',
  'Copy "config/*" back from another copy of the repository, or choose another place.':
    '„config/*“ aus einer anderen Kopie des Repositorys zurückkopieren oder einen anderen Ort wählen.',
  'a snapshot shows the same folders again and again: {1} entries repeat the {2} that are stored':
    'ein Stand zeigt immer wieder dieselben Ordner: {1} Einträge wiederholen die {2} gespeicherten',
  '"{1}" is not {2}': '„{1}“ ist falsch gebaut, verlangt ist {2}',
  'a blob of {1} bytes is too large': 'ein Blob von {1} Bytes ist zu groß',
  'a frame did not decode to what went in': 'ein Rahmen ergab beim Auspacken nicht, was hineinkam',
  'The memory or processor of this machine, or the compressor, is faulty. Nothing wrong was stored.':
    'Arbeitsspeicher oder Prozessor dieses Rechners oder die Kompression ist fehlerhaft. Nichts Falsches wurde gespeichert.',
  'Check the place, or make a repository there with "holdfast init".':
    'Den Ort prüfen oder dort mit „holdfast init“ ein Repository anlegen.',
  'the key bundle has no domain': 'der Schlüsselbund hat keine Domäne',
  'the active key generation is missing': 'die gültige Generation der Schlüssel fehlt',
  'a maintenance key can prune and check, and do nothing else':
    'ein Wartungsschlüssel kann aufräumen und prüfen, sonst nichts',
  'Open the repository with a passphrase or key file for this.':
    'Dafür das Repository mit Passwort oder Schlüsseldatei öffnen.',
  'the key bundle has {1} active {2} keys': 'der Schlüsselbund hat {1} gültige Schlüssel „{2}“',
  'the file given is no maintenance key': 'die angegebene Datei ist kein Wartungsschlüssel',
  'Make one with "holdfast maintainer add NAME --to FILE" where the repository can be opened in full.':
    'Einen mit „holdfast maintainer add NAME --to DATEI“ machen, wo sich das Repository ganz öffnen lässt.',
  'the repository holds nothing for this key': 'das Repository hat nichts für diesen Schlüssel',
  'It was taken back with "holdfast maintainer remove", or belongs to another copy. Ask for a new one.':
    'Er wurde mit „holdfast maintainer remove“ zurückgenommen oder gehört zu einer anderen Kopie. Um einen neuen bitten.',
  '"{1}" holds the share of number {2}': '„{1}“ enthält den Anteil mit Nummer {2}',
  'the maintenance key is for another repository': 'der Wartungsschlüssel ist für ein anderes Repository',
  'Check the place of the repository and the file of the key.':
    'Den Ort des Repositorys und die Datei des Schlüssels prüfen.',
  'the writer key is for another repository': 'der Schreibschlüssel ist für ein anderes Repository',
  'the repository has no key bundle': 'das Repository hat keinen Schlüsselbund',
  'Copy "keys/bundle-*" back from another copy of the repository.':
    '„keys/bundle-*“ aus einer anderen Kopie des Repositorys zurückkopieren.',
  'none of {1} key slots opens with what was given':
    'keiner von {1} Schlüsselplätzen lässt sich mit dem Angegebenen öffnen',
  'Check the passphrase or key file; "--password-file" reads the first line of a file.':
    'Passwort oder Schlüsseldatei prüfen; „--password-file“ liest die erste Zeile einer Datei.',
  'the key bundle changed again and again while this host joined':
    'der Schlüsselbund änderte sich immer wieder, während dieser Rechner dazukam',
  '"{1}" is sealed with another master key': '„{1}“ ist mit einem anderen Hauptschlüssel versiegelt',
  'The master key is being replaced. Run the command again when that is done; if it was cut off, "holdfast key rotate --master" finishes it.':
    'Der Hauptschlüssel wird gerade ersetzt. Den Befehl danach noch einmal ausführen; brach es ab, schließt „holdfast key rotate --master“ es ab.',
  'a pack directory is too long': 'das Verzeichnis eines Pakets ist zu lang',
  'a pack has outgrown its slab': 'ein Paket ist größer als sein Platz im Arbeitsspeicher',
  'pack "{1}" {2}': 'das Paket „{1}“ {2}',
  'Run "holdfast check --read-data" to see what is affected, then "holdfast repair".':
    '„holdfast check --read-data“ zeigt, was betroffen ist; danach „holdfast repair“.',
  'a snapshot has directories deeper than {1} levels or {2} bytes':
    'ein Stand hat Ordner, die tiefer als {1} Ebenen oder {2} Bytes liegen',
  '"{1}" is not the object that its name promises': '„{1}“ ist nicht das Objekt, das sein Name verspricht',
  'Run "holdfast prune" with the passphrase: it makes refs anew.':
    '„holdfast prune“ mit Passwort ausführen: es legt die Verweise neu an.',
  '"{1}" {2}, so what is in use is not known': '„{1}“ {2}, darum ist nicht bekannt, was in Gebrauch ist',
  'Run "holdfast prune" with the passphrase: it makes refs anew. If nothing explains it, run "holdfast check" with it first.':
    '„holdfast prune“ mit Passwort legt die Verweise neu an. Wenn nichts es erklärt, damit zuerst „holdfast check“.',
  '{1} is sealed with unknown key generation {2}':
    '{1} ist mit der unbekannten Schlüssel-Generation {2} versiegelt',
  'object "{1}" has no bytes, so it counts as absent':
    'das Objekt „{1}“ hat keine Bytes und gilt als nicht da',
  'Copy it back from another copy of the repository. If there is none, delete this file: then what it held is told as missing.':
    'Es aus einer anderen Kopie des Repositorys zurückkopieren. Gibt es keine, diese Datei löschen: dann wird als fehlend gemeldet, was darin war.',
  'this key can add backups and do nothing else':
    'dieser Schlüssel kann Sicherungen hinzufügen, sonst nichts',
  'blob "{1}…" is in no pack of this repository': 'der Blob „{1}…“ ist in keinem Paket dieses Repositorys',
  'Run "holdfast repair": it heals from a second copy, or from the source at the next backup.':
    '„holdfast repair“ ausführen: es heilt aus einer zweiten Kopie, oder bei der nächsten Sicherung aus der Quelle.',
  'blob "{1}…" in pack "{2}" is not what its id says':
    'der Blob „{1}…“ im Paket „{2}“ ist nicht, was seine Kennung sagt',
  'Run "holdfast check --read-data", then "holdfast repair".':
    '„holdfast check --read-data“ ausführen, dann „holdfast repair“.',
  'the rescue bundle has {1} bytes': 'das Rettungspaket hat {1} Bytes',
  'Keep the text of the rules short.': 'Den Text der Regeln unter 64 KiB halten.',
  '"{1}" holds the rescue bundle of number {2}': '„{1}“ enthält das Rettungspaket mit Nummer {2}',
  'Write a new one with "holdfast key rescue write".': 'Mit „holdfast key rescue write“ ein neues schreiben.',
  'another session drew the same number for its key':
    'eine andere Sitzung zog für ihren Schlüssel dieselbe Zahl',
  '{1} is of a kind that is not known': '{1} ist von unbekannter Art',
  'Copy the object back from another copy of the repository: the session of this key cannot be read without it.':
    'Das Objekt aus einer anderen Kopie des Repositorys zurückkopieren: ohne es ist die Sitzung dieses Schlüssels nicht zu lesen.',
  'a repository opened for reading is written to':
    'in ein Repository, das nur zum Lesen offen ist, wird geschrieben',
  'no data key can be made without the shred key':
    'ohne den Vernichtungsschlüssel lässt sich kein Datenschlüssel bilden',
  'Give it with "--shred-key FILE". Without it, snapshots can be listed and forgotten, and nothing can be read.':
    'Ihn mit „--shred-key DATEI“ nennen. Ohne ihn lassen sich Stände auflisten und entfernen, aber nichts lesen.',
  'no data of the repository can be opened any more':
    'Daten dieses Repositorys lassen sich nicht mehr öffnen',
  'That was done on purpose with "holdfast key shred": its data is gone for good, in every copy.':
    'Das geschah mit Absicht durch „holdfast key shred“: die Daten sind für immer verloren, in jeder Kopie.',
  'Check the path given with "--shred-key"; the repository itself is not damaged.':
    'Den Pfad hinter --shred-key prüfen; das Repository selbst ist nicht beschädigt.',
  '"{1}" is not signed by a writer this repository knows':
    '„{1}“ ist von keinem Schreiber unterschrieben, den dieses Repository kennt',
  'Somebody who holds the repository key, but is no registered writer, made it. Run "holdfast check".':
    'Jemand, der den Schlüssel des Repositorys hat, aber kein eingetragener Schreiber ist, hat es gemacht. „holdfast check“ ausführen.',
  '"{1}" is not readable': '„{1}“ ist nicht lesbar',
  'Delete this file: it is memory of this host only, no backup depends on it.':
    'Diese Datei löschen: sie ist nur das Gedächtnis dieses Rechners, keine Sicherung hängt davon ab.',
  'Run as the user who made this file, or delete it.':
    'Als der Benutzer ausführen, der diese Datei angelegt hat, oder sie löschen.',
  'the file given is no writer key': 'die angegebene Datei ist kein Schreibschlüssel',
  'Make one with "holdfast writer add NAME --to FILE" where the repository can be opened in full.':
    'Einen mit „holdfast writer add NAME --to DATEI“ machen, wo sich das Repository ganz öffnen lässt.',
  'a grant without a sealing key': 'eine Erlaubnis ohne Schlüssel zum Versiegeln',
  'the repository holds nothing for this writer key': 'das Repository hat nichts für diesen Schreibschlüssel',
  'It was taken back with "holdfast writer remove", or belongs to another copy. Ask for a new one.':
    'Er wurde mit „holdfast writer remove“ zurückgenommen oder gehört zu einer anderen Kopie. Um einen neuen bitten.',
  'is no sealed key of this format': 'ist kein versiegelter Schlüssel dieses Formats',
  'holds the key of generation {1}': 'enthält den Schlüssel der Generation {1}',
  'is {1} bytes long': 'ist {1} Bytes lang',
  'is not sealed with the key it names': 'ist nicht mit dem Schlüssel versiegelt, den es nennt',
  'was changed after it was sealed': 'wurde nach dem Versiegeln verändert',
  'is not an object of this format': 'ist kein Objekt dieses Formats',
  'is not the object that its name promises': 'ist nicht das Objekt, das sein Name verspricht',
  'is an object of type {1}, not {2}': 'ist ein Objekt der Art {1}, nicht {2}',
  'names a compression that objects do not use': 'nennt eine Kompression, die Objekte nicht benutzen',
  'has a length of {1} bytes that does not fit its head':
    'hat eine Länge von {1} Bytes, die nicht zu seinem Kopf passt',
  'is sealed with key generation {1}, which is not known':
    'ist mit der unbekannten Schlüssel-Generation {1} versiegelt',
  'is padded to another length than its content asks for':
    'ist auf eine andere Länge aufgefüllt, als sein Inhalt verlangt',
  'has bytes behind its content': 'hat Bytes hinter seinem Inhalt',
  'is not canonical JSON': 'ist kein JSON in der vorgeschriebenen Form',
  'is not an object': 'ist kein JSON-Objekt',
  'names no format': 'nennt kein Format',
  'names no repository id': 'nennt keine Kennung des Repositorys',
  'lacks its features': 'nennt seine Eigenschaften nicht',
  'was changed after it was written': 'wurde verändert, nachdem es geschrieben war',
  'does not begin as a pack': 'beginnt nicht wie ein Paket',
  'names unknown key generation {1}': 'nennt die unbekannte Schlüssel-Generation {1}',
  'has a head that was changed': 'hat einen veränderten Kopf',
  'belongs to another repository': 'gehört zu einem anderen Repository',
  'names a directory of {1} bytes': 'nennt ein Verzeichnis von {1} Bytes',
  'cannot be used': 'ist nicht zu gebrauchen',
  'has no ref': 'hat keinen Verweis',
  'written to': 'beschreiben',
  read: 'lesen',
  'the repository has format {1}, this program reads up to {2}':
    'das Repository hat Format {1}, dieses Programm liest bis {2}',
  'the repository needs a program for format {1}': 'das Repository braucht ein Programm für Format {1}',
  'what was given as the shred key is no key':
    'was als Vernichtungsschlüssel angegeben ist, ist kein Schlüssel',
  'the shred key is of another repository': 'der Vernichtungsschlüssel gehört zu einem anderen Repository',
  'a maintenance key opens no snapshot, tree or data: those were not looked into':
    'ein Wartungsschlüssel öffnet weder Stände noch Verzeichnisse noch Daten: in diese wurde nicht hineingesehen',
  'frozen packs: {1} ({2} MiB); a thaw takes up to {3} hours and costs about {4} US dollars':
    'eingefrorene Pakete: {1} ({2} MiB); das Auftauen dauert bis zu {3} Stunden und kostet etwa {4} US-Dollar',
  'not read: {1} packs ({2} MiB) are frozen': 'nicht gelesen: {1} Pakete ({2} MiB) sind eingefroren',
};
