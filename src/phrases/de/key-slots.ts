// Schlüsselplätze: Passwort, Schlüsseldatei, öffentliche Schlüssel, KMS, Anteile.

import type { Phrases } from '../phrases.ts';

export const keySlots: Phrases = {
  'the key file "{1}" holds no key': 'die Schlüsseldatei „{1}“ enthält keinen Schlüssel',
  'It was cut off, or is another file: a key file has 43 letters and digits in its first line. Take another copy of it.':
    'Sie ist abgeschnitten oder eine andere Datei: eine Schlüsseldatei hat in der ersten Zeile 43 Buchstaben und Ziffern. Eine andere Kopie davon nehmen.',
  'the repository has no key slot left': 'das Repository hat keinen Schlüsselplatz mehr',
  'Copy "keys/slot-*" back from another copy of the repository, or give the master key of a recovery kit ("--identity").':
    '„keys/slot-*“ aus einer anderen Kopie des Repositorys zurückkopieren oder den Hauptschlüssel eines Notfallpakets angeben („--identity“).',
  'the public key is none of type "age"': 'der öffentliche Schlüssel ist keiner der Art „age“',
  'A recipient of age begins with "age1".': 'Ein Empfänger von age beginnt mit „age1“.',
  'a key slot has no room for {1} recipients': 'ein Schlüsselplatz hat keinen Raum für {1} Empfänger',
  'Make a key slot for each of them, or for some at a time.':
    'Für jeden einen Schlüsselplatz anlegen, oder für einige auf einmal.',
  'the key slot kind "{1}" {2}': 'die Art von Schlüsselplatz „{1}“ {2}',
  'the public key is none of type "{1}"': 'der öffentliche Schlüssel ist keiner der Art „{1}“',
  'Take the public key from the ".pub" file that was made with the private one.':
    'Den öffentlichen Schlüssel aus der Datei „.pub“ nehmen, die mit dem geheimen entstand.',
  'the private key is none of type "{1}"': 'der geheime Schlüssel ist keiner der Art „{1}“',
  'A private key of this type is 32 bytes long: give the file that "key generate" wrote.':
    'Ein geheimer Schlüssel dieser Art hat 32 Bytes: die Datei angeben, die „key generate“ schrieb.',
  'the key slot has no usable parameter "salt"': 'der Schlüsselplatz hat keinen brauchbaren Wert „salt“',
  'the KMS endpoint "{1}" is not reached by TLS': 'die KMS-Adresse „{1}“ wird ohne TLS erreicht',
  'The answer of KMS is a key: give an endpoint that begins with "https:".':
    'Die Antwort von KMS ist ein Schlüssel: eine Adresse angeben, die mit „https:“ beginnt.',
  'the answer for the KMS key "{1}" is none of KMS':
    'die Antwort für den KMS-Schlüssel „{1}“ ist keine von KMS',
  'Check AWS_ENDPOINT_URL_KMS: something else answers there.':
    'AWS_ENDPOINT_URL_KMS prüfen: dort antwortet etwas anderes.',
  'the key slot has no usable parameter "{1}"': 'der Schlüsselplatz hat keinen brauchbaren Wert „{1}“',
  'Use another key slot, or copy this one back from another copy of the repository.':
    'Einen anderen Schlüssel nehmen oder „keys/“ aus einer anderen Kopie des Repositorys holen.',
  '"{1}" is not the ARN of a KMS key': '„{1}“ ist keine ARN eines KMS-Schlüssels',
  'It looks like "arn:aws:kms:eu-central-1:111122223333:key/…" or "…:alias/NAME".':
    'Sie sieht aus wie „arn:aws:kms:eu-central-1:111122223333:key/…“ oder „…:alias/NAME“.',
  'KMS does not let this account use the key "{1}"':
    'KMS lässt dieses Konto den Schlüssel „{1}“ nicht benutzen',
  'Allow kms:Decrypt (and kms:GenerateDataKey to make a slot) in the policy of the key and of the account.':
    'kms:Decrypt (und kms:GenerateDataKey, um einen Schlüsselplatz anzulegen) in der Policy des Schlüssels und des Kontos erlauben.',
  'the KMS key "{1}" is disabled': 'der KMS-Schlüssel „{1}“ ist abgeschaltet',
  'Enable it by "aws kms enable-key", or use another key slot.':
    'Ihn mit „aws kms enable-key“ einschalten oder einen anderen Schlüsselplatz nehmen.',
  'the KMS key "{1}" is about to be deleted': 'der KMS-Schlüssel „{1}“ wird bald gelöscht',
  'Cancel that by "aws kms cancel-key-deletion" before its day comes, or add another key slot while one still opens.':
    'Das mit „aws kms cancel-key-deletion“ zurücknehmen, bevor sein Tag kommt, oder einen weiteren Schlüsselplatz anlegen, solange noch einer öffnet.',
  'the KMS key "{1}" cannot be used in its state':
    'der KMS-Schlüssel „{1}“ ist in seinem Zustand nicht zu benutzen',
  'See its state by "aws kms describe-key"; imported key material may have expired.':
    '„aws kms describe-key“ zeigt seinen Zustand; importiertes Schlüsselmaterial kann abgelaufen sein.',
  'there is no KMS key "{1}"': 'es gibt keinen KMS-Schlüssel „{1}“',
  'Check account and region in the ARN; a key that was deleted opens nothing any more: use another key slot.':
    'Konto und Region in der ARN prüfen; ein gelöschter Schlüssel öffnet nichts mehr: einen anderen Schlüsselplatz nehmen.',
  'the KMS key "{1}" is not one that encrypts': 'der KMS-Schlüssel „{1}“ verschlüsselt nicht',
  'Use a symmetric key with the usage ENCRYPT_DECRYPT.':
    'Einen symmetrischen Schlüssel mit der Verwendung ENCRYPT_DECRYPT nehmen.',
  'the KMS key "{1}" does not open this slot': 'der KMS-Schlüssel „{1}“ öffnet diesen Schlüsselplatz nicht',
  'The slot was made for another repository, slot or key, or was changed: use another key slot.':
    'Der Schlüsselplatz gehört zu einem anderen Repository oder einem anderen Schlüssel oder wurde verändert: einen anderen nehmen.',
  'AWS does not accept the credentials for KMS': 'AWS nimmt die Zugangsdaten für KMS nicht an',
  'Renew them, and check the clock of this machine: a signature holds for some minutes.':
    'Sie erneuern und die Uhr dieses Rechners prüfen: eine Signatur gilt nur einige Minuten.',
  'there are no AWS credentials for KMS': 'für KMS sind keine AWS-Zugangsdaten da',
  'Give them as for all AWS tools: AWS_PROFILE, AWS_ACCESS_KEY_ID, single sign-on or a role of the machine.':
    'Sie angeben wie für alle Werkzeuge von AWS: AWS_PROFILE, AWS_ACCESS_KEY_ID, Single Sign-on oder eine Rolle des Rechners.',
  'KMS answers that it is asked too often': 'KMS antwortet, dass es zu oft gefragt wird',
  'Try again later, or raise the request quota of the account.':
    'Es später noch einmal versuchen oder das Kontingent des Kontos erhöhen lassen.',
  'KMS cannot use the key "{1}" at the moment': 'KMS kann den Schlüssel „{1}“ im Moment nicht benutzen',
  'Try again later; the health page of AWS tells of outages.':
    'Es später noch einmal versuchen; AWS meldet Ausfälle auf seiner Statusseite.',
  'KMS cannot be reached for the key "{1}"': 'KMS ist für den Schlüssel „{1}“ nicht erreichbar',
  'Check network, proxy and AWS_ENDPOINT_URL_KMS; a network without internet needs a VPC endpoint for KMS.':
    'Netz, Proxy und AWS_ENDPOINT_URL_KMS prüfen; ein Netz ohne Internet braucht einen VPC-Endpunkt für KMS.',
  'KMS refuses the key "{1}" with "{2}"': 'KMS lehnt den Schlüssel „{1}“ mit „{2}“ ab',
  'Look the name up in the KMS API reference of AWS.':
    'Schlage den Namen in der API-Referenz von AWS KMS nach.',
  'the private key does not open with its passphrase':
    'der geheime Schlüssel lässt sich mit seinem Passwort nicht öffnen',
  'The key file has a passphrase of its own, which is not that of the repository.':
    'Der geheime Schlüssel hat ein eigenes Passwort, nicht das des Repositorys.',
  '"{1}" is no way to stretch a passphrase': '„{1}“ ist kein Verfahren, ein Passwort zu strecken',
  '{1} is too weak': '{1} ist zu schwach',
  'Use at least {1}.': 'Mindestens {1} nehmen.',
  '{1} would exhaust this machine': '{1} würde diesen Rechner erschöpfen',
  'The slot was made to do harm, or for a much larger machine.':
    'Der Schlüsselplatz wurde gemacht, um zu schaden, oder für einen viel größeren Rechner.',
  'the key file "{1}" cannot be made ({2})': 'die Schlüsseldatei „{1}“ lässt sich nicht anlegen ({2})',
  'the key file "{1}" cannot be made': 'die Schlüsseldatei „{1}“ lässt sich nicht anlegen',
  'Choose another name; an existing key file is never replaced.':
    'Einen anderen Namen wählen; eine Schlüsseldatei wird nie ersetzt.',
  'the key file "{1}" could be read or changed by others':
    'die Schlüsseldatei „{1}“ könnten andere lesen oder ändern',
  'Make yourself its owner and run "chmod 600" on it; if it was open for long, make a new key.':
    'Selbst Eigentümer werden und „chmod 600“ darauf anwenden; war sie lange offen, einen neuen Schlüssel anlegen.',
  'the key file "{1}" cannot be read': 'die Schlüsseldatei „{1}“ ist nicht zu lesen',
  'Check the path of the key file.': 'Den Pfad der Schlüsseldatei prüfen.',
  'an RSA key of {1} bits is too large': 'ein RSA-Schlüssel von {1} Bit ist zu groß',
  'the key slot has no usable parameter "sealed"': 'der Schlüsselplatz hat keinen brauchbaren Wert „sealed“',
  'a key cannot be split for "{1}" of "{2}"': 'ein Schlüssel lässt sich nicht für „{1}“ von „{2}“ teilen',
  'Let at least 2 people be needed, of at most {1}, such as "3/5".':
    'Mindestens 2 Leute müssen nötig sein, von höchstens {1}, etwa „3/5“.',
  '{1} of {2} shares are needed, {3} more than were given ({4})':
    '{1} von {2} Anteilen sind nötig, {3} mehr als angegeben wurden ({4})',
  'Ask more of the people who hold one.': 'Weitere Leute, die einen Anteil haben, um ihren bitten.',
  '{1} is damaged: {2}': '{1} ist beschädigt: {2}',
  'Use {1}, or the variable {2}PASSWORD_FILE or {3}PASSWORD_COMMAND.':
    '{1} angeben oder die Variable {2}PASSWORD_FILE oder {3}PASSWORD_COMMAND setzen.',
  'Use the variable HOLDFAST_IDENTITY_PASSWORD_FILE or HOLDFAST_IDENTITY_PASSWORD_COMMAND.':
    'Die Variable HOLDFAST_IDENTITY_PASSWORD_FILE oder HOLDFAST_IDENTITY_PASSWORD_COMMAND setzen.',
  'the secret of type "{1}" opens no key slot': 'das Angegebene der Art „{1}“ öffnet keinen Schlüsselplatz',
  'the share in "{1}"': 'der Anteil in „{1}“',
  'share {1} in "{2}"': 'Anteil {1} in „{2}“',
  'the share at place {1}': 'der Anteil an Stelle {1}',
  'share {1} at place {2}': 'Anteil {1} an Stelle {2}',
  'the share that was typed': 'der eingegebene Anteil',
  'share {1} that was typed': 'der eingegebene Anteil {1}',
  'its lines do not belong together': 'seine Zeilen gehören nicht zusammen',
  'its line {1} is not four groups of four characters and a check word':
    'seine Zeile {1} besteht nicht aus vier Gruppen zu vier Zeichen und einem Prüfwort',
  'its line {1} has a character that no share has':
    'seine Zeile {1} hat ein Zeichen, das es in Anteilen nicht gibt',
  'its line {1} ends with a word that is no check word':
    'seine Zeile {1} endet mit einem Wort, das kein Prüfwort ist',
  'its line {1} does not fit its check word': 'seine Zeile {1} passt nicht zu ihrem Prüfwort',
  'its line {1} belongs at another place': 'seine Zeile {1} gehört an eine andere Stelle',
  'its line {1} is missing': 'seine Zeile {1} fehlt',
  'Some key slots are damaged, and what was given may be right for one of them: open with another secret, and see "holdfast key list".':
    'Einige Schlüsselplätze sind beschädigt, und das Angegebene kann zu einem davon gehören: mit etwas anderem öffnen und „holdfast key list“ ansehen.',
  'Check the path of the key file: it may be that of another repository.':
    'Den Pfad der Schlüsseldatei prüfen: sie kann zu einem anderen Repository gehören.',
  'No key slot was made for the public half of this private key: check the path; "holdfast key add --new-recipient" adds one.':
    'Für den öffentlichen Teil dieses privaten Schlüssels gibt es keinen Schlüsselplatz: den Pfad prüfen; „holdfast key add --new-recipient“ legt einen an.',
  'No key slot names this key of this token: compare the URI with "pkcs11-tool -O --login", or open with another key slot.':
    'Kein Schlüsselplatz nennt diesen Schlüssel dieses Tokens: die URI mit „pkcs11-tool -O --login“ vergleichen oder einen anderen Schlüsselplatz nehmen.',
  'No key slot names this KMS key: check the ARN with "aws kms describe-key", or open with another key slot.':
    'Kein Schlüsselplatz nennt diesen KMS-Schlüssel: die ARN mit „aws kms describe-key“ prüfen oder einen anderen Schlüsselplatz nehmen.',
  'These shares belong to no key of this repository: the sheets say to which repository and key they belong.':
    'Diese Anteile gehören zu keinem Schlüssel dieses Repositorys: auf den Blättern steht, zu welchem Repository und Schlüssel sie gehören.',
  'Compare that line with the sheet character by character.':
    'Diese Zeile Zeichen für Zeichen mit dem Blatt vergleichen.',
  'share {1} belongs to another set': 'Anteil {1} gehört zu einem anderen Satz',
  'The sheets of one set bear the same number of the key slot: leave out the one that bears another.':
    'Die Blätter eines Satzes tragen denselben Schlüssel: das weglassen, das einen anderen trägt.',
  'share {1} is not the one that was handed out': 'Anteil {1} ist nicht der, der ausgegeben wurde',
  'Somebody changed it on purpose. Leave it out, and find out who.':
    'Jemand hat ihn absichtlich verändert. Ihn weglassen und herausfinden, wer.',
  'the key slot does not say how its key was split':
    'der Schlüsselplatz sagt nicht, wie sein Schlüssel geteilt wurde',
  'the secret is none for a key slot of type "{1}"':
    'das Angegebene passt nicht zu einem Schlüsselplatz der Art „{1}“',
  'A key file holds 32 random bytes as base64url in its first line: let Holdfast make one. A recipient is a public key.':
    'Eine Schlüsseldatei enthält in der ersten Zeile 32 Zufallsbytes als base64url; ein Empfänger ist ein öffentlicher Schlüssel der genannten Art.',
  'the label of the key slot is too long': 'die Bezeichnung des Schlüsselplatzes ist zu lang',
  'a new key slot does not open with its secret':
    'ein neuer Schlüsselplatz lässt sich nicht mit dem öffnen, womit er gemacht wurde',
  'The memory or processor of this machine is faulty. Nothing wrong was stored.':
    'Arbeitsspeicher oder Prozessor dieses Rechners ist fehlerhaft. Nichts Falsches wurde gespeichert.',
  'a key slot cannot be used: {1}': 'ein Schlüsselplatz ist nicht zu gebrauchen: {1}',
  'its wrapped key has a wrong length': 'sein verpackter Schlüssel hat eine falsche Länge',
  'its wrapped key was changed': 'sein verpackter Schlüssel wurde verändert',
  'its description was changed': 'seine Beschreibung wurde verändert',
  'it is {1} bytes long': 'er ist {1} Bytes lang',
  'it is not canonical JSON': 'er ist kein JSON in der vorgeschriebenen Form',
  'it is not an object': 'er ist kein JSON-Objekt',
  'it lacks "{1}"': 'ihm fehlt „{1}“',
  'it lacks "params"': 'ihm fehlt „params“',
  'it has version {1}': 'er hat Version {1}',
  'argon2id with {1} KiB': 'argon2id mit {1} KiB',
  'scrypt with {1} bytes': 'scrypt mit {1} Bytes',
  'pbkdf2-sha256 with {1} rounds': 'pbkdf2-sha256 mit {1} Runden',
  'scrypt with a cost of {1}': 'scrypt mit Kosten von {1}',
  'a cost of 16384': 'Kosten von 16384',
  '100000 rounds': '100000 Runden',
};
