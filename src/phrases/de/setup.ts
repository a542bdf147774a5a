// Konfiguration, Geheimnisse und Passwörter, wie die Kommandozeile sie liest.

import type { Phrases } from '../phrases.ts';

export const setup: Phrases = {
  'the change keeps less than before: {1}': 'die Änderung bewahrt weniger auf als bisher: {1}',
  'If that is wanted, say so with "holdfast config apply --yes". Nothing was applied.':
    'Wenn das gewollt ist, mit „holdfast config apply --yes“ sagen. Nichts wurde angewandt.',
  'Write one with "holdfast config init", or name it with --config.':
    'Eine mit „holdfast config init“ schreiben oder mit --config nennen.',
  'the configuration "{1}" is no file': 'die Konfiguration „{1}“ ist keine Datei',
  'everybody can change the configuration "{1}"': 'jeder kann die Konfiguration „{1}“ ändern',
  'Look whether it is still yours, then run "chmod o-w" on it.':
    'Nachsehen, ob sie noch die eigene ist, dann „chmod o-w“ auf sie anwenden.',
  'the configuration "{1}" is no text in UTF-8': 'die Konfiguration „{1}“ ist kein Text in UTF-8',
  'a secret has a name of small letters, digits, ".", "_" and "-"':
    'ein Geheimnis hat einen Namen aus kleinen Buchstaben, Ziffern, „.“, „_“ und „-“',
  'Such as "holdfast config secret set mail"; the configuration then says "sealed:mail".':
    'Etwa „holdfast config secret set mail“; in der Konfiguration steht dann „sealed:mail“.',
  'the secret is longer than 64 KiB': 'das Geheimnis ist länger als 64 KiB',
  '"{1}" cannot be made': '„{1}“ lässt sich nicht anlegen',
  'the configuration "{1}" is larger than 1 MiB': 'die Konfiguration „{1}“ ist größer als 1 MiB',
  'the process of the API ended before it listened': 'der Prozess der API endete, bevor er lauschte',
  'Look into the log for its words.': 'Im Protokoll nachsehen, was sie gesagt hat.',
  'Check "api.tls" of the configuration, and that the service may read the files.':
    '„api.tls“ in der Konfiguration prüfen, und ob der Dienst die Dateien lesen darf.',
  'the certificate "{1}" cannot be read': 'das Zertifikat „{1}“ ist nicht zu lesen',
  'no catalog is at hand': 'es ist kein Katalog zur Hand',
  'no catalog is at hand that could be saved': 'es ist kein Katalog zur Hand, der gesichert werden könnte',
  'there is no policy "{1}"': 'es gibt keine Richtlinie „{1}“',
  'No policy is configured yet: write one into the configuration and start "holdfast up".':
    'Noch ist keine Richtlinie eingerichtet: eine in die Konfiguration schreiben und „holdfast up“ starten.',
  'Policies: {1}.': 'Richtlinien: {1}.',
  '"holdfast up" runs already as node "{1}"': '„holdfast up“ läuft schon als Knoten „{1}“',
  'no catalog is at hand that could hold "{1}"': 'es ist kein Katalog zur Hand, der „{1}“ enthalten könnte',
  'Name the catalog, or give the secret by file:/PATH.':
    'Den Katalog nennen, oder das Geheimnis mit file:/PFAD angeben.',
  'what stands for a secret is no reference to one': 'was für ein Geheimnis steht, verweist auf keines',
  'Write file:/PATH, env:NAME, command:/PROGRAM or sealed:NAME.':
    'file:/PFAD, env:NAME, command:/PROGRAMM oder sealed:NAME schreiben.',
  'the secret in "{1}" cannot be read': 'das Geheimnis in „{1}“ ist nicht zu lesen',
  'Check the path, and that the service may read it.':
    'Den Pfad prüfen, und ob der Dienst die Datei lesen darf.',
  '"{1}" is no file that could hold a secret': '„{1}“ ist keine Datei, die ein Geheimnis enthalten könnte',
  'Name a file, or write command:/PROGRAM for what a program prints.':
    'Eine Datei nennen, oder command:/PROGRAMM für das, was ein Programm ausgibt.',
  'the secret in "{1}" could be read by others': 'das Geheimnis in „{1}“ könnten andere lesen',
  'Run "chmod 600" on it; if it was open for long, change the secret.':
    '„chmod 600“ darauf anwenden; stand sie lange offen, das Geheimnis wechseln.',
  'the variable "{1}" is not set': 'die Variable „{1}“ ist nicht gesetzt',
  'Set it for "holdfast up", for instance with EnvironmentFile= in the unit.':
    'Für „holdfast up“ setzen, etwa mit EnvironmentFile= in der Unit.',
  'the command "{1}" gave no secret ({2})': 'der Befehl „{1}“ gab kein Geheimnis aus ({2})',
  'Run it by hand as the user of the service.': 'Als Benutzer des Dienstes von Hand ausführen.',
  '"{1}" leads to nothing': '„{1}“ führt zu nichts',
  'The first line has to be the secret.': 'Die erste Zeile muss das Geheimnis sein.',
  'the job was canceled': 'der Auftrag wurde abgebrochen',
  'there is no configuration at "{1}" yet': 'unter „{1}“ ist noch keine Konfiguration',
  '"{1}" holds no {2} key': '„{1}“ enthält keinen Schlüssel der Art {2}',
  'It may be PEM (RSA or X25519), a line of "holdfast key generate", or a line of age.':
    'Möglich sind PEM (RSA oder X25519), eine Zeile von „holdfast key generate“ oder eine von age.',
  'a recovery kit is sealed for a passphrase or for keys of age':
    'ein Notfallpaket wird mit einem Passwort oder für Schlüssel von age versiegelt',
  'Give --recipient, --new-password-file or --new-password-command.':
    'Möglich sind --recipient, --new-password-file oder --new-password-command.',
  'no file for the reader was named': 'für das Leseprogramm wurde keine Datei genannt',
  'this installation has no rescue.mjs': 'diese Installation hat kein rescue.mjs',
  'rescue.mjs could not be made from this checkout':
    'rescue.mjs ließ sich aus diesem Quelltext nicht herstellen',
  '"{1}" has {2} bytes': '„{1}“ hat {2} Bytes',
  '"{1}" cannot be made ({2})': '„{1}“ lässt sich nicht anlegen ({2})',
  'the shares would be lost: they are to be put nowhere':
    'die Anteile gingen verloren: sie sollen nirgends hin',
  'no share file was named': 'es wurde keine Datei mit Anteilen genannt',
  'share {1} belongs to no key of this repository':
    'Anteil {1} gehört zu keinem Schlüssel dieses Repositorys',
  'a master key makes no key slot': 'ein Hauptschlüssel ergibt keinen Schlüsselplatz',
  'the two entries are not the same': 'die beiden Eingaben sind nicht gleich',
  'the passphrase is empty': 'das Passwort ist leer',
  'password file "{1}" does not exist': 'die Passwortdatei „{1}“ gibt es nicht',
  'password file "{1}" cannot be read': 'die Passwortdatei „{1}“ ist nicht zu lesen',
  '{1} gives more than {2} bytes': '{1} gibt mehr als {2} Bytes',
  'the password command failed ({1})': 'der Passwortbefehl ist gescheitert ({1})',
  'no passphrase was given and there is no terminal to ask for it':
    'es wurde kein Passwort angegeben, und es ist kein Terminal da, um danach zu fragen',
  'the share file "{1}" cannot be read': 'die Datei mit Anteilen „{1}“ ist nicht zu lesen',
  'the file "{1}" holds no shares': 'die Datei „{1}“ enthält keine Anteile',
  'there is no terminal to type shares at': 'es ist kein Terminal da, um Anteile einzutippen',
  '"{1}" cannot be written ({2})': '„{1}“ lässt sich nicht schreiben ({2})',
  'a shred key needs two copies at other places':
    'ein Vernichtungsschlüssel braucht zwei Kopien an anderen Orten',
  'Give --shred-key FILE and twice --shred-escrow FILE, on other devices: whoever loses all three loses all data.':
    '--shred-key DATEI und zweimal --shred-escrow DATEI angeben, auf anderen Geräten: wer alle drei verliert, verliert alle Daten.',
  '"{1}" lies in the repository itself': '„{1}“ liegt im Repository selbst',
  'Keep the key and its copies elsewhere: with the repository they would be copied and locked, and never be gone.':
    'Den Schlüssel und seine Kopien anderswo verwahren: mit dem Repository würden sie kopiert und gesperrt, und wären nie fort.',
  'to destroy the data of repository "{1}" was not confirmed':
    'dass die Daten des Repositorys „{1}“ zerstört werden sollen, wurde nicht bestätigt',
  'This destroys all data of the repository in every copy, for good. If that is wanted: --confirm {1}':
    'Das zerstört alle Daten des Repositorys in jeder Kopie, für immer. Ist das gewollt: --confirm {1}',
  'Check the path and the permissions of the file.': 'Pfad und Rechte der Datei prüfen.',
  'the password file': 'die Passwortdatei',
  'the terminal': 'das Terminal',
};
