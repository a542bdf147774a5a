// Was an den Feldern eines Speichers oder Kanals falsch geschrieben ist; davor steht der Name des Feldes.

import type { Phrases } from '../phrases.ts';

export const fields: Phrases = {
  '"{1}"': '„{1}“',
  '"auto", "none", or a codec with its level such as "zstd:9"':
    '„auto“, „none“ oder ein Codec mit seiner Stufe wie „zstd:9“',
  '{1} wait for each other: {2}': '{1} warten aufeinander: {2}',
  '"{1}" after {2}': '„{1}“ nach {2}',
  '{1} "{2}" is not a size. {3}': '{1}: „{2}“ ist keine Größe. {3}',
  '{1} "{2}" is not a rate. {3}': '{1}: „{2}“ ist keine Rate. {3}',
  '{1} "{2}" is not a table of rates: {3}. {4}': '{1}: „{2}“ ist keine Tabelle von Raten: {3}. {4}',
  'Invalid input': 'ist ungültig',
  'Invalid input: expected {1}, received {2}': 'ist ungültig: verlangt ist {1}, bekommen {2}',
  'Unrecognized key: {1}': 'kennt diesen Schlüssel nicht: {1}',
  'Unrecognized keys: {1}': 'kennt diese Schlüssel nicht: {1}',
  'an account has 3 to 24 lower-case letters and digits':
    'ein Konto hat 3 bis 24 Kleinbuchstaben und Ziffern',
  'a container has 3 to 63 lower-case letters, digits and single hyphens':
    'ein Container hat 3 bis 63 Kleinbuchstaben, Ziffern und einzelne Bindestriche',
  'is missing': 'fehlt',
  'is missing: {1}': 'fehlt: {1}',
  'is too long or holds a backslash': 'ist zu lang oder enthält einen Backslash',
  'must be one of {1}; Archive can only be a tier that packs are moved to':
    'muss eines von {1} sein; Archive kann nur eine Stufe sein, in die Packdateien verschoben werden',
  'must be one of {1}': 'muss eines von {1} sein',
  'a bucket has lower-case letters, digits, dots, hyphens and underscores':
    'ein Bucket hat Kleinbuchstaben, Ziffern, Punkte, Binde- und Unterstriche',
  'is too long or holds a line break': 'ist zu lang oder enthält einen Zeilenumbruch',
  'control characters are not allowed': 'Steuerzeichen sind nicht erlaubt',
  'SHA-256, 64 hexadecimal digits': 'SHA-256, 64 hexadezimale Ziffern',
  'is no name of a bucket': 'ist kein Name eines Buckets',
  'is no name of a bucket: lower-case letters, digits, dots and hyphens (old names with others need style=path)':
    'ist kein Name eines Buckets: Kleinbuchstaben, Ziffern, Punkte und Bindestriche (alte Namen mit anderen Zeichen brauchen style=path)',
  'is no name of a region': 'ist kein Name einer Region',
  'must be like https://host:port': 'muss wie https://host:port aussehen',
  'is no ARN of a role': 'ist kein ARN einer Rolle',
  'is no storage class': 'ist keine Speicherklasse',
  'must be base64 of 32 bytes': 'muss Base64 von 32 Bytes sein',
  'goes with accessKeyId and secretAccessKey only': 'geht nur mit accessKeyId und secretAccessKey',
  'the access key id (access-key-id) and the secret access key (HOLDFAST_STORAGE_SECRET_ACCESS_KEY_FILE) are given both or not at all':
    'die Kennung des Zugriffsschlüssels (access-key-id) und der geheime Zugriffsschlüssel (HOLDFAST_STORAGE_SECRET_ACCESS_KEY_FILE) werden beide angegeben oder keines',
  'a profile and an access key exclude each other':
    'ein Profil und ein Zugriffsschlüssel schließen einander aus',
  'goes with a role only': 'geht nur mit einer Rolle',
  'sse=customer and customerKey are given both or not at all':
    'sse=customer und customerKey werden beide angegeben oder keines',
  'goes with sse=kms only': 'geht nur mit sse=kms',
  'must be "SHA256:" and 43 letters': 'muss „SHA256:“ und 43 Buchstaben sein',
  'the URL names no server': 'die URL nennt keinen Server',
  'a user name has no colon': 'ein Benutzername hat keinen Doppelpunkt',
  'a token is one word': 'ein Token ist ein Wort',
  'a word has no NUL': 'ein Wort enthält kein NUL',
  'the program is named by its whole path': 'das Programm wird mit seinem ganzen Pfad genannt',
  'is no mail address': 'ist keine Mailadresse',
  'no recipient is named': 'kein Empfänger ist genannt',
  'a network is written like "10.1.0.0/16"': 'ein Netz schreibt sich wie „10.1.0.0/16“',
  'no server is named': 'kein Server ist genannt',
  'is no URL with https': 'ist keine URL mit https',
  'is no ARN of a topic': 'ist kein ARN eines Topics',
  'is no https endpoint': 'ist kein Endpunkt mit https',
  'is no access key id': 'ist keine Kennung eines Zugriffsschlüssels',
  'is one word of printable ASCII': 'ist ein Wort aus druckbarem ASCII',
  'is no signing secret': 'ist kein Geheimnis zum Signieren',
  '{1} a name has small letters, digits, ".", "_" and "-", at most 63':
    '{1}: ein Name hat Kleinbuchstaben, Ziffern, „.“, „_“ und „-“, höchstens 63',
  '{1} is no reference to a secret: write file:/PATH, env:NAME, command:/PROGRAM or sealed:NAME':
    '{1} ist kein Verweis auf ein Geheimnis: file:/PFAD, env:NAME, command:/PROGRAMM oder sealed:NAME schreiben',
};
