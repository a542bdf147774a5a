// Schlüssel in Hardware-Token, über PKCS#11.

import type { Phrases } from '../phrases.ts';

export const tokens: Phrases = {
  'the token did not answer within two minutes': 'das Token hat binnen zwei Minuten nicht geantwortet',
  'Check the device or its network; a PIN pad waits for its PIN.':
    'Das Gerät oder sein Netz prüfen; eine PIN-Tastatur wartet auf ihre PIN.',
  'the PKCS#11 module ended its process': 'das PKCS#11-Modul hat seinen Prozess beendet',
  'The fault is in the module: update it, and try it with "pkcs11-tool --module FILE --test".':
    'Der Fehler liegt im Modul: erneuere es und probiere es mit „pkcs11-tool --module DATEI --test“ aus.',
  'asking the token ended with "{1}"': 'die Frage an das Token endete mit „{1}“',
  '"{1}" is no PKCS#11 module for this machine': '„{1}“ ist kein PKCS#11-Modul für diesen Rechner',
  'the configuration file "{1}" cannot be read': 'die Konfigurationsdatei „{1}“ ist nicht zu lesen',
  'the PKCS#11 module "{1}" cannot be read': 'das PKCS#11-Modul „{1}“ ist nicht zu lesen',
  'Install the module of the token, or correct "module-path" in the configuration file.':
    'Das Modul des Tokens installieren oder „module-path“ in der Konfigurationsdatei berichtigen.',
  'Check "module-path" in the configuration file; "pkcs11-tool --module FILE -I" tries a module.':
    '„module-path“ in der Konfigurationsdatei prüfen; „pkcs11-tool --module DATEI -I“ probiert ein Modul aus.',
  'PKCS#11 is not supported on "{1}"': 'PKCS#11 geht auf „{1}“ nicht',
  'Use another kind of key slot on this machine; 64-bit Linux and macOS know this one.':
    'Auf diesem Rechner eine andere Art von Schlüsselplatz nehmen; 64-Bit-Linux und macOS kennen diese.',
  '{1} "{2}" cannot be read': '{1} „{2}“ ist nicht zu lesen',
  'As root, write the line "module-path = /path/of/module.so" into it; docs/guides/key-slots-hsm.md has an example.':
    'Als root die Zeile „module-path = /pfad/des/moduls.so“ hineinschreiben; ein Beispiel steht in docs/guides/key-slots-hsm.md.',
  '{1} "{2}" could be changed by others': '{1} „{2}“ könnten andere ändern',
  'Make "{1}" belong to root and run "chmod go-w" on it; then check that its content is still right.':
    'root zum Eigentümer von „{1}“ machen und „chmod go-w“ darauf anwenden; dann prüfen, ob der Inhalt noch stimmt.',
  '"{1}" cannot be used: {2}': '„{1}“ ist nicht zu gebrauchen: {2}',
  'It holds one line "module-path = /path/of/module.so" and comments that begin with "#".':
    'Sie enthält eine Zeile „module-path = /pfad/des/moduls.so“ und Kommentare, die mit „#“ beginnen.',
  'the token does not answer any more ("{1}")': 'das Token antwortet nicht mehr („{1}“)',
  'Check that the device is plugged in, or its network is up, and try again; nothing was changed.':
    'Prüfen, ob das Gerät steckt oder sein Netz da ist, und es noch einmal versuchen; nichts wurde verändert.',
  'the token reports an error of its own ("{1}")': 'das Token meldet einen eigenen Fehler („{1}“)',
  'Check that it is still there, look into its own log, take it off and on again, then try once more.':
    'Prüfen, ob es noch da ist, in sein eigenes Protokoll sehen, es neu anstecken und es noch einmal versuchen.',
  'the token has no room left ("{1}")': 'das Token hat keinen Platz mehr („{1}“)',
  'Delete keys that nobody needs, or try again when others have ended their sessions.':
    'Schlüssel löschen, die niemand braucht, oder es wieder versuchen, wenn andere ihre Sitzungen beendet haben.',
  'the token does not do this with this key ("{1}")': 'das Token tut das mit diesem Schlüssel nicht („{1}“)',
  'The key must be allowed to wrap and unwrap, or to encrypt and decrypt: "pkcs11-tool -O --login" shows what it may.':
    'Der Schlüssel muss ein- und auspacken oder ver- und entschlüsseln dürfen: „pkcs11-tool -O --login“ zeigt, was er darf.',
  'the key of the token does not open the slot ("{1}")':
    'der Schlüssel des Tokens öffnet den Schlüsselplatz nicht („{1}“)',
  'The key has the right name but is another one, or the slot was changed; use another key slot.':
    'Der Schlüssel heißt richtig, ist aber ein anderer, oder der Platz wurde verändert; einen anderen Schlüsselplatz nehmen.',
  'the token does not allow this ("{1}")': 'das Token erlaubt das nicht („{1}“)',
  'Ask whoever keeps the token what its rules are for this key.':
    'Fragen, wer das Token verwaltet, welche Regeln für diesen Schlüssel gelten.',
  'the PIN of the token "{1}" is wrong': 'die PIN des Tokens „{1}“ ist falsch',
  'One more wrong PIN locks the token. Holdfast never tries again by itself.':
    'Noch eine falsche PIN sperrt das Token. Holdfast versucht es nie von selbst noch einmal.',
  'Check the PIN before the next try: after some wrong ones a token locks itself. Holdfast never tries again by itself.':
    'Die PIN vor dem nächsten Versuch prüfen: nach einigen falschen sperrt sich ein Token. Holdfast versucht es nie von selbst noch einmal.',
  'the PIN of the token "{1}" has expired': 'die PIN des Tokens „{1}“ ist abgelaufen',
  'Set a new one with the tool of its maker, then try again.':
    'Mit dem Werkzeug des Herstellers eine neue setzen und es noch einmal versuchen.',
  'the token "{1}" is locked after too many wrong PINs':
    'das Token „{1}“ ist nach zu vielen falschen PINs gesperrt',
  'Its security officer can unlock it with the SO PIN; meanwhile use another key slot.':
    'Wer die SO-PIN hat, kann es entsperren; bis dahin einen anderen Schlüsselplatz nehmen.',
  'the PKCS#11 module does not start': 'das PKCS#11-Modul startet nicht',
  'Check its own configuration, such as SOFTHSM2_CONF, and that its service runs.':
    'Seine eigene Konfiguration prüfen, etwa SOFTHSM2_CONF, und ob sein Dienst läuft.',
  'Check that the device is plugged in or its network is up; "pkcs11-tool -L" lists the tokens of a module.':
    'Prüfen, ob das Gerät steckt oder sein Netz da ist; „pkcs11-tool -L“ zeigt die Token eines Moduls.',
  '{1} tokens fit the PKCS#11 URI': '{1} Token passen zur PKCS#11-URI',
  'Name one by "token=" or "serial=".': 'Eines mit „token=“ oder „serial=“ benennen.',
  'the token "{1}" asks for a PIN': 'das Token „{1}“ verlangt eine PIN',
  'Give it by "pin-source=file:/path" in the URI, by HOLDFAST_PKCS11_PIN_FILE or HOLDFAST_PKCS11_PIN_COMMAND.':
    'Sie mit „pin-source=file:/pfad“ in der URI, mit HOLDFAST_PKCS11_PIN_FILE oder HOLDFAST_PKCS11_PIN_COMMAND angeben.',
  'the token "{1}" has no key "{2}"': 'das Token „{1}“ hat keinen Schlüssel „{2}“',
  'Check "object" and "id" of the URI with "pkcs11-tool -O --login"; "--create-key" makes a key for a new slot.':
    '„object“ und „id“ der URI mit „pkcs11-tool -O --login“ prüfen; „--create-key“ legt einen Schlüssel für einen neuen Platz an.',
  '{1} keys fit the PKCS#11 URI': '{1} Schlüssel passen zur PKCS#11-URI',
  'Name one by "object=" and "id=".': 'Einen mit „object=“ und „id=“ benennen.',
  'the PKCS#11 URI does not name the key to be made':
    'die PKCS#11-URI nennt den Schlüssel nicht, der anzulegen ist',
  'Add ";object=NAME" to it.': '„;object=NAME“ anfügen.',
  'the token has a key "{1}" already': 'das Token hat schon einen Schlüssel „{1}“',
  'Leave out "--create-key" to use it, or choose another name.':
    '„--create-key“ weglassen, um ihn zu verwenden, oder einen anderen Namen wählen.',
  'a key slot cannot use an object of type "{1}"':
    'ein Schlüsselplatz kann kein Objekt der Art „{1}“ benutzen',
  'Use "type=secret-key" or "type=private", or leave it out.':
    '„type=secret-key“ oder „type=private“ nehmen oder es weglassen.',
  'a PIN must not be part of a PKCS#11 URI': 'eine PIN darf nicht in einer PKCS#11-URI stehen',
  'Everybody on this machine can read arguments. Change the PIN, and give it by "pin-source=file:/path", by HOLDFAST_PKCS11_PIN_FILE or HOLDFAST_PKCS11_PIN_COMMAND.':
    'Argumente kann jeder auf diesem Rechner lesen. Die PIN ändern und mit „pin-source=file:/pfad“, HOLDFAST_PKCS11_PIN_FILE oder HOLDFAST_PKCS11_PIN_COMMAND angeben.',
  '"{1}" must not be part of a PKCS#11 URI': '„{1}“ darf nicht in einer PKCS#11-URI stehen',
  'A module is native code: only the configuration file of root names it, see docs/guides/key-slots-hsm.md.':
    'Ein Modul ist Maschinencode: nur die Konfigurationsdatei von root nennt es, siehe docs/guides/key-slots-hsm.md.',
  'the PKCS#11 URI cannot be used: {1}': 'die PKCS#11-URI ist nicht zu gebrauchen: {1}',
  'Write it as "pkcs11:token=NAME;object=KEY"; "p11tool --list-all" and "pkcs11-tool -O" show the names.':
    'Sie als „pkcs11:token=NAME;object=SCHLÜSSEL“ schreiben; „p11tool --list-all“ und „pkcs11-tool -O“ zeigen die Namen.',
  'the token offers no mechanism that Holdfast can use with this key':
    'das Token bietet mit diesem Schlüssel kein Verfahren, das Holdfast benutzen kann',
  'It takes an AES key that may wrap and unwrap (AES_KEY_WRAP_PAD) or encrypt and decrypt (AES_GCM), or an RSA key of {1} bits that may decrypt (RSA_PKCS_OAEP). "--create-key" makes a fitting AES key.':
    'Nötig ist ein AES-Schlüssel, der ein- und auspacken (AES_KEY_WRAP_PAD) oder ver- und entschlüsseln darf (AES_GCM), oder ein RSA-Schlüssel von {1} Bit, der entschlüsseln darf (RSA_PKCS_OAEP). „--create-key“ legt einen passenden AES-Schlüssel an.',
  'the key of the token gives back something else than was wrapped':
    'der Schlüssel des Tokens gibt etwas anderes zurück, als eingepackt wurde',
  'the token does not tell the public half of its key':
    'das Token verrät die öffentliche Hälfte seines Schlüssels nicht',
  'Use an AES key of the token.': 'Einen AES-Schlüssel des Tokens benutzen.',
  'an RSA key of {1} bits is too weak': 'ein RSA-Schlüssel von {1} Bit ist zu schwach',
  'Use one of {1} bits or more.': 'Einen von {1} Bit oder mehr nehmen.',
  'it is no small file': 'sie ist keine kleine Datei',
  'line {1} is not "module-path = FILE"': 'Zeile {1} ist nicht „module-path = DATEI“',
  'it names {1} modules, not one': 'sie nennt {1} Module, nicht eines',
  'it does not begin with "pkcs11:"': 'sie beginnt nicht mit „pkcs11:“',
  'it has two question marks': 'sie hat zwei Fragezeichen',
  'it names "{1}" twice': 'sie nennt „{1}“ zweimal',
  'it has the attribute "{1}", which Holdfast does not know':
    'sie hat das Attribut „{1}“, das Holdfast nicht kennt',
  'its query has "{1}"': 'ihr Fragezeichen-Teil hat „{1}“',
  'a part of it is not "name=value"': 'ein Teil davon ist nicht „name=wert“',
  'a "%" in it is not followed by two hex digits': 'auf ein „%“ darin folgen keine zwei Hexadezimalziffern',
  'its "{1}" is not percent-encoded UTF-8': 'ihr „{1}“ ist kein prozentkodiertes UTF-8',
  'the configuration file': 'die Konfigurationsdatei',
  'the PKCS#11 module': 'das PKCS#11-Modul',
};
