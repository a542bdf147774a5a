// Kanäle: Mail, Webhooks, Chat, Syslog, Befehle.

import type { Phrases } from '../phrases.ts';

export const channels: Phrases = {
  '"{1}" is no kind of channel': 'die Art von Kanal „{1}“ gibt es nicht',
  'Known kinds: {1}.': 'Bekannte Arten: {1}.',
  'a channel is named by a URL or by JSON': 'ein Kanal wird mit einer URL oder mit JSON genannt',
  'See docs/guides/channels.md for the URL of each kind.':
    'Die URL jeder Art steht in docs/guides/channels.md.',
  'the channel is no JSON object with a field "kind"': 'der Kanal ist kein JSON-Objekt mit einem Feld „kind“',
  'Write it like {"kind":"email","host":"smtp.example.org","from":"backup@example.org","to":["me@example.org"]}.':
    'So schreiben: {"kind":"email","host":"smtp.example.org","from":"backup@example.org","to":["me@example.org"]}.',
  'the field "{1}" is a secret and must not be an argument':
    'das Feld „{1}“ ist ein Geheimnis und darf kein Argument sein',
  'Arguments are shown by "ps" and kept by shells. Give it by HOLDFAST_CHANNEL_{1}_FILE or HOLDFAST_CHANNEL_{2}_COMMAND, and change it if it was shown.':
    'Argumente zeigt „ps“, und Shells merken sie sich. Es mit HOLDFAST_CHANNEL_{1}_FILE oder HOLDFAST_CHANNEL_{2}_COMMAND angeben, und ändern, wenn es zu sehen war.',
  'the channel cannot be opened as described: {1}': 'der Kanal lässt sich so nicht öffnen: {1}',
  'See docs/guides/channels.md for what each kind of channel takes.':
    'Was jede Art von Kanal annimmt, steht in docs/guides/channels.md.',
  '"{1}" cannot be started now': '„{1}“ lässt sich jetzt nicht starten',
  'This machine is short of processes, files or memory. The message can be sent again.':
    'Diesem Rechner fehlen Prozesse, Dateien oder Speicher. Die Nachricht kann noch einmal gesendet werden.',
  '"{1}" cannot be started': '„{1}“ lässt sich nicht starten',
  'Name an executable file by its whole path. A script needs a first line such as "#!/bin/sh".':
    'Eine ausführbare Datei mit ganzem Pfad nennen. Ein Skript braucht eine erste Zeile wie „#!/bin/sh“.',
  '"{1}" cannot take the message now': '„{1}“ kann die Nachricht jetzt nicht annehmen',
  'The command ended with 75, which means: try again later. The message can be sent again.':
    'Der Befehl endete mit 75, das heißt: später noch einmal. Die Nachricht kann noch einmal gesendet werden.',
  '"{1}" did not take the message': '„{1}“ hat die Nachricht nicht angenommen',
  'The command must end with 0 when the message is delivered, and with 75 when it shall be tried again later.':
    'Der Befehl muss mit 0 enden, wenn die Nachricht zugestellt ist, und mit 75, wenn es später noch einmal versucht werden soll.',
  '"{1}" is not encrypted on the way': '„{1}“ ist unterwegs nicht verschlüsselt',
  'Without encryption mail is sent to a server on this machine only. Use security "starttls" or "tls".':
    'Unverschlüsselt geht Mail nur an einen Server auf diesem Rechner. Für security „starttls“ oder „tls“ nehmen.',
  'The mail server asks to try again later. The message can be sent again.':
    'Der Mailserver bittet, es später noch einmal zu versuchen. Die Nachricht kann noch einmal gesendet werden.',
  'the certificate of "{1}" is not to be trusted': 'dem Zertifikat von „{1}“ ist nicht zu trauen',
  'Name the authority that signed it by caFile, and use the name that it was made for. If it has expired, the server needs a new one.':
    'Mit caFile die Stelle nennen, die es unterschrieben hat, und den Namen benutzen, für den es gilt. Ist es abgelaufen, braucht der Server ein neues.',
  '"{1}" does not encrypt': '„{1}“ verschlüsselt nicht',
  'Nothing was sent. Use the port on which the server offers STARTTLS (587) or TLS (465, security "tls").':
    'Nichts wurde gesendet. Den Port nehmen, auf dem der Server STARTTLS (587) oder TLS (465, security „tls“) anbietet.',
  '"{1}" does not accept the credentials': '„{1}“ nimmt die Zugangsdaten nicht an',
  'Check user and password. Accounts with a second factor, as of Gmail, need an app password.':
    'Benutzer und Passwort prüfen. Konten mit zweitem Faktor, etwa bei Gmail, brauchen ein App-Passwort.',
  '"{1}" refuses the message': '„{1}“ lehnt die Nachricht ab',
  'Check the addresses of sender and recipients, and whether this account may send to them.':
    'Die Adressen von Absender und Empfängern prüfen, und ob dieses Konto an sie senden darf.',
  'The mail server does not want this message. Its log says why.':
    'Der Mailserver will diese Nachricht nicht. In seinem Protokoll steht, warum.',
  'the address of a channel "{1}" is a secret and must not be an argument':
    'die Adresse eines Kanals „{1}“ ist ein Geheimnis und darf kein Argument sein',
  'Write "{1}:" and give the address by HOLDFAST_CHANNEL_URL_FILE or HOLDFAST_CHANNEL_URL_COMMAND.':
    '„{1}:“ schreiben und die Adresse mit HOLDFAST_CHANNEL_URL_FILE oder HOLDFAST_CHANNEL_URL_COMMAND angeben.',
  'the URL of a channel must not hold a password': 'in der URL eines Kanals darf kein Passwort stehen',
  'URLs are printed and logged. Give the password by HOLDFAST_CHANNEL_PASSWORD_FILE or HOLDFAST_CHANNEL_PASSWORD_COMMAND, and change it if it was shown.':
    'URLs werden angezeigt und protokolliert. Das Passwort mit HOLDFAST_CHANNEL_PASSWORD_FILE oder HOLDFAST_CHANNEL_PASSWORD_COMMAND angeben, und ändern, wenn es zu sehen war.',
  'the URL of the channel is wrong: {1}': 'die URL des Kanals ist falsch: {1}',
  'no address is known for "{1}"': 'zu „{1}“ ist keine Adresse bekannt',
  'Check how the name is written, and the name servers of this machine. The message can be sent again.':
    'Die Schreibweise des Namens prüfen, und die Nameserver dieses Rechners. Die Nachricht kann noch einmal gesendet werden.',
  '"{1}" lies in a network that channels must not reach':
    '„{1}“ liegt in einem Netz, das Kanäle nicht erreichen dürfen',
  'Private, loopback and link-local addresses are refused. If the receiver really is there, an administrator allows its network by allowNetworks, such as "10.1.0.0/16". Metadata services are never allowed.':
    'Private Adressen, die des eigenen Rechners und link-lokale werden abgelehnt. Steht der Empfänger wirklich dort, erlaubt ein Administrator dessen Netz mit allowNetworks, etwa „10.1.0.0/16“. Metadatendienste sind nie erlaubt.',
  'a network that is allowed to a channel cannot be read':
    'ein Netz, das einem Kanal erlaubt ist, ist nicht zu lesen',
  'Write networks like "10.1.0.0/16" or "fd12:3456::/32".':
    'Netze wie „10.1.0.0/16“ oder „fd12:3456::/32“ schreiben.',
  '"{1}" is no readable file with certificates': '„{1}“ ist keine lesbare Datei mit Zertifikaten',
  'caFile names a file with certificates in PEM format ("-----BEGIN CERTIFICATE-----").':
    'caFile nennt eine Datei mit Zertifikaten im PEM-Format („-----BEGIN CERTIFICATE-----“).',
  '"{1}" is no endpoint for messages': '„{1}“ ist keine Adresse für Nachrichten',
  'An endpoint begins with "https:" and has port 443 or one from 1024 on; "http:" is for this machine alone.':
    'Eine Adresse beginnt mit „https:“ und hat Port 443 oder einen ab 1024; „http:“ gilt nur für diesen Rechner.',
  'the message was canceled': 'die Nachricht wurde abgebrochen',
  'The certificate belongs to another name. Use the name that it was made for.':
    'Das Zertifikat gehört zu einem anderen Namen. Den Namen nehmen, für den es gilt.',
  'Name the authority that signed it by caFile. If it has expired, the server needs a new one.':
    'Mit caFile die Stelle nennen, die es unterschrieben hat. Ist es abgelaufen, braucht der Server ein neues.',
  '"{1}" cannot be reached, or broke off': '„{1}“ ist nicht erreichbar oder brach ab',
  'Check the network, the address and the server. The message can be sent again.':
    'Netz, Adresse und Server prüfen. Die Nachricht kann noch einmal gesendet werden.',
  'The endpoint is overloaded or broken. The message can be sent again.':
    'Die Gegenstelle ist überlastet oder kaputt. Die Nachricht kann noch einmal gesendet werden.',
  '"{1}" sends the message elsewhere': '„{1}“ schickt die Nachricht anderswohin',
  'Redirections are not followed. Configure the address at which the message shall arrive.':
    'Umleitungen wird nicht gefolgt. Die Adresse einrichten, an der die Nachricht ankommen soll.',
  'The token or the secret part of the address was revoked or mistyped. Make a new one and configure it.':
    'Das Token oder der geheime Teil der Adresse wurde widerrufen oder falsch geschrieben. Ein neues machen und eintragen.',
  '"{1}" has no such receiver': '„{1}“ hat keinen solchen Empfänger',
  'The webhook was deleted or mistyped. Make a new one and configure its address.':
    'Der Webhook wurde gelöscht oder falsch geschrieben. Einen neuen machen und seine Adresse eintragen.',
  'The receiver expects something else. Check that the kind of the channel fits it.':
    'Der Empfänger erwartet etwas anderes. Prüfen, ob die Art des Kanals zu ihm passt.',
  'Check the access key, the clock of this machine, and that the policy of the account allows sns:Publish on the topic.':
    'Zugriffsschlüssel und Uhr dieses Rechners prüfen, und ob das Konto sns:Publish auf dem Topic darf.',
  '"{1}" does not exist': '„{1}“ gibt es nicht',
  'Check the ARN, its region and its account, or make the topic.':
    'ARN, Region und Konto prüfen oder das Topic anlegen.',
  'SNS is overloaded or limits this account. The message can be sent again.':
    'SNS ist überlastet oder begrenzt dieses Konto. Die Nachricht kann noch einmal gesendet werden.',
  'Check the topic: its policy, its encryption key, and whether it takes such messages.':
    'Das Topic prüfen: seine Policy, seinen Schlüssel, und ob es solche Nachrichten annimmt.',
  'certificateFile and certificateKeyFile name files in PEM format that the sender of messages may read.':
    'certificateFile und certificateKeyFile nennen Dateien im PEM-Format, die der Absender der Nachrichten lesen darf.',
  'Teams took the call, but did not deliver the message. It can be sent again.':
    'Teams nahm den Aufruf an, stellte die Nachricht aber nicht zu. Sie kann noch einmal gesendet werden.',
  '"{1}" did not take the message in time': '„{1}“ hat die Nachricht nicht rechtzeitig angenommen',
  'Check the network and the server. The message can be sent again.':
    'Netz und Server prüfen. Die Nachricht kann noch einmal gesendet werden.',
  'its options are {1}, each once': 'ihre Optionen sind {1}, jede einmal',
  'it cannot be read': 'sie ist nicht zu lesen',
};
