// Der Katalog, SQLite oder PostgreSQL.

import type { Phrases } from '../phrases.ts';

export const catalog: Phrases = {
  'there is no alert "{1}" that waits for anybody': 'es gibt keine Meldung „{1}“, die auf jemanden wartet',
  'Look at the list of alerts; this one may be over.':
    'Die Nummer aus „holdfast alerts“ nehmen; diese Meldung kann vorbei sein.',
  'the file to compare with is no export of an audit trail':
    'die Vergleichsdatei ist kein Export eines Prüfprotokolls',
  'Name a file that "holdfast catalog audit export" or a witness has written.':
    'Eine Datei nennen, die „holdfast catalog audit export“ oder ein Zeuge geschrieben hat.',
  'the ransom brake is pulled: "{1}"': 'die Notbremse ist gezogen: „{1}“',
  'Find out what happened to the data; when it is well, lift the brake: holdfast brake release --reason "…"':
    'Herausfinden, was mit den Daten geschehen ist; wenn sie in Ordnung sind, die Notbremse lösen: holdfast brake release --reason „…“',
  'lifting the brake needs a reason': 'die Notbremse zu lösen verlangt einen Grund',
  'Say what you found out: --reason "the photos of the school trip were imported".':
    'Sagen, was Sie herausgefunden haben: --reason „die Fotos der Schulreise wurden eingelesen“.',
  'only a person may lift the brake': 'nur ein Mensch darf die Notbremse lösen',
  'Lift it by hand: holdfast brake release --reason "…"':
    'Von Hand lösen: holdfast brake release --reason „…“',
  'a second person has to agree': 'eine zweite Person muss zustimmen',
  'Ask somebody else who may lift the brake to approve it.':
    'Zwei Personen müssen zustimmen: über die API oder die Oberfläche anfragen.',
  'the brake is not pulled': 'die Notbremse ist nicht gezogen',
  'the brake was pulled once more in the meantime': 'die Notbremse wurde inzwischen noch einmal gezogen',
  'Look at the reasons first: holdfast brake status': 'Zuerst die Gründe ansehen: holdfast brake status',
  'the applied configuration cannot be read: {1}': 'die angewandte Konfiguration ist nicht zu lesen: {1}',
  'Correct the configuration file, then run "holdfast config apply".':
    'Die Konfigurationsdatei korrigieren, dann „holdfast config apply“.',
  'policies made by the API need what would be gone: {1}':
    'Richtlinien, die über die API entstanden, brauchen, was wegfiele: {1}',
  'Change or delete these policies first, or leave in the file what they name.':
    'Zuerst diese Richtlinien ändern oder löschen, oder in der Datei lassen, was sie nennen.',
  'tables refer to each other in a ring': 'Tabellen verweisen im Kreis aufeinander',
  'the catalog has {1} already': 'der Katalog hat schon {1}',
  'Name a place for a new catalog; what is in this one would be mixed up with what is brought back.':
    'Einen Ort für einen neuen Katalog nennen; sonst vermischt sich, was da ist, mit dem, was zurückkommt.',
  'the export has version {1}, this program writes {2}':
    'der Export hat Version {1}, dieses Programm schreibt {2}',
  'Import it with the version of Holdfast that made it; then let this one bring the catalog forward.':
    'Ihn mit der Version von Holdfast einlesen, die ihn schrieb; danach hebt diese den Katalog auf ihren Stand.',
  'this is no whole export of a catalog: {1}': 'das ist kein ganzer Export eines Katalogs: {1}',
  'Nothing was changed. Take another copy of the export.':
    'Nichts wurde geändert. Eine andere Kopie des Exports nehmen.',
  'the lease "{1}" was taken over by another': 'die Belegung „{1}“ hat ein anderer übernommen',
  'Stop what was done under it; the other does it now.':
    'Beenden, was dafür getan wurde; der andere tut es jetzt.',
  'the task "{1}" was taken over by another': 'die Aufgabe „{1}“ hat ein anderer übernommen',
  'Stop what was done for it; the other does it now.':
    'Beenden, was dafür getan wurde; der andere tut es jetzt.',
  'the database holds tables of another program': 'die Datenbank enthält Tabellen eines anderen Programms',
  'Give the catalog a database or file of its own.': 'Dem Katalog eine eigene Datenbank oder Datei geben.',
  'the catalog has version {1}, this program knows {2}':
    'der Katalog hat Version {1}, dieses Programm kennt {2}',
  'Update Holdfast on this machine; a catalog never goes back to an older version.':
    'Holdfast auf diesem Rechner erneuern; ein Katalog geht nie auf eine ältere Version zurück.',
  '"{1}" holds no Ed25519 key': '„{1}“ enthält keinen Ed25519-Schlüssel',
  'Name the file of the node key, or one that does not exist yet.':
    'Die Datei des Knotenschlüssels nennen oder eine, die es noch nicht gibt.',
  'the catalog has version {1}, this program wants {2}':
    'der Katalog hat Version {1}, dieses Programm verlangt {2}',
  'Run "holdfast catalog migrate".': '„holdfast catalog migrate“ ausführen.',
  'there is no catalog "{1}"': 'es gibt keinen Katalog „{1}“',
  'The first start of "holdfast up" makes it; or name another with --catalog.':
    'Der erste Start von „holdfast up“ legt ihn an; oder mit --catalog einen anderen nennen.',
  'the catalog "{1}" cannot be made': 'der Katalog „{1}“ lässt sich nicht anlegen',
  'Check who may write into its folder.': 'Prüfen, wer in seinen Ordner schreiben darf.',
  '"{1}" lies where SQLite cannot write ahead':
    '„{1}“ liegt dort, wo SQLite kein Schreibprotokoll (WAL) führen kann',
  'Put the catalog on a disk of this machine, or use PostgreSQL.':
    'Den Katalog auf eine Platte diesem Rechner legen oder PostgreSQL nehmen.',
  'a page of "{1}" rows is not possible': 'eine Seite mit „{1}“ Zeilen ist nicht möglich',
  'Ask for 1 to 500 rows.': '1 bis 500 Zeilen verlangen.',
  '"{1}" marks no page of this list': '„{1}“ bezeichnet keine Seite dieser Liste',
  'Take the mark from the page before, unchanged, or begin again without one.':
    'Die Marke der vorigen Seite unverändert nehmen, oder ohne Marke von vorn beginnen.',
  'the policy "{1}" was changed by somebody else': 'die Richtlinie „{1}“ hat jemand anders geändert',
  'Look at it again, then repeat the change.': 'Sie noch einmal ansehen, dann die Änderung wiederholen.',
  'the URL of the catalog holds a password': 'die URL des Katalogs enthält ein Passwort',
  'Take it out of the URL; put it into a file named with --catalog-password-file, or into ~/.pgpass.':
    'Aus der URL nehmen und in eine Datei schreiben, die --catalog-password-file nennt, oder in ~/.pgpass.',
  'the address of the catalog is wrong: {1}': 'die Adresse des Katalogs ist falsch: {1}',
  'Write postgres://USER@HOST/DATABASE, or the path of a file.':
    'postgres://KONTO@RECHNER/DATENBANK oder den Pfad einer Datei schreiben.',
  'the database of the catalog is a standby':
    'die Datenbank des Katalogs ist eine Bereitschaftskopie (Standby)',
  'Name the address of the primary server.': 'Die Adresse des primären Servers nennen.',
  'the server of the catalog is older than PostgreSQL 13':
    'der Server des Katalogs ist älter als PostgreSQL 13',
  'Use a version that still gets mends.': 'Eine Version nehmen, für die es noch Korrekturen gibt.',
  '"{1}" cannot be read': '„{1}“ ist nicht zu lesen',
  'Check sslrootcert in the URL of the catalog.': 'sslrootcert in der URL des Katalogs prüfen.',
  'the catalog knows no copy "{1}" in "{2}"': 'der Katalog kennt keine Kopie „{1}“ in „{2}“',
  'Rebuild the catalog from the repositories.': 'Den Katalog aus den Repositorys neu aufbauen.',
  'the catalog knows no recovery point "{1}"': 'der Katalog kennt keinen Wiederherstellungspunkt „{1}“',
  'Look at the list of recovery points, or rebuild the catalog from the repositories.':
    'In der Liste der Wiederherstellungspunkte nachsehen oder den Katalog aus den Repositorys neu aufbauen.',
  'what was due has been done': 'was fällig war, ist getan',
  'Complete the task; there is nothing left to do.': 'Die Aufgabe abschließen; es ist nichts mehr zu tun.',
  'what is due is being done by another': 'was fällig ist, tut gerade ein anderer',
  'Wait for it to end.': 'Warten, bis er fertig ist.',
  'the run "{1}" has ended or was taken over': 'der Lauf „{1}“ ist zu Ende oder wurde übernommen',
  'Stop what was done for it; its result is what the catalog says.':
    'Beenden, was dafür getan wurde; sein Ergebnis ist, was im Katalog steht.',
  '"{1}" holds no key for sealed secrets': '„{1}“ enthält keinen Schlüssel für versiegelte Geheimnisse',
  'Bring the file back from where you keep a copy; without it, set each secret again with a new one.':
    'Die Datei von dort zurückholen, wo eine Kopie liegt; ohne sie jedes Geheimnis mit einer neuen noch einmal setzen.',
  'the secret "{1}" is empty or longer than 64 KiB': 'das Geheimnis „{1}“ ist leer oder länger als 64 KiB',
  'no secret "{1}" lies sealed in the catalog': 'im Katalog liegt kein versiegeltes Geheimnis „{1}“',
  'Give it with "holdfast config secret set {1}".': 'Es mit „holdfast config secret set {1}“ angeben.',
  'the secret "{1}" was sealed with another key':
    'das Geheimnis „{1}“ wurde mit einem anderen Schlüssel versiegelt',
  'Nodes that share a catalog need the same file secrets.key; or set the secret again.':
    'Knoten mit gemeinsamem Katalog brauchen dieselbe Datei secrets.key; oder das Geheimnis neu setzen.',
  'the sealed secret "{1}" was changed in the catalog':
    'das versiegelte Geheimnis „{1}“ wurde im Katalog verändert',
  'Give it again with "holdfast config secret set {1}", and look who writes to the catalog.':
    'Es mit „holdfast config secret set {1}“ neu angeben und nachsehen, wer in den Katalog schreibt.',
  'a row cannot hold a {1} such as {2}': 'eine Zeile kann kein {1} wie {2} enthalten',
  'the catalog "{1}" is being written for long': 'in den Katalog „{1}“ wird schon lange geschrieben',
  'Look for a process that stopped while it wrote; then try again.':
    'Nach einem Prozess suchen, der beim Schreiben stehen blieb; dann nochmals versuchen.',
  'the disk under the catalog "{1}" fails': 'die Platte unter dem Katalog „{1}“ versagt',
  'Look at the disk and its cables; the catalog can be rebuilt from the repositories.':
    'Nach der Platte und ihren Kabeln sehen; der Katalog lässt sich aus den Repositorys neu aufbauen.',
  'the catalog "{1}" is damaged or is none': 'der Katalog „{1}“ ist beschädigt oder keiner',
  'Check the path; a damaged catalog is moved away and rebuilt from the repositories.':
    'Den Pfad prüfen; einen beschädigten Katalog weglegen und aus den Repositorys neu aufbauen.',
  'the catalog "{1}" cannot be opened': 'der Katalog „{1}“ lässt sich nicht öffnen',
  'Check the path and who may read it.': 'Den Pfad prüfen, und wer die Datei lesen darf.',
  'the catalog refused a statement: {1}': 'der Katalog lehnt eine Anweisung ab: {1}',
  'the certificate of "{1}" is not trusted': 'dem Zertifikat von „{1}“ wird nicht getraut',
  'Name the authority that signed it with sslrootcert=FILE in the URL.':
    'Mit sslrootcert=DATEI in der URL die Stelle nennen, die es unterschrieben hat.',
  'Make the database with createdb, or name another with --catalog.':
    'Die Datenbank mit createdb anlegen oder mit --catalog eine andere nennen.',
  'the catalog "{1}" does not answer': 'der Katalog „{1}“ antwortet nicht',
  'Start the database or mend the way to it; work goes on by itself once it answers.':
    'Die Datenbank starten oder den Weg zu ihr reparieren; sobald sie antwortet, geht es von selbst weiter.',
  'the catalog "{1}" does not let us in or write':
    'der Katalog „{1}“ lässt uns nicht hinein oder nicht schreiben',
  'no room is left for the catalog "{1}"': 'für den Katalog „{1}“ ist kein Platz mehr',
  'Make room; nothing that was recorded is lost.':
    'Platz schaffen; nichts, was aufgezeichnet ist, geht verloren.',
  'the catalog holds something that excludes this': 'der Katalog enthält etwas, das dies ausschließt',
  'there is no user "{1}"': 'es gibt kein Konto „{1}“',
  'Look at the list of users.': 'Die Liste zeigt sie: holdfast user list',
  'there is a user "{1}" already': 'es gibt schon ein Konto „{1}“',
  'Take another name.': 'Einen anderen Namen nehmen.',
  'Check account, password and rights; a file must belong to the account that runs Holdfast.':
    'Konto, Passwort und Rechte prüfen; eine Datei muss dem Konto gehören, unter dem Holdfast läuft.',
  'the task "{1}" has ended already': 'die Aufgabe „{1}“ ist schon zu Ende',
  'Look how it ended; there is nothing left to stop.':
    'Nachsehen, wie es ausging; es gibt nichts mehr abzubrechen.',
  'recovery point "{1}" is being deleted in "{2}" at this moment':
    'der Wiederherstellungspunkt „{1}“ wird in „{2}“ gerade gelöscht',
  'Hold another one. What retention has begun to delete cannot be brought back.':
    'Einen anderen festhalten. Was die Aufbewahrung zu löschen begonnen hat, lässt sich nicht zurückholen.',
  'it is no URL': 'sie ist keine URL',
  '"{1}" is not known': '„{1}“ ist nicht bekannt',
  'it names no host': 'sie nennt keinen Rechner',
  'it names no database': 'sie nennt keine Datenbank',
  'it names no user': 'sie nennt kein Konto',
  'sslmode "{1}" is neither "verify-full" nor "disable"':
    'sslmode „{1}“ ist weder „verify-full“ noch „disable“',
  'it goes on behind its end': 'er geht hinter seinem Ende weiter',
  'it is empty': 'er ist leer',
  'its end is missing': 'sein Ende fehlt',
  'it has {1} rows, and says {2}': 'er hat {1} Zeilen und sagt {2}',
  'it has a row of no table': 'er hat eine Zeile ohne Tabelle',
  'it has a column of no table': 'er hat eine Spalte ohne Tabelle',
  'it does not begin as one': 'er beginnt nicht wie einer',
  'a line is too long': 'eine Zeile ist zu lang',
  'a line is no JSON': 'eine Zeile ist kein JSON',
};
