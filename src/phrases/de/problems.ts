// Probleme mit einzelnen Einträgen, und Bemerkungen nebenbei, die den Lauf nicht anhalten.

import type { Phrases } from '../phrases.ts';

export const problems: Phrases = {
  '550 no such folder, but a file': 'dort ist kein Ordner, sondern eine Datei',
  'changed while it was being restored, so it was left alone':
    'wurde geändert, während es wiederhergestellt wurde, und blieb darum unberührt',
  'is another file system: nothing there was changed; restore it by its own path':
    'ist ein anderes Dateisystem: dort wurde nichts geändert; es mit seinem eigenen Pfad wiederherstellen',
  'is another folder now, so its attributes were left alone':
    'ist jetzt ein anderer Ordner, darum blieben seine Attribute unberührt',
  'is damaged, so nobody can tell what of the paths is in it':
    'ist beschädigt, darum kann niemand sagen, was von den Pfaden darin ist',
  'it is not readable in its state': 'es ist in seinem Zustand nicht lesbar',
  'it vanished while it was saved': 'es verschwand, während es gesichert wurde',
  'its KMS key does not decrypt it': 'sein KMS-Schlüssel entschlüsselt es nicht',
  'its KMS key is not usable': 'sein KMS-Schlüssel ist nicht zu benutzen',
  'its bytes are not those of its name': 'seine Bytes sind nicht die seines Namens',
  'this account may not read it': 'dieses Konto darf es nicht lesen',
  '{1} (and {2} more)': '{1} (und {2} weitere)',
  '{1} packs are in no index ({2} sessions are open); the next backup or prune takes care of them':
    '{1} Pakete stehen in keinem Verzeichnis ({2} Sitzungen sind offen); die nächste Sicherung oder das nächste Aufräumen kümmert sich darum',
  'cannot be restored: {1}': 'lässt sich nicht wiederherstellen: {1}',
  'could not be put there ({1})': 'ließ sich dort nicht ablegen ({1})',
  'could not be put back ({1})': 'ließ sich nicht zurückbringen ({1})',
  'its attributes could not be set ({1})': 'seine Attribute ließen sich nicht setzen ({1})',
  'key material that cannot be read whole: {1}': 'Schlüsselmaterial, das sich nicht ganz lesen lässt: {1}',
  'not read: {1} packs ({2} MiB) are frozen': 'nicht gelesen: {1} Pakete ({2} MiB) sind eingefroren',
  'pack "{1}" has another directory than the index':
    'das Paket „{1}“ hat ein anderes Verzeichnis als der Index',
  'pack "{1}" has bytes whose SHA-256 is "{2}"': 'das Paket „{1}“ hat Bytes mit der SHA-256 „{2}“',
  'the attribute "{1}" could not be set ({2})': 'das Attribut „{1}“ ließ sich nicht setzen ({2})',
  'the retention of {1} of {2} objects could not be extended: {3}':
    'die Aufbewahrung von {1} der {2} Objekte ließ sich nicht verlängern: {3}',
  'zip has no entries of the kind "{1}"': 'zip hat keine Einträge der Art „{1}“',
  'changed while it was read': 'wurde geändert, während es gelesen wurde',
  'became shorter while it was read': 'wurde kürzer, während es gelesen wurde',
  'the same directory as "{1}"': 'derselbe Ordner wie „{1}“',
  'the file system gave a name that cannot be': 'das Dateisystem nannte einen unmöglichen Namen',
  'deeper than {1} directories or {2} bytes': 'tiefer als {1} Ordner oder {2} Bytes',
  '{1} failed ({2})': 'gescheitert: {1} ({2})',
  'opening the directory': 'den Ordner öffnen',
  'reading the directory': 'den Ordner lesen',
  'reading the link': 'den symbolischen Link lesen',
  'reading attributes': 'die Attribute lesen',
  reading: 'lesen',
  'replaced by another directory during the walk': 'wurde beim Durchgehen durch einen anderen Ordner ersetzt',
  'replaced by another entry before reading': 'wurde vor dem Lesen durch einen anderen Eintrag ersetzt',
  'gone or replaced before {1} ({2})': 'verschwunden oder ersetzt vor: {1} ({2})',
  'has more extended attributes than can be kept':
    'hat mehr erweiterte Attribute, als sich aufbewahren lassen',
  'the job broke with "{1}"': 'der Auftrag brach mit „{1}“ ab',
  'the node that did it was lost': 'der Knoten, der es tat, ging verloren',
  'some recovery points could not be copied whole':
    'einige Wiederherstellungspunkte ließen sich nicht ganz kopieren',
  'was changed after the restore, so that is kept as "{1}"':
    'wurde nach der Wiederherstellung geändert; das ist als „{1}“ aufgehoben',
  'was changed after the restore, so it was left where it is':
    'wurde nach der Wiederherstellung geändert und blieb, wo es ist',
  'its old state is not where the restore had put it':
    'sein alter Zustand ist nicht dort, wo die Wiederherstellung ihn hingelegt hatte',
  'not a directory, but paths below it were named': 'kein Ordner, aber Pfade darunter wurden genannt',
  'named to be saved, but not there': 'zum Sichern genannt, aber nicht da',
  'named to be saved, but not there ({1})': 'zum Sichern genannt, aber nicht da ({1})',
  'is no folder in the target': 'ist im Ziel kein Ordner',
  'is a folder in the target, which is not replaced': 'ist im Ziel ein Ordner und wird nicht ersetzt',
  'is filled with zeros from a lost part on': 'ist von einer verlorenen Stelle an mit Nullen gefüllt',
  'cannot be exported': 'lässt sich nicht exportieren',
  'the archive is larger than RSA can seal: sealing in hybrid mode (RSA-OAEP wraps an AES-256-GCM key)':
    'das Archiv ist größer, als RSA versiegeln kann: hybrid versiegelt (RSA-OAEP umhüllt einen Schlüssel für AES-256-GCM)',
  'a JSON Web Key is damaged': 'ein JSON Web Key ist beschädigt',
  'a key in the keybox is damaged': 'ein Schlüssel im Schlüsselkasten von GnuPG ist beschädigt',
  'a key of WireGuard is cut off or mistyped': 'ein Schlüssel von WireGuard ist abgeschnitten oder vertippt',
  'a key of age is cut off or mistyped': 'ein Schlüssel von age ist abgeschnitten oder vertippt',
  'a part of the PKCS#12 file is damaged': 'ein Teil der PKCS#12-Datei ist beschädigt',
  'an entry of the Java keystore is of an unknown kind':
    'ein Eintrag des Java-Keystores ist von unbekannter Art',
  'more than {1} blocks': 'mehr als {1} Blöcke',
  'more than {1} keys': 'mehr als {1} Schlüssel',
  'the DER value is cut off or damaged': 'der DER-Wert ist abgeschnitten oder beschädigt',
  'the DER value is no key that can be read': 'der DER-Wert ist kein lesbarer Schlüssel',
  'the JSON around a private key is cut off or damaged':
    'das JSON um einen privaten Schlüssel ist abgeschnitten oder beschädigt',
  'the JSON is cut off or damaged': 'das JSON ist abgeschnitten oder beschädigt',
  'the Java keystore is cut off or damaged': 'der Java-Keystore ist abgeschnitten oder beschädigt',
  'the Java keystore is damaged': 'der Java-Keystore ist beschädigt',
  'the OpenPGP packets are cut off or damaged': 'die OpenPGP-Pakete sind abgeschnitten oder beschädigt',
  'the PKCS#12 file is cut off or damaged': 'die PKCS#12-Datei ist abgeschnitten oder beschädigt',
  'the agent key is cut off or damaged': 'der Schlüssel des Agenten ist abgeschnitten oder beschädigt',
  'the agent key is damaged': 'der Schlüssel des Agenten ist beschädigt',
  'the block "{1}" is cut off or damaged': 'der Block „{1}“ ist abgeschnitten oder beschädigt',
  'the key file of Holdfast is cut off or damaged':
    'die Schlüsseldatei von Holdfast ist abgeschnitten oder beschädigt',
  'the keybox is cut off or damaged': 'der Schlüsselkasten von GnuPG ist abgeschnitten oder beschädigt',
  'the keytab is cut off or damaged': 'die Keytab ist abgeschnitten oder beschädigt',
  'the keytab is damaged': 'die Keytab ist beschädigt',
  'the public key is cut off or damaged': 'der öffentliche Schlüssel ist abgeschnitten oder beschädigt',
  'RSA alone seals for one recipient: sealing in hybrid mode (RSA-OAEP wraps an AES-256-GCM key)':
    'RSA allein versiegelt für einen Empfänger: es wird gemischt versiegelt (RSA-OAEP verpackt einen AES-256-GCM-Schlüssel)',
  'a key slot cannot be used': 'ein Schlüsselplatz ist nicht zu gebrauchen',
  'a key slot is of a type that this version does not know':
    'ein Schlüsselplatz ist von einer Art, die diese Version nicht kennt',
  'a mark that declares a session dead is forged or damaged: it does not count':
    'eine Marke, die eine Sitzung für tot erklärt, ist gefälscht oder beschädigt: sie zählt nicht',
  'a pack without index is not readable': 'ein Paket ohne Verzeichnis ist nicht lesbar',
  'a repository that went back in time was accepted':
    'ein Repository, das in der Zeit zurückging, wurde angenommen',
  'a tree of the previous snapshot is damaged, its folder is read again':
    'ein Baum des vorigen Standes ist beschädigt, sein Ordner wird noch einmal gelesen',
  'accounts and certificate were read anew': 'Konten und Zertifikat wurden neu gelesen',
  'an earlier copy could not be read; what it holds is sent again':
    'eine frühere Kopie war nicht zu lesen; was darin ist, wird noch einmal gesendet',
  'an object is lost or damaged, its twin is not':
    'ein Objekt ist verloren oder beschädigt, sein Zwilling nicht',
  'an object of no bytes counts as absent': 'ein Objekt ohne Bytes gilt als nicht da',
  'borrowed packs are gone, their blobs are stored again':
    'mitbenutzte Pakete sind weg, ihr Inhalt wird noch einmal gespeichert',
  'ended the session of a run that was killed': 'die Sitzung eines abgebrochenen Laufs wurde beendet',
  'entries were left out because they were erased on purpose':
    'Einträge wurden ausgelassen, weil sie mit Absicht gelöscht wurden',
  'marks of this run stay, because deleting is not allowed here':
    'Marken dieses Laufs bleiben, weil hier nicht gelöscht werden darf',
  'originals of copies are gone without a tombstone; the copies stay':
    'Vorlagen von Kopien sind weg, ohne dass jemand sie vergessen hat; die Kopien bleiben',
  'packs changed while they were looked at, so prune looks again':
    'Pakete änderten sich beim Ansehen, darum wird noch einmal nachgesehen',
  'recovery points are missing; run "holdfast check"':
    'Wiederherstellungspunkte fehlen; „holdfast check“ ausführen',
  'the SFTP server can neither prove durability nor refuse to overwrite: class C':
    'der SFTP-Server kann weder dauerhaftes Speichern beweisen noch Überschreiben verweigern: Klasse C',
  'the account may not delete: forget and prune need another one':
    'das Konto darf nicht löschen: Vergessen und Aufräumen brauchen ein anderes',
  'the compression level changes': 'die Stufe der Kompression ändert sich',
  'the configuration names "s3" but no place there ("s3_place"): the only copy lies on this machine':
    'die Konfiguration nennt „s3“, aber keinen Ort dort („s3_place“): die einzige Kopie liegt auf diesem Rechner',
  'the key of a sealed session does not open': 'der Schlüssel einer versiegelten Sitzung öffnet nicht',
  'the key of a sealed session is damaged': 'der Schlüssel einer versiegelten Sitzung ist beschädigt',
  'the keys of an unfinished init could not be put back':
    'die Schlüssel eines unfertigen init ließen sich nicht zurückbringen',
  'the marks of a session that is over cannot be removed':
    'die Marken einer beendeten Sitzung lassen sich nicht entfernen',
  'the newest key bundle does not open: it is damaged, or the master key is being replaced':
    'der neueste Schlüsselbund lässt sich nicht öffnen: er ist beschädigt, oder der Hauptschlüssel wird gerade ersetzt',
  'the packs of this run could not be indexed': 'die Pakete dieses Laufs ließen sich nicht verzeichnen',
  'what was verified could not be remembered': 'was geprüft wurde, ließ sich nicht merken',
  'the recovery points of this repository could not be remembered':
    'die Wiederherstellungspunkte dieses Repositorys ließen sich nicht merken',
  'the restore point lacks an entry that stays as it is':
    'dem Sicherungspunkt fehlt ein Eintrag, der bleibt, wie er ist',
  'the session could not be ended': 'die Sitzung ließ sich nicht beenden',
  'the share is mounted read-only': 'die Freigabe ist nur zum Lesen eingehängt',
  'the storage cannot be opened yet: {1}': 'der Speicher lässt sich noch nicht öffnen: {1}',
  'the storage cannot be opened, trying again': 'der Speicher lässt sich nicht öffnen, noch ein Versuch',
  'the storage is full: packs that nobody needs go first':
    'der Speicher ist voll: zuerst gehen Pakete, die niemand braucht',
  'the storage lacks recovery points that this host has seen':
    'dem Speicher fehlen Wiederherstellungspunkte, die dieser Rechner gesehen hat',
  'the token that Vault gave for this backup could not be revoked; it expires by itself':
    'das Token, das Vault für diese Sicherung gab, ließ sich nicht widerrufen; es läuft von selbst ab',
  'there is too little room to repack': 'zum Umschreiben ist zu wenig Platz',
  'this FTP connection is not encrypted: the password, the names and sizes of all objects and the times of all backups can be read on the way; what the objects hold stays sealed':
    'diese FTP-Verbindung ist nicht verschlüsselt: Passwort, Namen und Größen aller Objekte und die Zeiten aller Sicherungen sind unterwegs lesbar; was die Objekte enthalten, bleibt versiegelt',
  'this WebDAV connection is not encrypted: the password, the names and sizes of all objects and the times of all backups can be read on the way; what the objects hold stays sealed':
    'diese WebDAV-Verbindung ist nicht verschlüsselt: Passwort, Namen und Größen aller Objekte und die Zeiten aller Sicherungen sind unterwegs lesbar; was die Objekte enthalten, bleibt versiegelt',
  'this storage cannot refuse deletion: the retention binds "forget" only':
    'dieser Speicher kann Löschen nicht verweigern: die Aufbewahrung bindet nur „forget“',
  '"{1}" is new in the mirror and waits to be filled':
    '„{1}“ ist neu im Spiegel und wartet darauf, gefüllt zu werden',
  '"{1}" cannot be used: {2}': '„{1}“ ist nicht zu gebrauchen: {2}',
  '{1} failed, trying again': '{1} ist gescheitert, noch ein Versuch',
  '{1} of "{2}" failed in "{3}"': '{1} von „{2}“ ist in „{3}“ gescheitert',
  'member {1} cannot be reached: {2}': 'Mitglied {1} ist nicht erreichbar: {2}',
  'the audit entry waits in "{1}": {2}': 'der Eintrag fürs Prüfprotokoll wartet in „{1}“: {2}',
  'the audit trail cannot be reached, this is written down for later: {1}':
    'das Prüfprotokoll ist nicht erreichbar, das hier wird für später aufgeschrieben: {1}',
  'the checksum "{1}" is not available in this build and was not checked':
    'die Prüfsumme „{1}“ gibt es in diesem Programm nicht; sie wurde nicht geprüft',
  'the checksum "{1}" is not available in this build': 'die Prüfsumme „{1}“ gibt es in diesem Programm nicht',
  'the key "{1}" was made: without it no archive can be opened. Keep a copy elsewhere':
    'der Schlüssel „{1}“ wurde angelegt: ohne ihn lässt sich kein Archiv öffnen. Eine Kopie anderswo aufbewahren',
  'the key "{1}" of the configuration is not known and was not obeyed':
    'der Schlüssel „{1}“ der Konfiguration ist unbekannt und wurde nicht beachtet',
  'the log "{1}" cannot be written': 'das Protokoll „{1}“ lässt sich nicht schreiben',
};
