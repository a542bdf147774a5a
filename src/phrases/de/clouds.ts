// Speicher: S3, Azure, Google Cloud Storage.

import type { Phrases } from '../phrases.ts';

export const clouds: Phrases = {
  'object "{1}" vanished while it was put': 'das Objekt „{1}“ verschwand, während es abgelegt wurde',
  'object "{1}" does not exist': 'das Objekt „{1}“ gibt es nicht',
  'object "{1}" is kept by an immutability policy':
    'das Objekt „{1}“ wird von einer Unveränderlichkeitsrichtlinie festgehalten',
  'It can be removed once the policy has expired or the legal hold is lifted.':
    'Es lässt sich entfernen, wenn die Frist abgelaufen oder die rechtliche Sperre aufgehoben ist.',
  'object "{1}" came with another checksum than it has':
    'das Objekt „{1}“ kam mit einer anderen Prüfsumme an, als es hat',
  'It was damaged on the way. Try again later.':
    'Es wurde unterwegs beschädigt. Später noch einmal versuchen.',
  'See docs/guides/storage-azure.md for the credentials that are accepted.':
    'Welche Zugangsdaten gelten, steht in docs/guides/storage-azure.md.',
  'the account "{1}" has no container "{2}"': 'das Konto „{1}“ hat keinen Container „{2}“',
  'Check the name. "holdfast init" makes the container when the account may.':
    'Den Namen prüfen. „holdfast init“ legt den Container an, wenn das Konto es darf.',
  '{1} is kept by an immutability policy': '{1} wird von einer Unveränderlichkeitsrichtlinie festgehalten',
  'the account "{1}" takes no more ({2})': 'das Konto „{1}“ nimmt nichts mehr an ({2})',
  'Raise its limit, or run "holdfast forget" and "holdfast prune". Nothing that was saved is lost.':
    'Seine Grenze anheben, oder „holdfast forget“ und „holdfast prune“ ausführen. Nichts Gesichertes ist verloren.',
  '{1}: the service answers {2} {3}': '{1}: der Dienst antwortet {2} {3}',
  'The service is busy or troubled. Try again later.':
    'Der Dienst ist überlastet oder gestört. Später noch einmal versuchen.',
  '{1}: the service refuses the call ({2} {3})': '{1}: der Dienst lehnt den Aufruf ab ({2} {3})',
  'Check account, container and options. Accounts with page blobs only, or with a hierarchical namespace, cannot be used.':
    'Konto, Container und Optionen prüfen. Konten nur mit Seitenblobs oder mit hierarchischem Namensraum gehen nicht.',
  'object "{1}" lies in the archive tier': 'das Objekt „{1}“ liegt im Archiv',
  'It must be thawed first, which takes up to 15 hours.':
    'Es muss zuerst aufgetaut werden, was bis zu 15 Stunden dauert.',
  'the account "{1}" {2} ({3} {4})': 'das Konto „{1}“ {2} ({3} {4})',
  'Check the account key, or whether the SAS token has expired or the clock of this machine is wrong.':
    'Den Schlüssel des Kontos prüfen, und ob das SAS-Token abgelaufen ist oder die Uhr dieses Rechners falsch geht.',
  'The account needs to read, add, list and delete blobs: the role "Storage Blob Data Contributor", or a SAS with "racwdl". Check the firewall of the account too.':
    'Das Konto muss Blobs lesen, hinzufügen, auflisten und löschen dürfen: die Rolle „Storage Blob Data Contributor“ oder ein SAS mit „racwdl“. Auch die Firewall des Kontos prüfen.',
  'no credentials were found for the account "{1}"': 'für das Konto „{1}“ wurden keine Zugangsdaten gefunden',
  'Give an account key or a SAS token, or sign in with the Azure CLI, a managed identity or the AZURE_… variables.':
    'Einen Kontoschlüssel oder ein SAS-Token angeben, oder sich mit der Azure-CLI, einer verwalteten Identität oder den Variablen AZURE_… anmelden.',
  '"{1}" gave no usable answer': '„{1}“ gab keine brauchbare Antwort',
  'Check the endpoint and any proxy. Try again later.':
    'Die Adresse und einen Proxy prüfen. Später noch einmal versuchen.',
  'Try again later.': 'Später noch einmal versuchen.',
  'object "{1}" is kept by {2}': 'das Objekt „{1}“ wird festgehalten: {2}',
  'It can be removed once its date has passed or the hold is released.':
    'Es lässt sich entfernen, wenn die Frist vorbei oder die Sperre aufgehoben ist.',
  'the key file "{1}" {2}': 'die Schlüsseldatei „{1}“ {2}',
  'The option key-file names the JSON file that Google gives for the key of a service account. Other kinds are named by GOOGLE_APPLICATION_CREDENTIALS.':
    'Die Option key-file nennt die JSON-Datei, die Google zum Schlüssel eines Dienstkontos gibt. Andere Arten nennt GOOGLE_APPLICATION_CREDENTIALS.',
  'there is no bucket "{1}"': 'es gibt keinen Bucket „{1}“',
  'Check the name. "holdfast init" makes the bucket when it is told a project and the account may.':
    'Den Namen prüfen. „holdfast init“ legt den Bucket an, wenn ein Projekt genannt ist und das Konto es darf.',
  '{1} is kept by a retention policy or a hold':
    '{1} wird von einer Aufbewahrungsfrist oder Sperre festgehalten',
  '{1}: the service answers {2}': '{1}: der Dienst antwortet {2}',
  '{1}: the service refuses the call ({2})': '{1}: der Dienst lehnt den Aufruf ab ({2})',
  'the bucket "{1}" {2} ({3})': 'der Bucket „{1}“ {2} ({3})',
  'Check the key file, whether its key is still valid, and the clock of this machine.':
    'Die Schlüsseldatei prüfen, ob ihr Schlüssel noch gilt, und die Uhr dieses Rechners.',
  'The account needs the role "Storage Object User" on the bucket: to read, create, list and delete objects.':
    'Das Konto braucht für den Bucket die Rolle „Storage Object User“: Objekte lesen, anlegen, auflisten und löschen.',
  'no credentials were found for the bucket "{1}"': 'für den Bucket „{1}“ wurden keine Zugangsdaten gefunden',
  'Name the key file of a service account with the option key-file, or sign in with "gcloud auth application-default login".':
    'Die Schlüsseldatei eines Dienstkontos mit der Option key-file nennen oder sich mit „gcloud auth application-default login“ anmelden.',
  'rule "{1}" is disabled': 'die Regel „{1}“ ist abgeschaltet',
  'Google Cloud Storage keeps no disabled rules. Leave it out.':
    'Google Cloud Storage bewahrt keine abgeschalteten Regeln auf. Sie weglassen.',
  'the upload of "{1}" was answered out of order':
    'das Hochladen von „{1}“ wurde in falscher Reihenfolge beantwortet',
  '"{1}" holds no lifecycle rules: {2}': '„{1}“ enthält keine Altersregeln: {2}',
  'Write the rules as AWS does, for example with "holdfast storage lifecycle show > s3_lifecycle.json".':
    'Die Regeln schreiben, wie AWS es tut, zum Beispiel mit „holdfast storage lifecycle show > s3_lifecycle.json“.',
  '"{1}" has two rules with the ID "{2}"': '„{1}“ hat zwei Regeln mit der ID „{2}“',
  'the certificate of "{1}" is refused ({2})': 'das Zertifikat von „{1}“ wird abgelehnt ({2})',
  'Check the endpoint and the clock of this machine. For an authority of your own, name its certificate with the option ca-file.':
    'Die Adresse und die Uhr dieses Rechners prüfen. Für eine eigene Zertifizierungsstelle deren Zertifikat mit der Option ca-file nennen.',
  '"{1}" cannot be reached ({2})': '„{1}“ ist nicht erreichbar ({2})',
  'Check the network, the endpoint and any proxy. Try again later.':
    'Netz, Adresse und einen Proxy prüfen. Später noch einmal versuchen.',
  'object "{1}" {2}, {3} are needed': 'das Objekt „{1}“ {2}, {3} sind nötig',
  'Run "holdfast check --read-data". Nothing was overwritten.':
    '„holdfast check --read-data“ ausführen. Nichts wurde überschrieben.',
  'object "{1}" came with more bytes than announced': 'das Objekt „{1}“ kam mit mehr Bytes als angekündigt',
  'object "{1}" broke off after {2} bytes': 'das Objekt „{1}“ brach nach {2} Bytes ab',
  'The connection was cut. Try again later.': 'Die Verbindung wurde getrennt. Später noch einmal versuchen.',
  'the value of "endpoint" cannot be used': 'der Wert von „endpoint“ ist nicht zu gebrauchen',
  'Write https://host, without credentials and without "?". Plain http:// is accepted for this machine only.':
    'https://rechner schreiben, ohne Zugangsdaten und ohne „?“. Unverschlüsseltes http:// gilt nur für diesen Rechner.',
  'Choose a new or empty folder for the repository; it may lie in the same place.':
    'Einen neuen oder leeren Ordner für das Repository wählen; er kann am selben Ort liegen.',
  'the certificates in "{1}" cannot be read': 'die Zertifikate in „{1}“ sind nicht zu lesen',
  'The option ca-file names a file of PEM certificates.':
    'Die Option ca-file nennt eine Datei mit PEM-Zertifikaten.',
  '"{1}" holds no PEM certificate': '„{1}“ enthält kein PEM-Zertifikat',
  'class "{1}" cannot be read at once': 'die Klasse „{1}“ ist nicht sofort lesbar',
  'Keep new objects in a readable class, and move old packs by a tiering policy or a lifecycle rule.':
    'Neue Objekte in einer lesbaren Klasse ablegen, und alte Pakete mit einer Regel für Klassen oder einer Altersregel verschieben.',
  'Known there: {1}.': 'Bekannt sind dort: {1}.',
  'object "{1}" changed while it was moved': 'das Objekt „{1}“ änderte sich, während es verschoben wurde',
  'Check the option "ca-file".': 'Die Option „ca-file“ prüfen.',
  'the URL of a bucket has neither a user nor a port': 'die URL eines Buckets hat weder Benutzer noch Port',
  'Write it like {1}, with "access-key-id=" and "endpoint=https://host:port" as options.':
    'So schreiben: {1}, mit „access-key-id=“ und „endpoint=https://rechner:port“ als Optionen.',
  'bucket "{1}" belongs to somebody else': 'der Bucket „{1}“ gehört jemand anderem',
  'Names of buckets are unique in the whole service. Choose another one.':
    'Namen von Buckets gibt es im ganzen Dienst nur einmal. Einen anderen wählen.',
  'Choose another bucket, or a folder in it: s3://bucket/folder.':
    'Einen anderen Bucket wählen oder einen Ordner darin: s3://bucket/ordner.',
  '"{1}" gives other bytes than were put': '„{1}“ gibt andere Bytes zurück, als abgelegt wurden',
  '"{1}" does not honour sse={2}': '„{1}“ hält sich nicht an sse={2}',
  'Leave the option out, or have the bucket encrypted by its own settings. Holdfast encrypts all it stores in any case.':
    'Die Option weglassen, oder den Bucket durch seine eigenen Einstellungen verschlüsseln lassen. Holdfast verschlüsselt in jedem Fall alles, was es speichert.',
  '"{1}" does not honour "If-None-Match: *"': '„{1}“ hält sich nicht an „If-None-Match: *“',
  'Add exclusive=false to go on with a weaker promise: see docs/guides/storage-s3.md.':
    'exclusive=false an die URL hängen, um mit schwächerem Versprechen weiterzumachen.',
  'object "{1}" is frozen': 'das Objekt „{1}“ ist eingefroren',
  'Thaw it first: the storage class keeps it where it cannot be read at once.':
    'Es zuerst auftauen: seine Speicherklasse hält es, wo es nicht sofort lesbar ist.',
  '{1} in {2} failed ({3})': '{1} in {2} ist gescheitert ({3})',
  'Set the clock of this machine.': 'Die Uhr dieses Rechners stellen.',
  'object "{1}" ends before the range asked for': 'das Objekt „{1}“ endet vor dem verlangten Bereich',
  'If it is your own server, give the certificate of its authority as "ca-file"; otherwise do not go on.':
    'Ist es ein eigener Server, das Zertifikat seiner Stelle mit „ca-file“ nennen; sonst nicht weitermachen.',
  'Does "endpoint" lead to an S3 server, and not to a proxy before it? The call is repeated.':
    'Führt „endpoint“ zu einem S3-Server und nicht zu einem Proxy davor? Der Aufruf wird wiederholt.',
  'Check bucket, region and endpoint, or make a repository there with "holdfast init".':
    'Bucket, Region und Adresse prüfen oder dort mit „holdfast init“ ein Repository anlegen.',
  '{1} may not be used ({2})': '{1} darf nicht benutzt werden ({2})',
  'no space is left in {1} ({2})': 'in {1} ist kein Platz mehr ({2})',
  'Raise the quota, or run "holdfast forget" and "holdfast prune". Nothing that was saved is lost.':
    'Das Kontingent anheben, oder „holdfast forget“ und „holdfast prune“ ausführen. Nichts Gesichertes ist verloren.',
  'Not every server has all of S3. docs/guides/storage-s3.md says what can be switched off.':
    'Nicht jeder Server kann alles von S3. Was sich abschalten lässt, steht in docs/guides/storage-s3.md.',
  'lifecycle rule "{1}" says more than can be written back':
    'die Altersregel „{1}“ sagt mehr, als sich zurückschreiben lässt',
  "It selects by tag, size or date, or moves old versions. Remove it with the provider's own tools.":
    'Sie wählt nach Marke, Größe oder Datum aus oder verschiebt alte Versionen. Sie mit den Werkzeugen des Anbieters entfernen.',
  'bucket "{1}" has no object lock': 'der Bucket „{1}“ hat keine Objektsperre',
  'Object lock is switched on when a bucket is made. Choose another one, or leave out "lock-mode".':
    'Die Objektsperre wird eingeschaltet, wenn ein Bucket entsteht. Einen anderen wählen oder „lock-mode“ weglassen.',
  'object "{1}" is retained until "{2}"': 'das Objekt „{1}“ wird bis „{2}“ festgehalten',
  'Nobody can delete it before. Run "holdfast prune" again then.':
    'Vorher kann es niemand löschen. Dann „holdfast prune“ noch einmal ausführen.',
  'object "{1}" was there and is gone again': 'das Objekt „{1}“ war da und ist wieder weg',
  'object "{1}" broke off at {2} of {3} bytes': 'das Objekt „{1}“ brach bei {2} von {3} Bytes ab',
  'a list of "{1}" names {2}': 'eine Liste von „{1}“ nennt {2}',
  'The storage answers wrongly. Nothing was changed; ask who runs it.':
    'Der Speicher antwortet falsch. Nichts wurde geändert; den Betreiber fragen.',
  'The access key is not known there. Check "access-key-id" and "endpoint".':
    'Der Zugriffsschlüssel ist dort nicht bekannt. „access-key-id“ und „endpoint“ prüfen.',
  'The secret access key is wrong, or not that of this access key.':
    'Der geheime Zugriffsschlüssel ist falsch oder gehört nicht zu diesem Zugriffsschlüssel.',
  'The session has ended. Sign in again, or give a new session token.':
    'Die Sitzung ist zu Ende. Sich neu anmelden oder ein neues Sitzungs-Token angeben.',
  'no credentials': 'keine Zugangsdaten',
  'Give "access-key-id" with HOLDFAST_STORAGE_SECRET_ACCESS_KEY_FILE, a profile, or run where a role is attached.':
    '„access-key-id“ mit HOLDFAST_STORAGE_SECRET_ACCESS_KEY_FILE angeben, oder ein Profil, oder dort ausführen, wo eine Rolle gilt.',
  'The account lacks a right, or a policy forbids it. docs/guides/storage-s3.md lists what it needs.':
    'Dem Konto fehlt ein Recht, oder eine Policy verbietet es. docs/guides/storage-s3.md nennt, was nötig ist.',
  'The object is encrypted with a "customerKey" that was not given, or with another one.':
    'Das Objekt ist mit einem „customerKey“ verschlüsselt, der nicht angegeben ist, oder mit einem anderen.',
  'cannot be read ({1})': 'ist nicht zu lesen ({1})',
  'is no key of a service account': 'ist kein Schlüssel eines Dienstkontos',
  'holds a private key that cannot be used': 'enthält einen geheimen Schlüssel, der nicht zu gebrauchen ist',
  'an identity is used over https:// only; give an account key or a SAS token':
    'eine Identität geht nur über https://; einen Kontoschlüssel oder ein SAS-Token angeben',
  'more than one of accountKey, sasToken and connectionString is given':
    'mehr als eines von accountKey, sasToken und connectionString ist angegeben',
  'the connection string is of another account than "{1}"':
    'die Verbindungszeichenkette gehört zu einem anderen Konto als „{1}“',
  'the connection string must hold either AccountKey or SharedAccessSignature':
    'die Verbindungszeichenkette muss AccountKey oder SharedAccessSignature enthalten',
  'the account key is no base64 text': 'der Kontoschlüssel ist kein base64-Text',
  'the SAS token is none: it has no signature ("sig=")':
    'das SAS-Token ist keines: ihm fehlt die Signatur („sig=“)',
  '{1} does not know the storage class': '{1} kennt die Speicherklasse nicht',
  'Check "storage-class".': '„storage-class“ prüfen.',
  '"{1}" is no name of a bucket': '„{1}“ ist kein Name eines Buckets',
  'Check the URL.': 'Die URL prüfen.',
  '{1} refused {2} ({3})': '{1} lehnte ab: {2} ({3})',
  'Check "storage-class", "sse" and "kms-key": the server does not know one of them.':
    '„storage-class“, „sse“ und „kms-key“ prüfen: der Server kennt eines davon nicht.',
  'The endpoint does not know this request. Check "endpoint", "style" and "region".':
    'Der Server kennt diese Anfrage nicht. „endpoint“, „style“ und „region“ prüfen.',
  'the region of the bucket is not known': 'die Region des Buckets ist nicht bekannt',
  'Write region=eu-central-1, or whatever it is.': 'region=eu-central-1 schreiben, oder welche es ist.',
  'does not accept these credentials': 'nimmt diese Anmeldedaten nicht an',
  'does not permit the call': 'erlaubt den Aufruf nicht',
  opening: 'Öffnen',
  'making the bucket': 'Anlegen des Buckets',
  'put of "{1}"': 'Schreiben von „{1}“',
  'get of "{1}"': 'Lesen von „{1}“',
  'stat of "{1}"': 'Ansehen von „{1}“',
  'delete of "{1}"': 'Löschen von „{1}“',
  'thaw of "{1}"': 'Auftauen von „{1}“',
  'retain of "{1}"': 'Festhalten von „{1}“',
  'transition of "{1}"': 'Umlagern von „{1}“',
  '{1} does not speak TLS': '{1} spricht kein TLS',
  'Check "endpoint": http:// or https://, and the port.':
    '„endpoint“ prüfen: http:// oder https://, und den Port.',
  'bucket "{1}" is in another region': 'der Bucket „{1}“ liegt in einer anderen Region',
  'bucket "{1}" is in another region: "{2}"': 'der Bucket „{1}“ liegt in einer anderen Region: „{2}“',
  'Give the bucket\'s own region as "region=".': 'Mit „region=“ die Region des Buckets angeben.',
  'Write region={1}.': 'region={1} schreiben.',
  'Check the network and "endpoint". The call is repeated.':
    'Netz und „endpoint“ prüfen. Der Aufruf wird wiederholt.',
  'object "{1}" was stored with another checksum':
    'das Objekt „{1}“ wurde mit einer anderen Prüfsumme gespeichert',
  'object "{1}" came without a length': 'das Objekt „{1}“ kam ohne Länge',
  'object "{1}" came with range "{2}" instead of "{3}"': 'das Objekt „{1}“ kam mit Bereich „{2}“ statt „{3}“',
  'object "{1}" came longer than announced': 'das Objekt „{1}“ war länger als angekündigt',
  'an entry without name or size': 'einen Eintrag ohne Namen oder Größe',
  'nothing that S3 would': 'nichts, was S3 nennen würde',
  'no next page': 'keine nächste Seite',
  '{1} cannot do this: {2} ({3})': '{1} kann das nicht: {2} ({3})',
};
