// Wiederherstellen und rückgängig machen.

import type { Phrases } from '../phrases.ts';

export const restores: Phrases = {
  '"{1}" is no regular file': '„{1}“ ist keine gewöhnliche Datei',
  'List a folder with "holdfast ls"; restore other entries with "holdfast restore".':
    'Einen Ordner mit „holdfast ls“ auflisten; andere Einträge mit „holdfast restore“ wiederherstellen.',
  'the snapshot has no "{1}"': 'der Stand hat „{1}“ nicht',
  'List what it has with "holdfast ls".': '„holdfast ls STAND“ zeigt, was er hat.',
  'the snapshot is partial: it may lack what exists':
    'der Stand ist unvollständig: ihm kann fehlen, was es gibt',
  'Choose a snapshot that is whole, or leave out --delete.':
    'Einen vollständigen Stand wählen oder --delete weglassen.',
  '"{1}" could not be saved before: {2}': '„{1}“ ließ sich vorher nicht sichern: {2}',
  'Make it readable, or restore to another folder with --target.':
    'Es lesbar machen oder mit --target in einen anderen Ordner wiederherstellen.',
  'the restore was stopped ({1})': 'die Wiederherstellung wurde angehalten ({1})',
  'what was restored differs: "{1}" {2}': 'was wiederhergestellt wurde, weicht ab: „{1}“ {2}',
  'Nothing was replaced. Check the disk, then restore again.':
    'Nichts wurde ersetzt. Die Platte prüfen, dann noch einmal wiederherstellen.',
  'the snapshot was forgotten while it was restored':
    'der Stand wurde vergessen, während er wiederhergestellt wurde',
  'Restore from another snapshot; what is in the target is incomplete.':
    'Aus einem anderen Stand wiederherstellen; was im Ziel liegt, ist unvollständig.',
  'the target "{1}" cannot be used ({2})': 'das Ziel „{1}“ ist nicht zu benutzen ({2})',
  'the target "{1}" is not a folder': 'das Ziel „{1}“ ist kein Ordner',
  'Choose a new or empty folder.': 'Einen neuen oder leeren Ordner wählen.',
  'Nothing was changed. Run the command again to begin anew.':
    'Nichts wurde geändert. Den Befehl noch einmal ausführen, um neu zu beginnen.',
  'Choose a folder that you may write to.': 'Einen Ordner wählen, in den geschrieben werden darf.',
  'the target "{1}" is not empty': 'das Ziel „{1}“ ist nicht leer',
  'Choose a new or empty folder, or say what happens to what is there with --overwrite.':
    'Einen neuen oder leeren Ordner wählen oder mit --overwrite sagen, was mit dem geschieht, was da ist.',
  'the journal of an in-place restore is damaged':
    'das Journal einer Wiederherstellung an Ort und Stelle ist beschädigt',
  'What was replaced lies in the folders "new" and "old" beside the journal; nothing was changed now.':
    'Was ersetzt wurde, liegt in den Ordnern „new“ und „old“ neben dem Journal; jetzt wurde nichts geändert.',
  'something new is at "{1}"': 'bei „{1}“ liegt etwas Neues',
  'Leave the folder alone while it is restored, then run "holdfast rollback".':
    'Den Ordner in Ruhe lassen, während er wiederhergestellt wird, dann „holdfast rollback“ ausführen.',
  'the restore was canceled': 'die Wiederherstellung wurde abgebrochen',
  "a file's content is longer than its size of {1}":
    'der Inhalt einer Datei ist länger als ihre Größe von {1}',
  'Restore from another snapshot, and run "holdfast check".':
    'Aus einem anderen Stand wiederherstellen und „holdfast check“ ausführen.',
  "a file's content is shorter than its size of {1}":
    'der Inhalt einer Datei ist kürzer als ihre Größe von {1}',
  'somebody replaced the folder "{1}"': 'jemand hat den Ordner „{1}“ ausgetauscht',
  'Find out who writes to the folder that is restored, then restore again.':
    'Herausfinden, wer in den Ordner schreibt, der wiederhergestellt wird, dann noch einmal wiederherstellen.',
  'the folder "{1}" belongs to somebody else': 'der Ordner „{1}“ gehört jemand anderem',
  'Run the rollback as the user who ran the restore.':
    'Das Rückgängigmachen als der Benutzer ausführen, der wiederhergestellt hat.',
  'the restore "{1}" is still running': 'die Wiederherstellung „{1}“ läuft noch',
  'Wait until it has ended, or stop it first.': 'Warten, bis sie zu Ende ist, oder sie zuerst beenden.',
  '"{1}" was erased on purpose': '„{1}“ wurde mit Absicht gelöscht',
  'This copy still holds it. "holdfast restore --include-erased REASON" brings it back all the same.':
    'Diese Kopie hat ihn noch. „holdfast restore --include-erased GRUND“ holt ihn trotzdem zurück.',
  'the snapshot is of "{1}", not of folders': 'der Stand ist von „{1}“, nicht von Ordnern',
  'Restore it into a new folder by --target, and bring it back from there as the guide says.':
    'Ihn mit --target in einen neuen Ordner wiederherstellen und von dort zurückbringen, wie die Anleitung sagt.',
  'an earlier restore to "{1}" was cut off': 'eine frühere Wiederherstellung nach „{1}“ brach ab',
  'Run "holdfast rollback" first: it brings back what was there before.':
    'Zuerst „holdfast rollback“ ausführen: es bringt zurück, was vorher da war.',
  'the undo copy of "{1}" was given up': 'was „{1}“ zurückbringen könnte, wurde aufgegeben',
  'Finish that with "holdfast rollback --discard"; the restore point has what was there before.':
    'Das mit „holdfast rollback --discard“ abschließen; der Sicherungspunkt hat, was vorher da war.',
  'the restore "{1}" was cut off': 'die Wiederherstellung „{1}“ brach ab',
  'Run "holdfast rollback" first: without the undo copy its folders would stay half restored.':
    'Zuerst „holdfast rollback“ ausführen: sonst blieben ihre Ordner halb wiederhergestellt.',
  'there is no in-place restore that could be undone':
    'keine Wiederherstellung an Ort und Stelle ist da, die rückgängig zu machen wäre',
  'List them with "holdfast rollback --list"; find them in a folder with --target.':
    '„holdfast rollback --list“ zeigt sie; in einem Ordner findet sie --target.',
  'several restores begin with "{1}"': 'mehrere Wiederherstellungen beginnen mit „{1}“',
  'Name more letters; "holdfast rollback --list" shows them.':
    'Mehr Stellen angeben; „holdfast rollback --list“ zeigt sie.',
  'a newer restore "{1}" to the same folder exists':
    'es gibt eine neuere Wiederherstellung „{1}“ in denselben Ordner',
  'Undo the newer one first, or remove its undo copy with "holdfast rollback --discard".':
    'Zuerst die neuere rückgängig machen oder, was sie zurückbringen könnte, mit „holdfast rollback --discard“ entfernen.',
  'the folder "{1}" is not there': 'der Ordner „{1}“ ist nicht da',
  'Mount the disk that it was on, then run the rollback again.':
    'Die Platte einhängen, auf der er war, dann das Rückgängigmachen noch einmal starten.',
  'Run it again with --thaw request (and once more later), or with --thaw wait.':
    'Es mit --thaw request (und später noch einmal) oder mit --thaw wait wiederholen.',
  '{1} of {2} packs are still frozen': '{1} von {2} Paketen sind noch eingefroren',
  'They were asked for. Run the same command again, in {1} hours at the latest.':
    'Sie sind angefordert. Denselben Befehl noch einmal ausführen, spätestens in {1} Stunden.',
  'the snapshot is not one of a Vault': 'der Stand ist nicht von einem Vault',
  '"holdfast snapshots" lists what each is of.': '„holdfast snapshots“ zeigt, wovon jeder ist.',
  '"{1}" is not the active node': '„{1}“ ist nicht der aktive Knoten',
  '"vault operator raft list-peers" tells the leader: name its address.':
    '„vault operator raft list-peers“ nennt den Anführer: dessen Adresse angeben.',
  'to replace "{1}" was not confirmed': 'dass „{1}“ ersetzt werden soll, wurde nicht bestätigt',
  'This replaces everything in that Vault, tokens and policies too. If that is wanted: --confirm {1}':
    'Das ersetzt alles in diesem Vault, auch Token und Policies. Ist das gewollt: --confirm {1}',
};
