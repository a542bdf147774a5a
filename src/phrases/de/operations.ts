// Sichern, Prüfen, Aufräumen, Kopieren, Schlüssel wechseln und vernichten.

import type { Phrases } from '../phrases.ts';

export const operations: Phrases = {
  'Name at least one folder or file: holdfast backup PATH':
    'Mindestens einen Ordner oder eine Datei nennen: holdfast backup PFAD',
  'other processes deleted packs again and again': 'andere Prozesse haben immer wieder Pakete gelöscht',
  'Let the running prune finish, then start the backup again.':
    'Das laufende Aufräumen enden lassen, dann die Sicherung noch einmal starten.',
  'the walk entered a directory it had not listed':
    'der Gang durch die Ordner betrat einen, den er nicht aufgelistet hatte',
  'the walk ended without a root': 'der Gang durch die Ordner endete ohne Wurzel',
  'a worker thread ended with status {1}': 'ein Arbeits-Thread endete mit Status {1}',
  'the backup was canceled': 'die Sicherung wurde abgebrochen',
  'the check was canceled': 'die Prüfung wurde abgebrochen',
  'tree "{1}…" and its skeleton disagree': 'der Baum „{1}…“ und sein Skelett widersprechen sich',
  'The writer of this snapshot was broken or hostile; keep older snapshots until it is clear which.':
    'Der Schreiber dieses Standes war kaputt oder feindlich; ältere Stände behalten, bis klar ist, was davon.',
  'Let the running prune finish, then start again.':
    'Das laufende Aufräumen enden lassen, dann noch einmal starten.',
  '"{1}" does not give back what it was given': '„{1}“ gibt nicht zurück, was ihm gegeben wurde',
  'This snapshot was not published there. Run "holdfast check --read-data" on that repository.':
    'Dieser Stand wurde dort nicht veröffentlicht. Jenes Repository mit „holdfast check --read-data“ prüfen.',
  'a snapshot has directories deeper than {1} levels':
    'ein Stand hat Ordner, die tiefer als {1} Ebenen liegen',
  'a blob was found, but not sent': 'ein Blob wurde gefunden, aber nicht übertragen',
  'snapshot "{1}" is retained until {2}': 'der Stand „{1}“ wird bis {2} aufbewahrt',
  'It can be forgotten after that; nobody can shorten it.':
    'Danach kann er vergessen werden; niemand kann es verkürzen.',
  'key "{1}" is the only one': 'der Schlüssel „{1}“ ist der einzige',
  'Add another with "holdfast key add" first: without any key nobody can restore.':
    'Zuerst mit „holdfast key add“ einen weiteren anlegen: ganz ohne Schlüssel kann niemand wiederherstellen.',
  'no key slot opens with what was given': 'kein Schlüsselplatz lässt sich mit dem Angegebenen öffnen',
  'Check the passphrase or key file.': 'Passwort oder Schlüsseldatei prüfen.',
  'the master key is being replaced': 'der Hauptschlüssel wird gerade ersetzt',
  'Finish that first with "holdfast key rotate --master": a new generation is part of it.':
    'Das zuerst mit „holdfast key rotate --master“ abschließen: eine neue Generation gehört dazu.',
  'the key bundle changed meanwhile': 'der Schlüsselbund hat sich inzwischen geändert',
  'Run the command again.': 'Den Befehl noch einmal ausführen.',
  'List them with "holdfast key list".':
    '„holdfast key list“ zeigt die Schlüssel; mindestens vier Stellen angeben.',
  'Finish that first with "holdfast key rotate --master".':
    'Das zuerst mit „holdfast key rotate --master“ abschließen.',
  'there is no {1} key of generation {2}': 'einen Schlüssel „{1}“ der Generation {2} gibt es nicht',
  'List them with "holdfast key status".': '„holdfast key status“ zeigt sie.',
  'the {1} key of generation {2} is in use': 'der Schlüssel „{1}“ der Generation {2} ist in Gebrauch',
  'Begin a new generation with "holdfast key rotate" first.':
    'Zuerst mit „holdfast key rotate“ eine neue Generation beginnen.',
  'a key is destroyed only while nobody writes':
    'ein Schlüssel wird nur vernichtet, solange niemand schreibt',
  'Wait until these runs are over. What killed runs left goes with "holdfast prune".':
    'Warten, bis diese Läufe zu Ende sind. Was abgebrochene hinterließen, räumt „holdfast prune“ weg.',
  'the {1} key of generation {2} is needed for {3} frames, {4} objects and {5} packs':
    'der Schlüssel „{1}“ der Generation {2} wird für {3} Rahmen, {4} Objekte und {5} Pakete gebraucht',
  'Seal frames anew with "holdfast prune --reencrypt"; what forgotten snapshots hold goes with them.':
    'Rahmen mit „holdfast prune --reencrypt“ neu versiegeln; was vergessene Stände halten, geht dabei mit.',
  'the repository carries no rescue bundle': 'das Repository trägt kein Rettungspaket',
  'Write one with "holdfast key rescue write".': 'Mit „holdfast key rescue write“ eines schreiben.',
  'the master key is being replaced by another run':
    'der Hauptschlüssel wird gerade von einem anderen Lauf ersetzt',
  'Wait until it is done. If it was cut off, run it again with the secret that it was run with; if that is lost, remove the keys named here with "holdfast key remove" first.':
    'Warten, bis das fertig ist. Brach es ab, es mit demselben Geheimnis noch einmal starten; ist das verloren, zuerst die hier genannten Schlüssel mit „holdfast key remove“ entfernen.',
  'these keys would stop opening the repository: {1}':
    'diese Schlüssel würden das Repository nicht mehr öffnen: {1}',
  'Give the secret or public key of each (as for "holdfast key add"), or let them go with --drop-others.':
    'Zu jedem das Geheimnis oder den öffentlichen Schlüssel angeben (wie bei „holdfast key add“) oder sie mit --drop-others gehen lassen.',
  'no key would open the repository any more': 'kein Schlüssel würde das Repository mehr öffnen',
  'Give the secret of at least one key that is to stay.':
    'Das Geheimnis mindestens eines Schlüssels angeben, der bleiben soll.',
  'keys changed meanwhile': 'inzwischen haben sich Schlüssel geändert',
  'a secret of type "{1}" fits none of the keys': 'ein Geheimnis der Art „{1}“ passt zu keinem der Schlüssel',
  'List them with "holdfast key list"; a secret that opens nothing yet is added with "holdfast key add" afterwards.':
    '„holdfast key list“ zeigt sie; ein Geheimnis, das noch nichts öffnet, kommt danach mit „holdfast key add“ dazu.',
  'a repository with a shred key has no write-only writers':
    'ein Repository mit Vernichtungsschlüssel hat keine Nur-Schreiber',
  'Destroying the shred key would not reach what they stored. Make a repository of its own for them.':
    'Den Vernichtungsschlüssel zu zerstören träfe nicht, was sie gespeichert haben. Für sie ein eigenes Repository anlegen.',
  'session "{1}" was revoked while it ran': 'die Sitzung „{1}“ wurde widerrufen, während sie lief',
  'Somebody declared this run dead. Start it again.': 'Denselben Befehl noch einmal ausführen.',
  'session "{1}" of "{2}" may still write, so nothing is deleted':
    'die Sitzung „{1}“ von „{2}“ schreibt vielleicht noch, darum wird nichts gelöscht',
  'the storage keeps snapshot "{1}" {2}, by its own clock':
    'der Speicher behält den Stand „{1}“ {2}, nach seiner eigenen Uhr',
  'until {1}': 'bis {1}',
  'for now': 'vorläufig',
  'The clock of the storage, or that of this machine, is wrong. What it kept stays a recovery point: forget it again later.':
    'Die Uhr des Speichers oder die dieses Rechners geht falsch. Was er behielt, bleibt ein Wiederherstellungspunkt: später noch einmal vergessen.',
  'Wait until it has ended, or declare a lost writer dead with "holdfast session revoke". Without --exclusive, prune waits a day instead.':
    'Warten, bis er endet, oder einen verlorenen mit „holdfast session revoke“ für tot erklären. Ohne --exclusive wartet das Aufräumen stattdessen einen Tag.',
  'two indexes say different things of pack "{1}", so nothing is deleted':
    'zwei Verzeichnisse sagen Verschiedenes über das Paket „{1}“, darum wird nichts gelöscht',
  'A write-only or maintenance key may be stolen. Remove it, then run "holdfast repair": it deletes the index that lies.':
    'Vielleicht wurde ein Nur-Schreib- oder Wartungsschlüssel gestohlen. Ihn entfernen, dann „holdfast repair“ ausführen: es löscht das Verzeichnis, das lügt.',
  '{1} missing, so nothing is deleted': 'es fehlt {1}, darum wird nichts gelöscht',
  'Run "holdfast check", then "holdfast repair". What is missing for good is given up with "holdfast repair --accept-rollback REASON".':
    '„holdfast check“ ausführen, dann „holdfast repair“. Was endgültig fehlt, gibt „holdfast repair --accept-rollback GRUND“ auf.',
  'the recovery kit does not open with its passphrase':
    'das Notfallpaket lässt sich mit seinem Passwort nicht öffnen',
  'The memory or processor of this machine is faulty. Nothing was written.':
    'Arbeitsspeicher oder Prozessor dieses Rechners ist fehlerhaft. Nichts wurde geschrieben.',
  'the recovery kit needs a public key of age':
    'das Notfallpaket braucht einen öffentlichen Schlüssel von age',
  'Give a recipient that begins with "age1", or a passphrase.':
    'Einen Empfänger angeben, der mit „age1“ beginnt, oder ein Passwort.',
  'what was sealed with the key file does not open with it':
    'was mit der Schlüsseldatei versiegelt wurde, lässt sich damit nicht öffnen',
  'The memory or processor of this machine is faulty.':
    'Arbeitsspeicher oder Prozessor dieses Rechners ist fehlerhaft.',
  'Let the running prune finish, then start the repair again.':
    'Das laufende Aufräumen enden lassen, dann die Reparatur noch einmal starten.',
  'there is no session, or more than one, of that id':
    'eine Sitzung mit dieser Kennung gibt es nicht, oder mehr als eine',
  'this repository has no shred key': 'dieses Repository hat keinen Vernichtungsschlüssel',
  'Only "holdfast init --shred-key" makes a repository that has one. This one goes by deleting its storage.':
    'Nur „holdfast init --shred-key“ legt ein Repository mit einem an. Dieses hier geht, indem sein Speicher gelöscht wird.',
  'no copy of the shred key was found': 'es wurde keine Kopie des Vernichtungsschlüssels gefunden',
  'Run it on the machine that has them, or name their places with --shred-escrow. Nothing was changed.':
    'Auf dem Rechner ausführen, der sie hat, oder ihre Orte mit --shred-escrow nennen. Nichts wurde geändert.',
  'data of the repository still opens without a shred key':
    'Daten des Repositorys lassen sich noch ohne Vernichtungsschlüssel öffnen',
  'Delete the storage of the repository, and report this.':
    'Den Speicher des Repositorys löschen und das melden.',
  'the copy "{1}" cannot be made ({2})': 'die Kopie „{1}“ lässt sich nicht anlegen ({2})',
  'Name a file that does not exist, in a folder that you may write to, best on another device.':
    'Eine Datei nennen, die es noch nicht gibt, in einem Ordner, in den geschrieben werden darf, am besten auf einem anderen Gerät.',
  '"{1}" gave back other bytes than were written': '„{1}“ gab andere Bytes zurück, als geschrieben wurden',
  'Choose another device for this copy.': 'Für diese Kopie ein anderes Gerät wählen.',
  'somebody writes to "{1}" ({2})': 'jemand schreibt nach „{1}“ ({2})',
  'Wait for the backup or prune that runs, or end a dead one with "holdfast session revoke".':
    'Auf die laufende Sicherung oder das Aufräumen warten, oder eine tote Sitzung mit „holdfast session revoke“ beenden.',
  'there is no repository at "{1}"': 'unter „{1}“ ist kein Repository',
  'Check the place.': 'Den Ort prüfen.',
  '"{1}" holds something else ("{2}")': '„{1}“ enthält etwas anderes („{2}“)',
  'Choose an empty place.': 'Einen leeren Ort wählen.',
  '"{1}" gives other bytes for "{2}" than it was given':
    '„{1}“ gibt für „{2}“ andere Bytes zurück, als es bekam',
  'Nothing was removed from the old place. Test the new one with "holdfast storage test".':
    'Am alten Ort wurde nichts entfernt. Den neuen mit „holdfast storage test“ prüfen.',
  '{1} of {2} copies would be forgotten': '{1} von {2} Kopien würden vergessen',
  'What lacked was copied, nothing was forgotten. If so much was forgotten at the source on purpose, add --force-forget.':
    'Was fehlte, ist übertragen, vergessen wurde nichts. Wurde hier mit Absicht so viel vergessen, --force-forget dazunehmen.',
  '"{1}" has no class "{2}"': '„{1}“ hat keine Klasse „{2}“',
  'This kind of storage has no classes.': 'Diese Art von Speicher hat keine Klassen.',
  'It has {1}.': 'Er hat {1}.',
  'a worker thread has no clock': 'ein Arbeits-Thread hat keine Uhr',
  'a worker thread does not wait': 'ein Arbeits-Thread wartet nicht',
  'Remove it with "holdfast key remove" after that time. If its secret is in wrong hands, run "holdfast key rotate --master" now: what is backed up from then on it does not open.':
    'Ihn danach mit „holdfast key remove“ entfernen. Ist sein Geheimnis in falschen Händen, sofort „holdfast key rotate --master“: was danach gesichert wird, öffnet er nicht.',
  '"{1}" is damaged, so nothing is deleted': '„{1}“ ist beschädigt, darum wird nichts gelöscht',
  'When its run is over for certain, run "holdfast session revoke {1} --reason TEXT".':
    'Wenn der Lauf sicher vorbei ist: „holdfast session revoke {1} --reason TEXT“.',
};
