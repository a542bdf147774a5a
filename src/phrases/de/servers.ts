// Speicher: SFTP, FTP, WebDAV, der Objektserver.

import type { Phrases } from '../phrases.ts';

export const servers: Phrases = {
  'the server leaves out names of "{1}"': 'der Server lässt Namen von „{1}“ weg',
  'Ask who runs the server to lift its limit on listings (in Pure-FTPd: LimitRecursion).':
    'Den Betreiber des Servers bitten, seine Grenze für Listen aufzuheben (bei Pure-FTPd: LimitRecursion).',
  '"{1}" offers no encryption ({2})': '„{1}“ bietet keine Verschlüsselung ({2})',
  'Ask for explicit TLS on the server, or use "ftps:" where it has implicit TLS. Without any, the password and all names are sent in clear: accept that with allow-plaintext=true.':
    'Auf dem Server explizites TLS verlangen, oder „ftps:“ nehmen, wo es implizites TLS gibt. Ganz ohne gehen Passwort und alle Namen im Klartext: das mit allow-plaintext=true annehmen.',
  '"{1}" does not answer while {2} ({3})': '„{1}“ antwortet nicht bei {2} ({3})',
  'Check that the server runs and that its port and its passive ports can be reached from here.':
    'Prüfen, ob der Server läuft und sein Port und seine passiven Ports von hier erreichbar sind.',
  'no space is left on "{1}" while {2}': 'auf „{1}“ ist kein Platz mehr bei {2}',
  'Free space or ask for more quota, or run "holdfast forget" and "holdfast prune". Nothing that was saved is lost.':
    'Platz schaffen oder um mehr Kontingent bitten, oder „holdfast forget“ und „holdfast prune“ ausführen. Nichts Gesichertes ist verloren.',
  '"{1}" is busy while {2}': '„{1}“ ist beschäftigt bei {2}',
  'The server allows fewer connections than are in use. Allow more, or wait.':
    'Der Server erlaubt weniger Verbindungen, als in Gebrauch sind. Mehr erlauben oder warten.',
  '"{1}" refuses the login while {2}': '„{1}“ lehnt die Anmeldung ab bei {2}',
  'Check the user name, and the password in HOLDFAST_STORAGE_PASSWORD_FILE or HOLDFAST_STORAGE_PASSWORD_COMMAND.':
    'Den Benutzernamen prüfen, und das Passwort in HOLDFAST_STORAGE_PASSWORD_FILE oder HOLDFAST_STORAGE_PASSWORD_COMMAND.',
  '"{1}" refuses the transfer while {2}': '„{1}“ lehnt die Übertragung ab bei {2}',
  'Client and server do not agree on encryption. Use "ftp:" for explicit and "ftps:" for implicit TLS.':
    'Programm und Server sind sich über die Verschlüsselung nicht einig. „ftp:“ ist explizites, „ftps:“ implizites TLS.',
  '"{1}" refuses a right while {2}': '„{1}“ verweigert ein Recht bei {2}',
  'The account needs the rights to read, write, rename, list and delete in this folder.':
    'Das Konto braucht das Recht, in diesem Ordner zu lesen, schreiben, umzubenennen, aufzulisten und zu löschen.',
  '"{1}" refuses a command while {2}': '„{1}“ lehnt einen Befehl ab bei {2}',
  'The server lacks or forbids a command that is needed: EPSV or PASV, TYPE, SIZE, REST, RNFR, RNTO, and MLSD or MDTM.':
    'Dem Server fehlt ein Befehl, der nötig ist, oder er verbietet ihn: EPSV oder PASV, TYPE, SIZE, REST, RNFR, RNTO, und MLSD oder MDTM.',
  '"{1}" fails while {2}': '„{1}“ scheitert bei {2}',
  'The server reports trouble of its own. Look into its log if it stays so.':
    'Der Server meldet eigene Schwierigkeiten. In sein Protokoll sehen, wenn es so bleibt.',
  'object "{1}" has {2} bytes, not {3}': 'das Objekt „{1}“ hat {2} Bytes, nicht {3}',
  '"{1}" sent {2} of {3} bytes of "{4}"': '„{1}“ sandte {2} von {3} Bytes von „{4}“',
  'The server or the network broke the transfer off. It is tried again.':
    'Der Server oder das Netz brach die Übertragung ab. Sie wird wiederholt.',
  'there is no folder "{1}"': 'es gibt keinen Ordner „{1}“',
  'Check the path, or make a repository there with "holdfast init". A path is taken from the folder of the login; write two slashes after the host for one from the root.':
    'Den Pfad prüfen oder dort mit „holdfast init“ ein Repository anlegen. Ein Pfad gilt ab dem Ordner der Anmeldung; für einen ab der Wurzel nach dem Server zwei Schrägstriche schreiben.',
  '"{1}" is gone': '„{1}“ ist weg',
  'Was the folder moved or removed, or a disk of the server not mounted?':
    'Wurde der Ordner verschoben oder entfernt, oder ist eine Platte des Servers nicht eingehängt?',
  '"{1}" stored other bytes than it was sent for "{2}"':
    '„{1}“ speicherte für „{2}“ andere Bytes, als gesendet wurden',
  'Nothing was kept. The server converts line ends or damages what it stores: switch its ASCII mode off, or use another server.':
    'Nichts wurde behalten. Der Server wandelt Zeilenenden um oder beschädigt, was er speichert: seinen ASCII-Modus abschalten oder einen anderen Server nehmen.',
  'object "{1}" exists already': 'das Objekt „{1}“ gibt es schon',
  'object "{1}" exists with other content': 'das Objekt „{1}“ gibt es schon mit anderem Inhalt',
  '"{1}:{2}" shows no certificate': '„{1}:{2}“ zeigt kein Zertifikat',
  'Check the network, the port, and whether the server speaks TLS there.':
    'Netz und Port prüfen, und ob der Server dort TLS spricht.',
  '"{1}" shows another certificate than the pinned one':
    '„{1}“ zeigt ein anderes Zertifikat als das festgelegte',
  'If the server got a new certificate, give its SHA-256 fingerprint; otherwise somebody stands between you and the server.':
    'Hat der Server ein neues Zertifikat, dessen SHA-256-Fingerabdruck angeben; sonst steht jemand zwischen hier und dem Server.',
  'the certificate of "{1}" is not to be trusted ({2})': 'dem Zertifikat von „{1}“ ist nicht zu trauen ({2})',
  'The certificate belongs to another name. Use the name that it was made for, or pin it with fingerprint=SHA256.':
    'Das Zertifikat gehört zu einem anderen Namen. Den Namen nehmen, für den es gilt, oder es mit fingerprint=SHA256 festlegen.',
  'Give the authority that signed it as ca-file=PATH, or pin the certificate with fingerprint=SHA256. If it has expired, the server needs a new one.':
    'Mit ca-file=PFAD die Stelle nennen, die es unterschrieben hat, oder es mit fingerprint=SHA256 festlegen. Ist es abgelaufen, braucht der Server ein neues.',
  'the file of authorities "{1}" cannot be read':
    'die Datei der Zertifizierungsstellen „{1}“ ist nicht zu lesen',
  'Name a readable file with certificates in PEM format.':
    'Eine lesbare Datei mit Zertifikaten im PEM-Format nennen.',
  '"{1}" holds no certificate': '„{1}“ enthält kein Zertifikat',
  'Name a file with certificates in PEM format ("-----BEGIN CERTIFICATE-----").':
    'Eine Datei mit Zertifikaten im PEM-Format nennen („-----BEGIN CERTIFICATE-----“).',
  'the URL of an object server cannot be used: {1}':
    'die URL eines Objektservers ist nicht zu gebrauchen: {1}',
  '"rest://" would show the password to everybody on the way to "{1}"':
    '„rest://“ würde das Passwort allen auf dem Weg zu „{1}“ zeigen',
  'Use rests://. Only on a network that is encrypted otherwise add ?allow-plaintext=yes.':
    'rests:// nehmen. Nur in einem Netz, das anders verschlüsselt ist, ?allow-plaintext=yes anfügen.',
  'a certificate was named for a connection without one':
    'für eine Verbindung ohne Zertifikat wurde eines genannt',
  'Use rests://.': 'rests:// nehmen.',
  'an object server needs a user and password, or a token':
    'ein Objektserver braucht Benutzer und Passwort oder ein Token',
  'Write the user into the URL and set HOLDFAST_STORAGE_PASSWORD_FILE, or set HOLDFAST_STORAGE_TOKEN_FILE alone.':
    'Den Benutzer in die URL schreiben und HOLDFAST_STORAGE_PASSWORD_FILE setzen, oder nur HOLDFAST_STORAGE_TOKEN_FILE setzen.',
  '"{1}" arrived with other bytes': '„{1}“ kam mit anderen Bytes an',
  'Check the network and what stands between; it is tried again.':
    'Das Netz prüfen und was dazwischen steht; es wird wiederholt.',
  'the server takes no more for now': 'der Server nimmt vorerst nichts mehr an',
  'the name and password, or the token, are not accepted':
    'Name und Passwort oder das Token werden nicht angenommen',
  'line {1} of the accounts cannot be used: {2}': 'Zeile {1} der Konten ist nicht zu gebrauchen: {2}',
  'A line is NAME:HASH or NAME:HASH:OPTIONS, with options such as append-only,quota=500G.':
    'Eine Zeile ist NAME:HASH oder NAME:HASH:OPTIONEN, mit Optionen wie append-only,quota=500G.',
  'Name a file with the certificates of the authority, in PEM, with ca-file.':
    'Mit ca-file eine Datei mit den Zertifikaten der Stelle nennen, im PEM-Format.',
  '"{1}" speaks another protocol ({2})': '„{1}“ spricht ein anderes Protokoll ({2})',
  'Use rests:// for a server with a certificate and rest:// for one without, and check the port.':
    'rests:// für einen Server mit Zertifikat nehmen, rest:// für einen ohne, und den Port prüfen.',
  'Check the host name, the port, the network, and whether the object server runs.':
    'Rechnername, Port und Netz prüfen, und ob der Objektserver läuft.',
  'the certificate of "{1}" is not trusted ({2})': 'dem Zertifikat von „{1}“ wird nicht getraut ({2})',
  'Name the certificate authority with ca-file, or pin the certificate with certificate-sha256. Somebody may be posing as the server.':
    'Die Zertifizierungsstelle mit ca-file nennen oder das Zertifikat mit certificate-sha256 festlegen. Vielleicht gibt sich jemand als der Server aus.',
  'Check the name and the account, or make a repository there with "holdfast init".':
    'Name und Konto prüfen oder dort mit „holdfast init“ ein Repository anlegen.',
  'Choose a new name for the repository.': 'Einen neuen Namen für das Repository wählen.',
  '"{1}" lets nothing be deleted by this account': '„{1}“ lässt dieses Konto nichts löschen',
  'Test with an account that may delete; one small object in "probe/" was left. "holdfast storage posture" writes nothing.':
    'Mit einem Konto testen, das löschen darf; ein kleines Objekt in „probe/“ blieb liegen. „holdfast storage posture“ schreibt nichts.',
  'the account may only add objects': 'das Konto darf nur Objekte hinzufügen',
  'the account may only add objects, not change "{1}"':
    'das Konto darf Objekte nur hinzufügen, „{1}“ nicht ändern',
  'Delete with an account that is not append-only.': 'Mit einem Konto löschen, das mehr darf als hinzufügen.',
  'the account may only read from "{1}"': 'das Konto darf von „{1}“ nur lesen',
  'Use an account that may write.': 'Ein Konto benutzen, das schreiben darf.',
  '"{1}" does not accept the password or token': '„{1}“ nimmt Passwort oder Token nicht an',
  'Check the user name in the URL, and HOLDFAST_STORAGE_PASSWORD_FILE or HOLDFAST_STORAGE_TOKEN_FILE.':
    'Den Benutzer in der URL und HOLDFAST_STORAGE_PASSWORD_FILE oder HOLDFAST_STORAGE_TOKEN_FILE prüfen.',
  'no space, or no quota, is left at "{1}"': 'bei „{1}“ ist kein Platz oder kein Kontingent mehr',
  'Run "holdfast forget" and "holdfast prune", or ask who runs the server. Nothing that was saved is lost.':
    '„holdfast forget“ und „holdfast prune“ ausführen oder den Betreiber des Servers fragen. Nichts Gesichertes ist verloren.',
  '"{1}" arrived at the server with other bytes': '„{1}“ kam beim Server mit anderen Bytes an',
  '"{1}" cannot serve now ({2})': '„{1}“ kann jetzt nicht dienen ({2})',
  'It is tried again. If it lasts, look into the log of the object server.':
    'Es wird wiederholt. Hält es an, ins Protokoll des Objektservers sehen.',
  'object "{1}" is shorter than what was asked for': 'das Objekt „{1}“ ist kürzer, als was verlangt wurde',
  '"{1}" does not answer as an object server would: {2}': '„{1}“ antwortet nicht wie ein Objektserver: {2}',
  'Check the URL; a proxy in between may answer instead. Nothing was changed by this answer.':
    'Die URL prüfen; vielleicht antwortet stattdessen ein Proxy. Diese Antwort hat nichts geändert.',
  'the quota of "{1}" is used up': 'das Kontingent von „{1}“ ist aufgebraucht',
  'the account "{1}" may only read, and asked for {2}': 'das Konto „{1}“ darf nur lesen und verlangte {2}',
  '"{1}" is refused: the account is append-only': '„{1}“ wird abgelehnt: das Konto darf nur hinzufügen',
  'plain HTTP on "{1}" would show passwords': 'unverschlüsseltes HTTP auf „{1}“ würde Passwörter zeigen',
  'Give a certificate and its key, or listen on 127.0.0.1.':
    'Ein Zertifikat mit Schlüssel angeben oder auf 127.0.0.1 lauschen.',
  'the certificate and its key cannot be used': 'Zertifikat und Schlüssel sind nicht zu gebrauchen',
  'Both must be PEM, the key without a passphrase, and belong together.':
    'Beide müssen PEM sein, der Schlüssel ohne Passwort, und zusammengehören.',
  'the client went away': 'die Gegenseite ging weg',
  'the request failed': 'die Anfrage ist gescheitert',
  'nothing can listen on "{1}", port {2} ({3})': 'auf „{1}“, Port {2}, lässt sich nicht lauschen ({3})',
  'Choose an address of this machine and a free port above 1023.':
    'Eine Adresse dieses Rechners und einen freien Port über 1023 wählen.',
  'an "sftp:" URL must name a user and a host': 'eine URL mit „sftp:“ muss Benutzer und Server nennen',
  'what was written for "{1}" to "{2}" {3}': 'was für „{1}“ nach „{2}“ geschrieben wurde, {3}',
  'The server, its disk or its memory is faulty. Nothing was published.':
    'Server, seine Platte oder sein Arbeitsspeicher ist fehlerhaft. Nichts wurde veröffentlicht.',
  'object "{1}" does not exist in "{2}"': 'das Objekt „{1}“ gibt es in „{2}“ nicht',
  '"{1}" does not let us use "{2}"': '„{1}“ lässt uns „{2}“ nicht benutzen',
  'The login works, but the account lacks the right: check owner and mode of the folder, or whether it is read-only.':
    'Die Anmeldung gelingt, aber dem Konto fehlt das Recht: Besitzer und Rechte des Ordners prüfen, und ob er nur zum Lesen ist.',
  '"{1}" failed at "{2}" ({3})': '„{1}“ ist bei „{2}“ gescheitert ({3})',
  'The server gives no reason. Look into its log, and for a quota or a disk that reports errors.':
    'Der Server nennt keinen Grund. In sein Protokoll sehen, und nach einem Kontingent oder einer Platte, die Fehler meldet.',
  'no space is left for "{1}" in "{2}"': 'für „{1}“ ist in „{2}“ kein Platz mehr',
  'the folder of "{1}" is gone': 'der Ordner von „{1}“ ist weg',
  'Is the disk of the server still connected and mounted?':
    'Ist die Platte des Servers noch angesteckt und eingehängt?',
  'Choose a folder on another file system of the server, such as ext4, XFS, Btrfs or ZFS.':
    'Einen Ordner auf einem anderen Dateisystem des Servers wählen, etwa ext4, XFS, Btrfs oder ZFS.',
  'the connection to "{1}" was lost': 'die Verbindung zu „{1}“ ging verloren',
  'Check the network and the server, then run the command again: finished packs are used again.':
    'Netz und Server prüfen, dann den Befehl noch einmal ausführen: fertige Pakete werden weiterbenutzt.',
  'nothing is given to log in at "{1}" with': 'für die Anmeldung bei „{1}“ ist nichts angegeben',
  'Give identity-file or agent in the URL, or the password as HOLDFAST_STORAGE_PASSWORD_FILE.':
    'identity-file oder agent in der URL angeben, oder das Passwort mit HOLDFAST_STORAGE_PASSWORD_FILE.',
  'the key "{1}" cannot be used: {2}': 'der Schlüssel „{1}“ ist nicht zu gebrauchen: {2}',
  'It must be a private key. Give its passphrase as HOLDFAST_STORAGE_KEY_PASSPHRASE_FILE or HOLDFAST_STORAGE_KEY_PASSPHRASE_COMMAND.':
    'Es muss ein geheimer Schlüssel sein. Sein Passwort mit HOLDFAST_STORAGE_KEY_PASSPHRASE_FILE oder HOLDFAST_STORAGE_KEY_PASSPHRASE_COMMAND angeben.',
  'Check owner and mode of the file.': 'Besitzer und Rechte der Datei prüfen.',
  '{1}: there is no file "{2}"': '{1}: die Datei „{2}“ gibt es nicht',
  'Check the path of the option.': 'Den Pfad der Option prüfen.',
  'there is no folder "{1}" at "{2}"': 'bei „{2}“ gibt es keinen Ordner „{1}“',
  'Check the path: after one slash it begins where a login begins, after two at the root. Or run "holdfast init".':
    'Den Pfad prüfen: nach einem Schrägstrich gilt er ab dem Ordner der Anmeldung, nach zweien ab der Wurzel. Oder „holdfast init“ ausführen.',
  '"{1}" replaces files by links': '„{1}“ ersetzt Dateien durch Links',
  'The server answers wrongly: no backup is safe there.':
    'Der Server antwortet falsch: dort ist keine Sicherung sicher.',
  'the folder of "{1}" is not empty': 'der Ordner von „{1}“ ist nicht leer',
  'Use "webdavs:". If the server has no TLS and the network is trusted, accept that password and names can be read with allow-plaintext=true.':
    '„webdavs:“ nehmen. Hat der Server kein TLS und ist dem Netz zu trauen, mit allow-plaintext=true annehmen, dass Passwort und Namen lesbar sind.',
  '"{1}" refuses the login {2}': '„{1}“ lehnt die Anmeldung ab {2}',
  'Check the user name, and the password in HOLDFAST_STORAGE_PASSWORD_FILE or HOLDFAST_STORAGE_PASSWORD_COMMAND (HOLDFAST_STORAGE_TOKEN_… for a bearer token).':
    'Den Benutzernamen prüfen, und das Passwort in HOLDFAST_STORAGE_PASSWORD_FILE oder HOLDFAST_STORAGE_PASSWORD_COMMAND (HOLDFAST_STORAGE_TOKEN_… für ein Bearer-Token).',
  '"{1}" refuses a right {2}': '„{1}“ verweigert ein Recht {2}',
  'The account needs PROPFIND, GET, PUT, MKCOL, MOVE and DELETE in this folder, and nobody may hold a lock there.':
    'Das Konto braucht in diesem Ordner PROPFIND, GET, PUT, MKCOL, MOVE und DELETE, und niemand darf dort eine Sperre halten.',
  '"{1}" does not know the method {2}': '„{1}“ kennt die Methode nicht {2}',
  'Is this the address of a WebDAV folder, with PROPFIND, GET, PUT, MKCOL, MOVE and DELETE allowed?':
    'Ist das die Adresse eines WebDAV-Ordners, in dem PROPFIND, GET, PUT, MKCOL, MOVE und DELETE erlaubt sind?',
  '"{1}" points elsewhere {2}': '„{1}“ zeigt anderswohin {2}',
  'Give the address to which the server points. It is not followed, because the password would go along.':
    'Die Adresse angeben, auf die der Server zeigt. Der Umleitung wird nicht gefolgt, weil das Passwort mitginge.',
  '"{1}" takes no object of this size {2}': '„{1}“ nimmt kein Objekt dieser Größe an {2}',
  'Raise the limit on the size of a request on the server (nginx: client_max_body_size 0).':
    'Auf dem Server die Grenze für die Größe einer Anfrage anheben (nginx: client_max_body_size 0).',
  'no space is left on "{1}" {2}': 'auf „{1}“ ist kein Platz mehr {2}',
  '"{1}" fails {2}': '„{1}“ scheitert {2}',
  'The server reports trouble of its own. Look into its log if it stays so; nginx says 500 when its disk is full.':
    'Der Server meldet eigene Schwierigkeiten. In sein Protokoll sehen, wenn es so bleibt; nginx sagt 500, wenn seine Platte voll ist.',
  'The server does not speak TLS on this port. Check the port, or use "webdav:" where there is no encryption.':
    'Der Server spricht auf diesem Port kein TLS. Den Port prüfen, oder „webdav:“ nehmen, wo es keine Verschlüsselung gibt.',
  'Check that the server runs and that its port can be reached from here.':
    'Prüfen, ob der Server läuft und sein Port von hier erreichbar ist.',
  'a list of "{1}" cannot be used: {2}': 'eine Liste von „{1}“ ist nicht zu gebrauchen: {2}',
  'the answer for "{1}" is not what was asked for': 'die Antwort für „{1}“ ist nicht, was verlangt wurde',
  'The server, or something before it, changes lengths, ranges or encodings. Switch compression and rewriting off there.':
    'Der Server oder etwas davor ändert Längen, Bereiche oder Kodierungen. Dort Kompression und Umschreiben abschalten.',
  'Nothing was kept. The server, or something before it, changes or damages what it stores: use another server.':
    'Nichts wurde behalten. Der Server oder etwas davor ändert oder beschädigt, was er speichert: einen anderen Server nehmen.',
  '"{1}" broke off while {2}': '„{1}“ brach ab bei {2}',
  'a list of "{1}" lacks the folder itself': 'einer Liste von „{1}“ fehlt der Ordner selbst',
  '"{1}" refuses the login of "{2}"': '„{1}“ lehnt die Anmeldung von „{2}“ ab',
  'Check the user and the key, agent or password. "ssh -v" to the same host shows what the server accepts.':
    'Benutzer und Schlüssel, Agent oder Passwort prüfen. „ssh -v“ zum selben Rechner zeigt, was der Server annimmt.',
  'the SSH agent failed to sign for "{1}" at "{2}"':
    'der SSH-Agent konnte nicht für „{1}“ bei „{2}“ unterschreiben',
  'Check that the agent runs and holds the key: "ssh-add -l".':
    'Prüfen, ob der Agent läuft und den Schlüssel hat: „ssh-add -l“.',
  '"{1}" and Holdfast have no algorithm in common ({2})':
    '„{1}“ und Holdfast haben kein Verfahren gemeinsam ({2})',
  'The server is too old or configured too narrowly. RSA host keys must be used with SHA-2.':
    'Der Server ist zu alt oder zu eng eingestellt. RSA-Schlüssel des Servers gehen nur mit SHA-2.',
  '"{1}" offers "{2}" no SFTP': '„{1}“ bietet „{2}“ kein SFTP',
  'The login works, but the server has no "Subsystem sftp" for this account.':
    'Die Anmeldung gelingt, aber der Server hat für dieses Konto kein „Subsystem sftp“.',
  '"{1}" does not let "{2}" through to another host':
    '„{1}“ lässt „{2}“ nicht zu einem anderen Rechner durch',
  'Set "AllowTcpForwarding yes" for this account on the jump host.':
    'Auf dem Sprungrechner für dieses Konto „AllowTcpForwarding yes“ setzen.',
  'the host "{1}" has no address': 'der Rechner „{1}“ hat keine Adresse',
  '"memory:" keeps nothing beyond this process': '„memory:“ behält nichts über diesen Prozess hinaus',
  'Choose a folder or another place that lasts; "holdfast storage kinds" lists them.':
    'Einen Ordner oder einen anderen Ort wählen, der bleibt; „holdfast storage kinds“ nennt sie.',
  'there is no folder "{1}" to serve': 'es gibt keinen Ordner „{1}“, der zu bedienen wäre',
  'opening it': 'dem Öffnen',
  'opening it: {1}': 'dem Öffnen: {1}',
  'deleting "{1}": {2}': 'dem Löschen von „{1}“: {2}',
  'listing "{1}": {2}': 'dem Auflisten von „{1}“: {2}',
  'reading "{1}": {2}': 'dem Lesen von „{1}“: {2}',
  'writing "{1}": {2}': 'dem Schreiben von „{1}“: {2}',
  'making the folder': 'dem Anlegen des Ordners',
  'asking for "{1}"': 'der Frage nach „{1}“',
  'deleting "{1}"': 'dem Löschen von „{1}“',
  'listing "{1}"': 'dem Auflisten von „{1}“',
  'reading "{1}"': 'dem Lesen von „{1}“',
  'writing "{1}"': 'dem Schreiben von „{1}“',
  'asking for the room that is left': 'der Frage nach dem freien Platz',
  'clearing up': 'dem Aufräumen',
  'looking at the certificate': 'dem Ansehen des Zertifikats',
  'a file system of type "{1}"': 'ein Dateisystem der Art „{1}“',
  'Check the spelling of the host, at S3 of the region too, and the name server.':
    'Die Schreibweise des Rechners prüfen, bei S3 auch der Region, und den Nameserver.',
  'Check the spelling of the host, and the name server.':
    'Die Schreibweise des Rechners und den Nameserver prüfen.',
  '"{1}" cannot be reached ({2})': '„{1}“ ist nicht erreichbar ({2})',
  'Check host, port and firewall, and whether the SSH server runs.':
    'Rechner, Port und Firewall prüfen, und ob der SSH-Server läuft.',
  'it names no server': 'sie nennt keinen Server',
  'after the server comes the name of one repository': 'nach dem Server kommt der Name eines Repositorys',
  '"allow-plaintext" can only be "yes"': '„allow-plaintext“ kann nur „yes“ sein',
  'it is another one than was pinned': 'es ist ein anderes als das festgelegte',
  'it speaks another version of the protocol': 'er spricht eine andere Version des Protokolls',
  'status {1}, {2} bytes': 'Status {1}, {2} Bytes',
  'a list has a line that is none': 'eine Liste hat eine Zeile, die keine ist',
  'a list has {1} of {2} objects': 'eine Liste hat {1} von {2} Objekten',
  'an object without its size or time': 'ein Objekt ohne Größe oder Zeit',
  'no JSON': 'kein JSON',
  'a list has a line without an end': 'eine Liste hat eine Zeile ohne Ende',
  'it found a request invalid, status {1}': 'er fand eine Anfrage ungültig, Status {1}',
  'the answer is no multistatus': 'die Antwort ist kein multistatus',
  'status "{1}" for one entry': 'Status „{1}“ für einen Eintrag',
  'an entry lies elsewhere': 'ein Eintrag liegt anderswo',
  'an entry has no size or no date': 'ein Eintrag hat keine Größe oder kein Datum',
  'an entry has no address': 'ein Eintrag hat keine Adresse',
  'the host key of "{1}" is not known: it offers "{2}"':
    'der Schlüssel des Servers „{1}“ ist nicht bekannt: er zeigt „{2}“',
  'Ask who runs the server whether this is its fingerprint. If it is, run: {1}':
    'Den Betreiber fragen, ob das sein Fingerabdruck ist. Wenn ja, ausführen: {1}',
  'THE HOST KEY OF "{1}" HAS CHANGED: it offers "{2}", pinned is "{3}"':
    'DER SCHLÜSSEL DES SERVERS „{1}“ IST EIN ANDERER: er zeigt „{2}“, festgelegt ist „{3}“',
  'THE HOST KEY OF "{1}" HAS CHANGED: it offers "{2}"':
    'DER SCHLÜSSEL DES SERVERS „{1}“ IST EIN ANDERER: er zeigt „{2}“',
  'Somebody may be listening in between, or the server was set up anew. Believe it only when who runs the server confirms the fingerprint on another way; then change the option host-key.':
    'Vielleicht hört jemand dazwischen mit, oder der Server wurde neu eingerichtet. Es nur glauben, wenn der Betreiber den Fingerabdruck auf anderem Weg bestätigt; dann die Option host-key ändern.',
  'Somebody may be listening in between, or the server was set up anew. Believe it only when who runs the server confirms the fingerprint on another way; then remove the old key with: {1}, and run: {2}':
    'Vielleicht hört jemand dazwischen mit, oder der Server wurde neu eingerichtet. Es nur glauben, wenn der Betreiber den Fingerabdruck auf anderem Weg bestätigt; dann den alten Schlüssel entfernen mit: {1}, und ausführen: {2}',
  'the host key of "{1}" is marked as revoked: "{2}"':
    'der Schlüssel des Servers „{1}“ ist als widerrufen markiert: „{2}“',
  'This key must not be used any more. Ask who runs the server.':
    'Dieser Schlüssel darf nicht mehr benutzt werden. Den Betreiber fragen.',
};
