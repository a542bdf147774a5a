// Tragbare Archive und ihre Siegel; Export, Import und der Satz von Archiven.

import type { Phrases } from '../phrases.ts';

export const archives: Phrases = {
  'there is no archive format "{1}"': 'das Archivformat „{1}“ gibt es nicht',
  'Choose one of {1}.': 'Eines wählen: {1}.',
  'format "{1}" has no level {2}': 'das Format „{1}“ hat keine Stufe {2}',
  'Leave out the level or choose another: {1}.': 'Die Stufe weglassen oder eine andere wählen: {1}.',
  'the archive {1}': 'das Archiv {1}',
  'Take another copy of the archive: this one was changed, cut off or is of another kind.':
    'Eine andere Kopie des Archivs nehmen: dieses wurde verändert, abgeschnitten oder ist von anderer Art.',
  'Unpack it with the program that made it.': 'Es mit dem Programm auspacken, das es gemacht hat.',
  'If the archive is known to be good, allow more with "{1}".':
    'Wenn das Archiv bekannt und gut ist, mit „{1}“ mehr erlauben.',
  'the archive wants a key file, and this is none':
    'das Archiv verlangt eine Schlüsseldatei, und dies ist keine',
  'Give the key file as "holdfast key" made it: one line of 43 characters.':
    'Die Schlüsseldatei angeben, wie „holdfast key“ sie schrieb: eine Zeile mit 43 Zeichen.',
  'a recipient is none of age': 'ein Empfänger ist keiner von age',
  'Give what "age-keygen" prints as public key: "age1…". SSH keys are not taken.':
    'Den öffentlichen Schlüssel angeben, den „age-keygen“ ausgibt: „age1…“. SSH-Schlüssel gehen nicht.',
  'age seals with a password or for recipients, not both':
    'age versiegelt mit einem Passwort oder für Empfänger, nicht beides',
  'Leave one of them away.': 'Eines davon weglassen.',
  'post-quantum and other recipients cannot be mixed':
    'Post-Quanten-Empfänger lassen sich nicht mit anderen mischen',
  'One recipient that a quantum computer could break would undo the others: give recipients of one kind.':
    'Ein Empfänger, den ein Quantencomputer brechen könnte, machte die anderen wertlos: nur Empfänger einer Art angeben.',
  'age knows scrypt alone, with a cost from 2^14 to 2^20':
    'age kennt nur scrypt, mit Kosten von 2^14 bis 2^20',
  'Choose "scrypt" and such a cost, or the seal "aes-256-gcm".':
    '„scrypt“ und solche Kosten wählen, oder das Siegel „aes-256-gcm“.',
  'an identity is none of age': 'ein geheimer Schlüssel ist keiner von age',
  'Give the file that "age-keygen" wrote, with lines "AGE-SECRET-KEY-1…". SSH keys are not taken.':
    'Die Datei angeben, die „age-keygen“ schrieb, mit Zeilen „AGE-SECRET-KEY-1…“. SSH-Schlüssel gehen nicht.',
  'the seal "{1}" needs a password or an identity':
    'das Siegel „{1}“ braucht ein Passwort oder einen geheimen Schlüssel',
  'Give a password file, or the identity file that "age-keygen" wrote.':
    'Eine Passwortdatei angeben oder die Datei, die „age-keygen“ schrieb.',
  'scrypt with a cost of 2^{1} would exhaust this machine':
    'scrypt mit Kosten von 2^{1} würde diesen Rechner erschöpfen',
  'The archive was made to do harm, or for a much larger machine.':
    'Das Archiv wurde gemacht, um zu schaden, oder für einen viel größeren Rechner.',
  '"{1}" is no seal': '„{1}“ ist kein Siegel',
  'the seal "{1}" {2}': 'das Siegel „{1}“ {2}',
  'the seal "{1}" knows PBKDF2 alone': 'das Siegel „{1}“ kennt nur PBKDF2',
  'Choose "pbkdf2-sha256", or the seal "aes-256-gcm".':
    '„pbkdf2-sha256“ wählen oder das Siegel „aes-256-gcm“.',
  '{1} layers of seals are too many': '{1} Schichten von Siegeln sind zu viele',
  'Use at most {1}.': 'Höchstens {1} nehmen.',
  'two layers of seals have the same key': 'zwei Schichten von Siegeln haben denselben Schlüssel',
  'Give each layer a password or recipient of its own.':
    'Jeder Schicht ein eigenes Passwort oder einen eigenen Empfänger geben.',
  'openssl could not read this password from a file':
    'openssl könnte dieses Passwort nicht aus einer Datei lesen',
  'Choose one line of at most {1} bytes.': 'Eine Zeile mit höchstens {1} Bytes wählen.',
  '"{1}" rounds of PBKDF2 are refused': '„{1}“ Runden PBKDF2 werden abgelehnt',
  'Choose from {1} to {2}.': 'Von {1} bis {2} wählen.',
  '{1} recipients are too many': '{1} Empfänger sind zu viele',
  'Seal for at most {1} keys.': 'Für höchstens {1} Schlüssel versiegeln.',
  'the seal "{1}" needs a recipient': 'das Siegel „{1}“ braucht einen Empfänger',
  'Give an RSA public key or certificate in PEM form.':
    'Einen öffentlichen RSA-Schlüssel oder ein Zertifikat im PEM-Format angeben.',
  'a recipient is no RSA public key or certificate':
    'ein Empfänger ist kein öffentlicher RSA-Schlüssel und kein Zertifikat',
  'Give the public key in PEM form, as "openssl pkey -pubout" writes it; for "age1…" use the seal "age".':
    'Den öffentlichen Schlüssel im PEM-Format angeben, wie „openssl pkey -pubout“ ihn schreibt; für „age1…“ das Siegel „age“ nehmen.',
  'a recipient has an RSA key of {1} bits': 'ein Empfänger hat einen RSA-Schlüssel von {1} Bit',
  'Use a key of at least {1} bits.': 'Einen Schlüssel von mindestens {1} Bit nehmen.',
  'the seal "{1}" needs a private key': 'das Siegel „{1}“ braucht einen privaten Schlüssel',
  'Give an RSA private key in PEM form.': 'Einen privaten RSA-Schlüssel im PEM-Format angeben.',
  'a private key cannot be read as an RSA key': 'ein privater Schlüssel ist nicht als RSA-Schlüssel zu lesen',
  'Give it in PEM form; where it is encrypted, give its password too.':
    'Ihn im PEM-Format angeben; ist er verschlüsselt, auch sein Passwort.',
  'the sealed archive {1}': 'das versiegelte Archiv {1}',
  'Take another copy of the archive: this one was changed after it was sealed, or cut off.':
    'Eine andere Kopie des Archivs nehmen: dieses wurde nach dem Versiegeln verändert oder abgeschnitten.',
  'Copy the archive again in full.': 'Das Archiv noch einmal ganz kopieren.',
  'Give the password or private key that belongs to this archive. A changed head of the archive looks the same.':
    'Das Passwort oder den privaten Schlüssel dieses Archivs angeben. Ein veränderter Anfang des Archivs sieht genauso aus.',
  'the seal "{1}" needs a password': 'das Siegel „{1}“ braucht ein Passwort',
  'Give a password file with at least one character.':
    'Eine Passwortdatei mit mindestens einem Zeichen angeben.',
  'the call was canceled': 'der Aufruf wurde abgebrochen',
  'a content is not as long as its entry says': 'ein Inhalt ist nicht so lang, wie sein Eintrag sagt',
  'Name the folder of keys: "source_path" in the configuration, or on the command line.':
    'Den Ordner der Schlüssel nennen: „source_path“ in der Konfiguration oder auf der Kommandozeile.',
  'no entry of the archive fits the patterns': 'kein Eintrag des Archivs passt zu den Mustern',
  'Look with "holdfast import FILE --list" what the archive holds.':
    '„holdfast import DATEI --list“ zeigt, was das Archiv enthält.',
  'the archive is sealed with "{1}"': 'das Archiv ist mit „{1}“ versiegelt',
  'Open it with "holdfast import", which knows every seal and asks for its keys.':
    'Es mit „holdfast import“ öffnen, das jedes Siegel kennt und nach den Schlüsseln fragt.',
  'the archive has {1} bytes, too many for one object': 'das Archiv hat {1} Bytes, zu viele für ein Objekt',
  'Save large folders with "holdfast backup" into a repository, which has no such limit.':
    'Große Ordner mit „holdfast backup“ in ein Repository sichern, das keine solche Grenze hat.',
  'the copy "{1}" is not what was sent': 'die Kopie „{1}“ ist nicht, was gesendet wurde',
  'Check the storage with "holdfast storage test", and run the backup again.':
    'Den Speicher mit „holdfast storage test“ prüfen und die Sicherung noch einmal starten.',
  'the key "{1}" is gone, but archives are sealed with it':
    'der Schlüssel „{1}“ ist weg, aber Archive sind damit versiegelt',
  'Bring the key file back from its second place. To begin anew, move the old archives to another folder.':
    'Die Schlüsseldatei von ihrem zweiten Ort zurückholen. Um neu anzufangen, die alten Archive in einen anderen Ordner bringen.',
  'the key file "{1}" begins with an empty line': 'die Schlüsseldatei „{1}“ beginnt mit einer leeren Zeile',
  'Bring the key file back from its second place.': 'Die Schlüsseldatei von ihrem zweiten Ort zurückholen.',
  'this build has no SHA-256': 'diesem Programm fehlt SHA-256',
  '"{1}" exists already': '„{1}“ gibt es schon',
  'Name another file or folder; an export never writes over anything.':
    'Eine andere Datei oder einen anderen Ordner nennen; ein Export überschreibt nie etwas.',
  'no space is left for the archive': 'für das Archiv ist kein Platz mehr',
  'Free space or choose another folder; nothing was left behind.':
    'Platz schaffen oder einen anderen Ordner wählen; nichts blieb zurück.',
  'the archive was changed while it was read': 'das Archiv wurde verändert, während es gelesen wurde',
  'What was written may be wrong: remove it, and import again when nobody writes to the archive.':
    'Was geschrieben wurde, kann falsch sein: es entfernen und noch einmal einlesen, wenn niemand in das Archiv schreibt.',
  '"{1}" cannot be opened': '„{1}“ lässt sich nicht öffnen',
  'Check the name and the permissions of the archive.': 'Name und Rechte des Archivs prüfen.',
  'the entry "{1}" {2}': 'der Eintrag „{1}“ {2}',
  'Nothing was written. If the archive is trusted, unpack it with the program that made it, in a folder of its own.':
    'Nichts wurde geschrieben. Ist dem Archiv zu trauen, es mit dem Programm auspacken, das es gemacht hat, in einen eigenen Ordner.',
  '"{1}" exists already in the target': '„{1}“ gibt es im Ziel schon',
  'Nothing was written. Choose an empty folder, or allow replacing with "--overwrite".':
    'Nichts wurde geschrieben. Einen leeren Ordner wählen oder das Ersetzen mit „--overwrite“ erlauben.',
  'the target "{1}" cannot be opened': 'das Ziel „{1}“ lässt sich nicht öffnen',
  'Remove or replace that file, after you have made sure that the archive itself is the right one.':
    'Diese Datei entfernen oder ersetzen, wenn sicher ist, dass das Archiv selbst das richtige ist.',
  'the archive is not what "{1}" says': 'das Archiv ist nicht, was „{1}“ sagt',
  'Take another copy of the archive: this one was changed or damaged, or belongs to another checksum.':
    'Eine andere Kopie des Archivs nehmen: dieses wurde verändert oder beschädigt oder gehört zu einer anderen Prüfsumme.',
};
