// Speicher: was allen gemeinsam ist, und Ordner, Netzfreigaben, Spiegel.

import type { Phrases } from '../phrases.ts';

export const storage: Phrases = {
  'the URL of a storage must not hold a password': 'in der URL eines Speichers darf kein Passwort stehen',
  'URLs are printed and logged. Give the password as HOLDFAST_STORAGE_PASSWORD_FILE or HOLDFAST_STORAGE_PASSWORD_COMMAND, and change it if it was shown.':
    'Es mit HOLDFAST_STORAGE_PASSWORD_FILE oder HOLDFAST_STORAGE_PASSWORD_COMMAND angeben, und ändern, wenn es zu sehen war.',
  'Write it like {1}': 'So schreiben: {1}',
  'the repository is not in a mirror': 'das Repository liegt in keinem Spiegel',
  'Only a place that begins with "mirror:" has members that can be made equal.':
    'Nur ein Ort, der mit „mirror:“ beginnt, hat Mitglieder, die sich angleichen lassen.',
  '"{1}:" is no kind of storage': 'die Art von Speicher „{1}:“ gibt es nicht',
  'Known kinds: {1}. Write ./ before the name of a folder that has a colon.':
    'Bekannte Arten: {1}. Vor den Namen eines Ordners mit Doppelpunkt ./ schreiben.',
  'the storage cannot be opened as described: {1}': 'der Speicher lässt sich so nicht öffnen: {1}',
  'See docs/guides/storages.md for what each kind of storage takes.':
    'Was jede Art von Speicher annimmt, steht in docs/guides/storages.md.',
  'the storage breaks a promise: {1}': 'der Speicher bricht eine Zusage: {1}',
  '"{1}" could not make "{2}" durable': '„{1}“ konnte „{2}“ nicht dauerhaft speichern',
  'The disk reports errors. Check it, then run the command again: finished packs are used again.':
    'Die Platte meldet Fehler. Sie prüfen, dann den Befehl noch einmal ausführen: fertige Pakete werden weiterbenutzt.',
  '"{1}" is no URL of a local folder': '„{1}“ ist keine URL eines Ordners auf diesem Rechner',
  'Write file:///folder, or the path alone.': 'file:///ordner schreiben oder nur den Pfad.',
  'Is the disk still connected and mounted?': 'Ist die Platte noch angesteckt und eingehängt?',
  'the file system of "{1}" has no hard links': 'das Dateisystem von „{1}“ hat keine harten Links',
  'Choose a folder on another file system, such as ext4, XFS, Btrfs, ZFS, APFS or NTFS.':
    'Einen Ordner auf einem anderen Dateisystem wählen, etwa ext4, XFS, Btrfs, ZFS, APFS oder NTFS.',
  'Free space, or run "holdfast forget" and "holdfast prune". Nothing that was saved is lost.':
    'Platz schaffen, oder „holdfast forget“ und „holdfast prune“ ausführen. Nichts Gesichertes ist verloren.',
  '"{1}" may not be used ({2})': '„{1}“ darf nicht benutzt werden ({2})',
  'Check owner and mode of the repository folder, or whether the disk is mounted read-only.':
    'Besitzer und Rechte des Repository-Ordners prüfen, und ob die Platte nur zum Lesen eingehängt ist.',
  '"{1}" failed ({2})': '„{1}“ ist gescheitert ({2})',
  'The disk reports errors. Check it before the next run.':
    'Die Platte meldet Fehler. Sie vor dem nächsten Lauf prüfen.',
  'Check the path, or make a repository there with "holdfast init".':
    'Den Pfad prüfen oder dort mit „holdfast init“ ein Repository anlegen.',
  '"{1}" is not empty': '„{1}“ ist nicht leer',
  'Choose a new or empty folder for the repository.':
    'Einen neuen oder leeren Ordner für das Repository wählen.',
  '"{1}" is not a folder': '„{1}“ ist kein Ordner',
  'Name a folder.': 'Einen Ordner nennen.',
  'a {1} needs at least two members': '„{1}“ braucht mindestens zwei Mitglieder',
  'Write it like {1}; the URL of a member is percent-encoded.':
    'So schreiben: {1}; die URL eines Mitglieds ist prozentkodiert.',
  'Name the members as they were named at first, in the same order.':
    'Die Mitglieder so nennen wie beim ersten Mal, in derselben Reihenfolge.',
  '"{1}" in "{2}" is damaged': '„{1}“ in „{2}“ ist beschädigt',
  'Copy the object from another member, and write the number of this one behind the id.':
    'Das Objekt aus einem anderen Mitglied kopieren und hinter die Kennung die Nummer von diesem schreiben.',
  'object "{1}" is shorter than {2} bytes': 'das Objekt „{1}“ ist kürzer als {2} Bytes',
  '{1} members cannot take {2} writes': '{1} Mitglieder können nicht {2} Schreibvorgänge annehmen',
  'Leave "writes" out: then all members must take everything.':
    '„writes“ weglassen: dann müssen alle Mitglieder alles annehmen.',
  'members of the mirror cannot be reached': 'Mitglieder des Spiegels sind nicht erreichbar',
  'Bring them back, or check their URLs.': 'Sie wieder erreichbar machen oder ihre URLs prüfen.',
  'no member belongs to a mirror yet': 'noch gehört kein Mitglied zu einem Spiegel',
  'Check the URLs; "holdfast init" makes a mirror of empty places.':
    'Die URLs prüfen; „holdfast init“ macht aus leeren Orten einen Spiegel.',
  'the URL of a mounted share names a path, no server':
    'die URL einer eingehängten Freigabe nennt einen Pfad, keinen Server',
  'Mount the share first, then write its path: {1}':
    'Die Freigabe zuerst einhängen, dann ihren Pfad schreiben: {1}',
  'the share at "{1}" is mounted read-only': 'die Freigabe bei „{1}“ ist nur zum Lesen eingehängt',
  'Mount it with the option "rw", and check that the server exports it for writing.':
    'Sie mit der Option „rw“ einhängen und prüfen, ob der Server sie zum Schreiben freigibt.',
  'the share of "{1}" did not answer in {2} seconds':
    'die Freigabe von „{1}“ antwortete {2} Sekunden lang nicht',
  'Check the server and the network.': 'Server und Netz prüfen.',
  'the share at "{1}" is no longer mounted': 'die Freigabe bei „{1}“ ist nicht mehr eingehängt',
  'Mount it again, then run the command again.':
    'Sie wieder einhängen, dann den Befehl noch einmal ausführen.',
  'the share of "{1}" does not answer ({2})': 'die Freigabe von „{1}“ antwortet nicht ({2})',
  'Check the server and the network. If the share was exported anew, unmount it and mount it again.':
    'Server und Netz prüfen. Wurde die Freigabe neu eingerichtet, sie aushängen und wieder einhängen.',
  'a write skipped a part': 'beim Schreiben wurde ein Teil ausgelassen',
  '"{1}" does not read back as it was written': '„{1}“ liest sich nicht so, wie es geschrieben wurde',
  'The share lost or changed bytes. Nothing was published; check the server and the network before the next run.':
    'Die Freigabe hat Bytes verloren oder verändert. Nichts davon wurde veröffentlicht; vor dem nächsten Lauf Server und Netz prüfen.',
  'no network share is mounted at "{1}", {2} is': 'bei „{1}“ ist keine Netzfreigabe eingehängt, sondern {2}',
  'Mount the share first. For a folder of this machine write its path alone; for a network file system that is not known here add ?allow-type=TYPE.':
    'Die Freigabe einhängen und denselben Befehl noch einmal ausführen. Ein Ordner dieses Rechners wird allein als Pfad geschrieben.',
  'the share at "{1}" is mounted with "{2}"': 'die Freigabe bei „{1}“ ist mit „{2}“ eingehängt',
  'Such a mount gives up on writes after a while, and nobody hears of it. Mount it again with the option "hard".':
    'So kann Geschriebenes unbemerkt verloren gehen. Sie mit der Option „hard“ neu einhängen.',
  '"{1}" cannot hold a repository: {2}': '„{1}“ kann kein Repository halten: {2}',
  'Backups would not be safe there. Ask who runs the storage, or use another one; docs/guides/storages.md says what is known of each.':
    'Sicherungen wären dort nicht sicher. Den Betreiber fragen oder einen anderen Ort wählen; docs/guides/storages.md sagt, was von jedem bekannt ist.',
  '"{1}" are no weights of {2} members': '„{1}“ sind keine Gewichte für {2} Mitglieder',
  'Give one number for each member, such as "3,1"; at least one above 0.':
    'Für jedes Mitglied eine Zahl angeben, etwa „3,1“; mindestens eine über 0.',
  'object "{1}" may not be {2}: append-only':
    'das Objekt „{1}“ lässt nicht zu, was verlangt wurde ({2}): nur hinzufügen ist erlaubt',
  'Delete with an access that is not append-only.': 'Mit einem Zugang löschen, der mehr darf als hinzufügen.',
  '{1} had no answer within {2} ms': '{1} hatte binnen {2} ms keine Antwort',
  'Check the network and the storage. The call is repeated.':
    'Netz und Server prüfen und den Befehl wiederholen.',
  'fault on purpose: {1}': 'ein absichtlicher Fehler: {1}',
  'too few members of the mirror answered for {1}{2}':
    'zu wenige Mitglieder des Spiegels haben für {1} geantwortet{2}',
  'Bring the other members back. A member that is lost for good is replaced by an empty one and filled.':
    'Die anderen Mitglieder wieder erreichbar machen. Ein endgültig verlorenes wird durch ein leeres ersetzt und gefüllt.',
  'object "{1}" has {2} bytes': 'das Objekt „{1}“ hat {2} Bytes',
  'object "{1}" gave {2} bytes, not {3}': 'das Objekt „{1}“ gab {2} Bytes, nicht {3}',
  'a list of "{1}" names "{2}"': 'eine Liste von „{1}“ nennt „{2}“',
  '"{1}" is no object name': '„{1}“ ist kein Name eines Objekts',
  '{1} bytes at {2} are no range of object "{3}"': '{1} Bytes ab {2} sind kein Bereich des Objekts „{3}“',
  'a member of the spread is away: {1}': 'ein Mitglied des verteilten Speichers ist weg: {1}',
  'Bring it back: its objects lie nowhere else.':
    'Es wieder erreichbar machen: seine Objekte liegen nirgends sonst.',
  'the storage cannot be opened as described: path: no text':
    'der Speicher lässt sich so nicht öffnen: path: kein Text',
  'members {1} and {2} are the same place': 'die Mitglieder {1} und {2} sind derselbe Ort',
  'Name each place once; two of them should not share a disk, an account or a house.':
    'Jeden Ort einmal nennen; zwei davon sollten weder Platte noch Konto noch Haus teilen.',
  'Check what {1} names.': 'Prüfen, was {1} nennt.',
  'has {1} of {2} bytes': 'hat {1} von {2} Bytes',
  'reads back otherwise': 'liest sich anders zurück',
  'a "#" must be written %23': 'ein „#“ ist als %23 zu schreiben',
  'a "%" must be followed by two hexadecimal digits': 'auf ein „%“ müssen zwei Hexadezimalziffern folgen',
  '"{1}" is no part of a path': '„{1}“ ist kein Teil eines Pfads',
  '"{1}"': '„{1}“',
  '"{1}" is no option here; known: {2}': '„{1}“ ist hier keine Option; bekannt: {2}',
  '"{1}" is given twice': '„{1}“ ist zweimal angegeben',
  'member {1}': 'Mitglied {1}',
  '"{1}" has no mark of the spread': '„{1}“ hat kein Kennzeichen des verteilten Speichers',
};
