// Tragbare Archive und ihre Siegel; Export, Import und der Satz von Archiven.

import type { Phrases } from '../phrases.ts';

export const archives: Phrases = {
  'there is no archive format "{1}"': 'das Archivformat „{1}“ gibt es nicht',
  'Choose one of {1}.': 'Eines wählen: {1}.',
  'format "{1}" has no level {2}': 'das Format „{1}“ hat keine Stufe {2}',
  'Leave out the level or choose another: {1}.': 'Die Stufe weglassen oder eine andere wählen: {1}.',
  'it has no levels': 'es hat keine Stufen',
  'its levels are {1} to {2}': 'seine Stufen gehen von {1} bis {2}',
  'no key was given for the seal "{1}"': 'für das Siegel „{1}“ wurde kein Schlüssel angegeben',
  'Give {1} or --seal-password-file.': '{1} oder --seal-password-file angeben.',
  'Give --seal-password-file, or set HOLDFAST_SEAL_PASSWORD_FILE.':
    '--seal-password-file angeben oder HOLDFAST_SEAL_PASSWORD_FILE setzen.',
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
  'has a symlink with an endless target': 'hat einen symbolischen Link mit endlosem Ziel',
  'has a content at {1} that its directory does not name':
    'hat bei {1} einen Inhalt, den sein Verzeichnis nicht nennt',
  'has a name beyond all measure': 'hat einen maßlos langen Namen',
  'has a content whose checksum or length is wrong': 'hat einen Inhalt mit falscher Prüfsumme oder Länge',
  'ends too early, within a content': 'endet zu früh, mitten in einem Inhalt',
  'has a content that cannot be decompressed': 'hat einen Inhalt, der sich nicht entpacken lässt',
  'has a content whose length is wrong': 'hat einen Inhalt mit falscher Länge',
  'names one content twice in its directory': 'nennt einen Inhalt in seinem Verzeichnis zweimal',
  'has contents that its directory does not name': 'hat Inhalte, die sein Verzeichnis nicht nennt',
  'has a directory that says other than its contents':
    'hat ein Verzeichnis, das anderes sagt als seine Inhalte',
  'has a ZIP64 field that is too short': 'hat ein zu kurzes ZIP64-Feld',
  'has a size that cannot be': 'hat eine unmögliche Größe',
  'has a ZIP64 end that is none': 'hat ein ZIP64-Ende, das keines ist',
  'has a ZIP64 end without its place': 'hat ein ZIP64-Ende ohne seinen Ort',
  'has no end where its directory ends': 'hat kein Ende, wo sein Verzeichnis endet',
  'goes on after its end': 'geht hinter seinem Ende weiter',
  'has an end that says other than its directory': 'hat ein Ende, das anderes sagt als sein Verzeichnis',
  'has a header that belongs to no entry': 'hat einen Kopf, der zu keinem Eintrag gehört',
  'has a header with a wrong checksum before byte {1}': 'hat vor Byte {1} einen Kopf mit falscher Prüfsumme',
  'has names or attributes beyond all measure': 'hat maßlos lange Namen oder Attribute',
  'has a pax header that is none': 'hat einen pax-Kopf, der keiner ist',
  'has a sparse file of too many runs': 'hat eine Datei mit zu vielen Lücken',
  'has a sparse file without its runs': 'hat eine Datei mit Lücken, ohne zu sagen wo',
  'has a sparse file out of order': 'hat eine Datei mit Lücken in falscher Reihenfolge',
  'has a sparse file larger than it says': 'hat eine Datei mit Lücken, die größer ist, als sie sagt',
  'has a sparse file smaller than it says': 'hat eine Datei mit Lücken, die kleiner ist, als sie sagt',
  'has a number beyond all measure': 'hat eine maßlos große Zahl',
  'has a header with a number that is none': 'hat einen Kopf mit einer Zahl, die keine ist',
  'has a pax header with a number that is none': 'hat einen pax-Kopf mit einer Zahl, die keine ist',
  'has a time that is none': 'hat eine Zeit, die keine ist',
  'is empty': 'ist leer',
  'cannot be decompressed': 'lässt sich nicht entpacken',
  'is neither tar nor zip': 'ist weder tar noch zip',
  'ends too early, after {1} bytes': 'endet zu früh, nach {1} Bytes',
  'has a bzip2 stream with a wrong checksum': 'hat einen bzip2-Strom mit falscher Prüfsumme',
  'has a bzip2 block that is none': 'hat einen bzip2-Block, der keiner ist',
  'ends too early': 'endet zu früh',
  'has a bzip2 block that {1}': 'hat einen fehlerhaften bzip2-Block ({1})',
  'has more than {1} entries': 'hat mehr als {1} Einträge',
  'has more than {1} headers': 'hat mehr als {1} Köpfe',
  'holds more than {1} bytes': 'enthält mehr als {1} Bytes',
  'grows more than {1} times when it is unpacked': 'wächst beim Auspacken auf mehr als das {1}-Fache',
  "is compressed by zip's method {1}": 'ist mit der zip-Methode {1} komprimiert',
  'has an entry of a kind that zip cannot hold': 'hat einen Eintrag von einer Art, die zip nicht halten kann',
  'has an entry of the unknown type "{1}"': 'hat einen Eintrag der unbekannten Art „{1}“',
  'cannot hold an entry of the kind "{1}"': 'kann keinen Eintrag der Art „{1}“ halten',
  'is longer than one RSA block, and no container': 'ist länger als ein RSA-Block und kein Behälter',
  'has a head of the wrong length': 'hat einen Kopf falscher Länge',
  'names the way {1} to its key, which is not known': 'nennt den unbekannten Weg {1} zu seinem Schlüssel',
  'has a head with impossible numbers': 'hat einen Kopf mit unmöglichen Zahlen',
  'has a list of recipients that is cut off': 'hat eine abgeschnittene Liste von Empfängern',
  'has a wrapped key that its recipient cannot open':
    'hat einen verpackten Schlüssel, den sein Empfänger nicht öffnen kann',
  'does not begin as an age file': 'beginnt nicht wie eine Datei von age',
  'has a broken line of text': 'hat eine kaputte Textzeile',
  'has a line of text that is too long': 'hat eine zu lange Textzeile',
  'does not begin as "openssl enc" begins': 'beginnt nicht wie „openssl enc“',
  'has a broken end: the password or the number of rounds is wrong, or it was cut off':
    'hat ein kaputtes Ende: Passwort oder Zahl der Runden ist falsch, oder es wurde abgeschnitten',
  'has a chunk {1} that does not belong to it': 'hat ein Stück {1}, das nicht dazugehört',
  'was changed, cut off or lengthened in chunk {1}':
    'wurde im Stück {1} verändert, abgeschnitten oder verlängert',
  'ends with an empty chunk': 'endet mit einem leeren Stück',
  'was changed in line {1} of its pieces': 'wurde in Zeile {1} seiner Stücke verändert',
  'has a token that does not say its place': 'hat ein Stück, das seine Stelle nicht sagt',
  'has another piece in the place of piece {1}': 'hat ein anderes Stück an der Stelle von Stück {1}',
  'has a token that does not say whether it is the last':
    'hat ein Stück, das nicht sagt, ob es das letzte ist',
  'goes on after its last piece': 'geht hinter seinem letzten Stück weiter',
  'has a line that is too long': 'hat eine zu lange Zeile',
  'has a first line that is not known': 'hat eine unbekannte erste Zeile',
  'has a head that is none of age': 'hat einen Kopf, der nicht von age ist',
  'has a head of more than {1} bytes': 'hat einen Kopf von mehr als {1} Bytes',
  'has a broken head': 'hat einen kaputten Kopf',
  'has a password beside other recipients': 'hat neben anderen Empfängern ein Passwort',
  'goes on after its last chunk': 'geht hinter seinem letzten Stück weiter',
  'does not begin as one of ours': 'beginnt nicht wie eines von Holdfast',
  'names the cipher suite {1}, which is not known': 'nennt das unbekannte Verfahren {1}',
  'has a head of {1} bytes': 'hat einen Kopf von {1} Bytes',
  'the archive is not sealed for these RSA keys, or was changed':
    'das Archiv ist nicht für diese RSA-Schlüssel versiegelt oder wurde verändert',
  'the archive is sealed for RSA keys, not with a password':
    'das Archiv ist für RSA-Schlüssel versiegelt, nicht mit einem Passwort',
  'the archive is sealed with a password, not for RSA keys':
    'das Archiv ist mit einem Passwort versiegelt, nicht für RSA-Schlüssel',
  'the archive is sealed for other RSA keys': 'das Archiv ist für andere RSA-Schlüssel versiegelt',
  'the password is none': 'das Passwort ist keines',
  'the archive is not sealed with this key': 'das Archiv ist nicht mit diesem Schlüssel versiegelt',
  'the archive is sealed with a Fernet key, and the password is none':
    'das Archiv ist mit einem Fernet-Schlüssel versiegelt, und das Passwort ist keiner',
  'none of the keys given opens the archive': 'keiner der angegebenen Schlüssel öffnet das Archiv',
  'is shorter than one RSA block': 'ist kürzer als ein RSA-Block',
  'ends within its text': 'endet mitten in seinem Text',
  'ends within its head': 'endet mitten in seinem Kopf',
  'does not end with a whole block': 'endet nicht mit einem ganzen Block',
  'ends within chunk {1}': 'endet mitten im Stück {1}',
  'ends after chunk {1}, which is not its last': 'endet nach Stück {1}, das nicht sein letztes ist',
  'ends before its last piece': 'endet vor seinem letzten Stück',
  'is too large': 'ist zu groß',
  'has no checksum of this archive': 'hat keine Prüfsumme dieses Archivs',
  'is no JSON': 'ist kein JSON',
  'is no manifest': 'ist keine Inhaltsliste',
  'is no manifest of version 1': 'ist keine Inhaltsliste der Version 1',
  'has no list of seals': 'hat keine Liste der Siegel',
  'has no checksums': 'hat keine Prüfsummen',
  'has a {1} that is none': 'hat einen falschen Wert für {1}',
  'is not as long as it says': 'ist nicht so lang, wie er sagt',
  'has an absolute name': 'hat einen absoluten Namen',
  'has a NUL in its name': 'hat ein NUL im Namen',
  'leads out of the target by ".."': 'führt mit „..“ aus dem Ziel hinaus',
  'lies too deep': 'liegt zu tief',
  'has no name': 'hat keinen Namen',
  'is there twice': 'ist zweimal da',
  'lies below an entry of the kind "{1}"': 'liegt unter einem Eintrag der Art „{1}“',
  'is a link to nowhere': 'ist ein Link ins Nichts',
  'is a further name of what the archive does not hold before it':
    'ist ein weiterer Name für etwas, das im Archiv nicht davor steht',
};
