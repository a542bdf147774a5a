// Quellen: Dateien, AWS, Vault.

import type { Phrases } from '../phrases.ts';

export const sources: Phrases = {
  'the endpoint "{1}" of {2} is not reached by TLS': 'die Adresse „{1}“ von {2} wird ohne TLS erreicht',
  'The answers hold secrets: give an endpoint that begins with "https:".':
    'Die Antworten enthalten Geheimnisse: eine Adresse angeben, die mit „https:“ beginnt.',
  'no AWS region was given': 'es wurde keine AWS-Region angegeben',
  'Give --aws-region, or set AWS_REGION or a region in the profile.':
    '--aws-region angeben, oder AWS_REGION oder im Profil eine Region setzen.',
  '{1} does not let this account list': '{1} lässt dieses Konto nicht auflisten',
  'Allow the calls that docs/guides/secrets-sources.md names to the account that makes the backup.':
    'Dem Konto, das sichert, die Aufrufe erlauben, die docs/guides/secrets-sources.md nennt.',
  'AWS does not accept the credentials for {1}': 'AWS nimmt die Zugangsdaten für {1} nicht an',
  'there are no AWS credentials for {1}': 'für {1} sind keine AWS-Zugangsdaten da',
  '{1} answers that it is asked too often': '{1} antwortet, dass es zu oft gefragt wird',
  '{1} cannot be reached': '{1} ist nicht erreichbar',
  'Check region, network, proxy and the AWS_ENDPOINT_URL variables.':
    'Region, Netz, Proxy und die Variablen AWS_ENDPOINT_URL prüfen.',
  '{1} cannot answer at the moment': '{1} kann im Moment nicht antworten',
  '{1} refuses with "{2}"': '{1} lehnt mit „{2}“ ab',
  'Look the name up in the API reference of AWS.': 'Den Namen in der API-Beschreibung von AWS nachschlagen.',
  '{1} gives the same page again and again': '{1} gibt immer wieder dieselbe Seite',
  'Something else than AWS answers there, or try again later.':
    'Dort antwortet etwas anderes als AWS; sonst später noch einmal versuchen.',
  'no space is left for "{1}"': 'für „{1}“ ist kein Platz mehr',
  'Free space or choose another target; what was restored so far is complete file by file.':
    'Platz schaffen oder ein anderes Ziel wählen; was schon wiederhergestellt ist, ist Datei für Datei vollständig.',
  'the walk was canceled': 'der Gang durch die Ordner wurde abgebrochen',
  'Check the paths to be saved: a disk may not be mounted.':
    'Die Pfade prüfen, die zu sichern sind: vielleicht ist eine Platte nicht eingehängt.',
  'the answers do not fit into memory': 'die Antworten passen nicht in den Arbeitsspeicher',
  'Save less at once: narrow it down by a prefix or path.':
    'Weniger auf einmal sichern: mit einem Präfix oder Pfad eingrenzen.',
  'what was not listed is read': 'es wird gelesen, was nicht aufgelistet wurde',
  'there is no such stream': 'diesen Strom gibt es nicht',
  'there is nothing to save at "{1}"': 'unter „{1}“ ist nichts zu sichern',
  'Check region, account, prefix and path: an empty backup would look like a good one.':
    'Region, Konto, Präfix und Pfad prüfen: eine leere Sicherung sähe aus wie eine gute.',
  'two gathered files have one path': 'zwei gesammelte Dateien haben denselben Pfad',
  'standard input would have to be read a second time':
    'die Standardeingabe müsste ein zweites Mal gelesen werden',
  'Another process deleted packs meanwhile: let it finish, then start the backup again.':
    'Das laufende Aufräumen enden lassen, dann die Sicherung neu starten.',
  'a worker thread asks Vault': 'ein Arbeits-Thread fragt Vault',
  '"{1}" is not reached by TLS': '„{1}“ wird ohne TLS erreicht',
  'The token and the snapshot would be readable on the way: give an address that begins with "https:".':
    'Token und Abzug wären unterwegs lesbar: eine Adresse angeben, die mit „https:“ beginnt.',
  '"{1}" is no address of a Vault': '„{1}“ ist keine Adresse eines Vault',
  'It looks like "https://vault.example.org:8200"; a token has no place in it.':
    'Sie sieht aus wie „https://vault.example.org:8200“; ein Token hat darin keinen Platz.',
  '"{1}" sends us on to "{2}"': '„{1}“ schickt uns weiter zu „{2}“',
  'Name the address of the active node; check "api_addr" in the configuration of Vault.':
    'Die Adresse des aktiven Knotens nennen; „api_addr“ in der Konfiguration von Vault prüfen.',
  'Give the certificate of who signed it by --vault-ca, and the host name that stands in it.':
    'Mit --vault-ca das Zertifikat der Stelle angeben, die es unterschrieben hat, und den Rechnernamen benutzen, der darin steht.',
  '"{1}" does not answer ({2})': '„{1}“ antwortet nicht ({2})',
  'Check address, port, network and whether Vault runs.':
    'Adresse, Port und Netz prüfen, und ob Vault läuft.',
  'the Vault "{1}" has other unseal keys': 'der Vault „{1}“ hat andere Schlüssel zum Entsiegeln',
  'If you hold the unseal keys of the snapshot: --force. After that, only those unseal this Vault.':
    'Wer die Schlüssel zum Entsiegeln dieses Abzugs hat: --force. Danach entsiegeln nur diese den Vault.',
  'the token may not put a snapshot into "{1}"': 'das Token darf keinen Abzug nach „{1}“ einspielen',
  'It needs a policy with: path "{1}" { capabilities = ["update"] }':
    'Es braucht eine Policy mit: path "{1}" { capabilities = ["update"] }',
  'the snapshot of Vault broke off on its way': 'der Abzug von Vault brach unterwegs ab',
  'Start again; nothing of it was saved.': 'Noch einmal starten; nichts davon wurde gesichert.',
  'the thread that reads a service ended with "{1}"': 'der Thread, der einen Dienst liest, endete mit „{1}“',
  'the thread that reads a service says nothing any more':
    'der Thread, der einen Dienst liest, sagt nichts mehr',
  'Start again.': 'Noch einmal starten.',
  '"{1}" keeps its data in "{2}"': '„{1}“ hält seine Daten in „{2}“',
  'Only integrated storage (raft) has snapshots: save that other storage by its own means.':
    'Nur der eingebaute Speicher (raft) hat Abzüge: den anderen Speicher mit seinen eigenen Mitteln sichern.',
  '"{1}" answers {2}, which no Vault does': '„{1}“ antwortet {2}, was kein Vault tut',
  'Check the address: a proxy or something else may answer there.':
    'Die Adresse prüfen: vielleicht antwortet dort ein Proxy oder etwas anderes.',
  'the Vault "{1}" {2}': 'der Vault „{1}“ {2}',
  'the Vault "{1}" refuses the AppRole': 'der Vault „{1}“ lehnt die AppRole ab',
  'Check role id, secret id (it may be used up or expired), namespace and where the method is mounted.':
    'Role-ID, Secret-ID (sie kann verbraucht oder abgelaufen sein), Namespace und Ort der Methode prüfen.',
  'the Vault "{1}" is asked too often': 'der Vault „{1}“ wird zu oft gefragt',
  'Try again later, or raise the rate limit quota.':
    'Später noch einmal versuchen oder die Grenze (rate limit quota) anheben.',
  'the Vault "{1}" answers {2} to a snapshot': 'der Vault „{1}“ antwortet auf einen Abzug mit {2}',
  'Its log says why; snapshots need integrated storage (raft) and the root namespace.':
    'In seinem Protokoll steht, warum; Abzüge brauchen den eingebauten Speicher (raft) und den Wurzel-Namespace.',
  'the token has no right to snapshots of "{1}"': 'das Token hat kein Recht auf Abzüge von „{1}“',
  'Give it a policy with: path "{1}" { capabilities = ["read"] }':
    'Ihm eine Policy geben mit: path "{1}" { capabilities = ["read"] }',
  'the Vault "{1}" does not accept the token': 'der Vault „{1}“ nimmt das Token nicht an',
  'It is wrong, expired or revoked: make a new one.':
    'Es ist falsch, abgelaufen oder widerrufen: ein neues machen.',
  'the snapshot of Vault {1}': 'der Abzug von Vault {1}',
  'Start again; if it stays so, the log of Vault says what broke off the snapshot.':
    'Noch einmal starten; bleibt es so, sagt das Protokoll von Vault, was den Abzug abbrach.',
  'has too many parts': 'hat zu viele Teile',
  'is cut off or no gzip': 'ist abgeschnitten oder kein gzip',
  'has no SHA256SUMS': 'hat keine SHA256SUMS',
  'has sums that are none': 'hat Prüfsummen, die keine sind',
  'has no proven "{1}"': 'hat kein bewiesenes „{1}“',
  'has a part "{1}" of another sum': 'hat einen Teil „{1}“ mit anderer Prüfsumme',
  'lacks its part "{1}"': 'fehlt der Teil „{1}“',
  'has a part that is no file': 'hat einen Teil, der keine Datei ist',
  'has a broken header': 'hat einen kaputten Kopf',
  'has a part beyond all measure': 'hat einen maßlos großen Teil',
  'is cut off': 'ist abgeschnitten',
};
