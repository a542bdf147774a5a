// Was bei Fehlern zu tun ist, auf Deutsch.

import type { failures as english } from '../en/failures.ts';

export const failures: Readonly<Record<keyof typeof english, string>> = {
  'hint.NODE_RUNNING':
    'Zuerst die andere beenden. Von zwei Rechnern braucht jeder einen eigenen Namen: „node:“ in der Konfiguration.',
  'hint.NOTHING_CONFIGURED': 'Eine wie oben gezeigt schreiben oder eine mit --config DATEI nennen.',
  'hint.REPORT_UNKNOWN': 'Berichte werden 90 Tage aufbewahrt, wenn „alerts.report“ eingerichtet ist.',
  'hint.REPORT_NOBODY': 'Kanäle unter „alerts.report“ eintragen, dann „holdfast config apply“ ausführen.',
  'hint.POLICY_UNKNOWN': 'Siehe „holdfast policies“.',
  'hint.RUN_ENDED': 'Nachsehen, wie der Lauf ausging; es gibt nichts mehr abzubrechen.',
  'hint.TASK_DONE': 'Nachsehen, wie die Aufgabe ausging; es gibt nichts mehr abzubrechen.',
  'hint.TASK_NOT_CANCELABLE':
    'Abbrechen lassen sich Sicherungen, Aufräumen, Prüfungen, Wiederherstellungen und Blicke in Repositorys.',
  'hint.CONDITION_NEEDED': 'Die Konfiguration ansehen und ihren ETag als If-Match mitsenden.',
  'hint.CONFIG_ONLY_THERE': 'Dort in der Konfigurationsdatei ändern, dann „holdfast config apply“ ausführen.',
  'hint.RUN_UNKNOWN': 'Die Kennung aus „holdfast runs“ nehmen.',
  'hint.RUN_WAIT_TIMEOUT':
    'Ihn mit „holdfast runs“ ansehen, und mit „holdfast node list“, ob „holdfast up“ läuft.',
  'hint.RUN_NOT_STARTED': 'Den Grund sagt „holdfast logs“.',
  'hint.API_NOT_STARTED': 'Im Protokoll nachsehen, was sie gesagt hat.',
  'hint.API_CERTIFICATE_MISSING':
    '„api.tls“ in der Konfiguration prüfen, und ob der Dienst die Dateien lesen darf.',

  'failure.WRONG_PASSWORD': 'falsches Passwort oder falsche Schlüsseldatei',
  'failure.PASSWORD_MISSING': 'kein Passwort angegeben',
  'failure.PASSWORD_FILE_UNREADABLE': 'die Passwortdatei lässt sich nicht lesen',
  'failure.PASSWORD_COMMAND_FAILED': 'der Passwortbefehl ist gescheitert',
  'failure.KEY_PASSPHRASE_WRONG': 'falsches Passwort des geheimen Schlüssels',
  'failure.KEY_TEXT_INVALID': 'dort ist kein brauchbarer Schlüssel',
  'failure.KEY_TOO_WEAK': 'der Schlüssel ist zu schwach',
  'failure.KEY_FILE_TOO_OPEN': 'die Schlüsseldatei ist für andere offen',
  'failure.SHARE_DAMAGED': 'ein Anteil ist nicht so abgeschrieben, wie er gedruckt ist',
  'failure.SHARE_FORGED': 'ein Anteil wurde verändert',
  'failure.SHARE_OF_ANOTHER_SET': 'ein Anteil gehört zu einem anderen Satz',
  'failure.SHARES_TOO_FEW': 'es fehlen Anteile',
  'hint.RESCUE_USAGE': '„node rescue.mjs --help“ zeigt, was es gibt.',
  'hint.SHARE_DAMAGED': 'Diese Zeile Zeichen für Zeichen mit dem Blatt vergleichen.',
  'hint.SHARE_FORGED': 'Jemand hat ihn absichtlich verändert. Ihn weglassen und herausfinden, wer.',
  'hint.SHARE_OF_ANOTHER_SET':
    'Die Blätter eines Satzes tragen denselben Schlüssel: das weglassen, das einen anderen trägt.',
  'hint.SHARES_TOO_FEW': 'Weitere Leute, die einen Anteil haben, um ihren bitten.',
  'hint.WRITER_KEY_PLACE': 'Eine mit --to DATEI nennen; sie gehört auf jenen Rechner und hier gelöscht.',
  'hint.WRITER_UNKNOWN': '„holdfast writer list“ zeigt sie.',
  'hint.WRITER_AMBIGUOUS': 'Mehr Stellen der Kennung angeben, die „holdfast writer list“ zeigt.',
  'hint.MAINTENANCE_KEY_PLACE':
    'Eine mit --to DATEI nennen; sie gehört auf den Rechner, der aufräumt, und hier gelöscht.',
  'hint.MAINTAINER_UNKNOWN': '„holdfast maintainer list“ zeigt sie.',
  'hint.MAINTAINER_AMBIGUOUS': 'Mehr Stellen der Kennung angeben, die „holdfast maintainer list“ zeigt.',
  'hint.MAINTENANCE_ONLY': 'Dafür das Repository mit Passwort oder Schlüsseldatei öffnen.',
  'hint.REF_MISSING':
    '„holdfast prune“ mit Passwort legt die Verweise neu an. Wenn nichts es erklärt, damit zuerst „holdfast check“.',
  'hint.SHARES_IMPOSSIBLE': 'Mindestens 2 Leute müssen nötig sein, von höchstens 16, etwa „3/5“.',

  'failure.REPOSITORY_NOT_NAMED': 'welches Repository?',
  'failure.REPOSITORY_MISSING': 'hier ist kein Repository',
  'failure.REPOSITORY_EXISTS': 'hier ist schon ein Repository',
  'failure.REPOSITORY_ROLLED_BACK': 'der Speicher ging in der Zeit zurück',
  'failure.STORAGE_TIMEOUT': 'der Speicher brauchte zu lange',
  'failure.STORAGE_URL_INVALID': 'die URL des Speichers ist nicht zu gebrauchen',
  'failure.STORAGE_CONFIG_INVALID': 'der Speicher lässt sich so nicht öffnen',
  'failure.STORAGE_URL_HAS_SECRET': 'in einer URL darf kein Passwort stehen',
  'failure.STORAGE_PROBE_UNFAITHFUL': 'der Ort hält nicht, was von einem Speicher verlangt wird',
  'failure.STORAGE_UNFAITHFUL': 'der Speicher bricht eine Zusage',
  'failure.SNAPSHOT_RETAINED': 'der Stand wird aufbewahrt',
  'failure.PACKS_FROZEN': 'Daten sind eingefroren',
  'failure.PACKS_THAWING': 'Daten sind noch eingefroren',
  'failure.STORAGE_CLASS_UNKNOWN': 'diese Speicherklasse gibt es nicht',
  'failure.MOVE_BESIDE_SESSION': 'jemand schreibt in das Repository',
  'failure.STORAGE_PLAINTEXT': 'Passwörter gingen im Klartext über das Netz',
  'failure.STORAGE_MISSING': 'hier ist kein Repository',
  'failure.COPY_DIFFERS': 'das zweite Repository gibt nicht zurück, was ihm gegeben wurde',
  'failure.SYNC_FORGETS_TOO_MUCH': 'mehr als die Hälfte der Kopien würde vergessen',
  'failure.STORAGE_NOT_EMPTY': 'der Ort ist nicht leer',
  'failure.STORAGE_DENIED': 'der Speicher verweigert den Zugriff',
  'failure.STORAGE_FULL': 'der Speicher ist voll',
  'failure.STORAGE_VANISHED': 'der Speicher ist verschwunden',
  'failure.STORAGE_UNKNOWN_SCHEME': 'diese Art von Speicher ist unbekannt',
  'failure.STORAGE_HOST_KEY': 'dem Schlüssel des Servers wird nicht getraut',
  'failure.STORAGE_KEY_UNUSABLE': 'der SSH-Schlüssel ist nicht zu gebrauchen',
  'failure.STORAGE_NOT_SEALED': 'der Speicher verschlüsselt nicht, wie es verlangt wurde',
  'failure.STORAGE_NOT_EXCLUSIVE': 'der Speicher lässt zwei Schreiber denselben Namen nehmen',
  'failure.STORAGE_UNSUPPORTED': 'der Speicher kann das nicht',
  'failure.OBJECT_FROZEN': 'der Speicher hält das eingefroren',
  'failure.OBJECT_RETAINED': 'der Speicher darf das noch nicht löschen',
  'failure.KEY_RETAINED': 'der Speicher behält den Schlüssel noch: er öffnet das Repository weiterhin',
  'failure.STORAGE_UNAVAILABLE': 'der Speicher ist nicht erreichbar',
  'failure.STORAGE_TEST_MAY_NOT_DELETE': 'der Test darf nicht entfernen, was er schreibt',
  'failure.STORAGE_NOT_LASTING': 'der Speicher behält nichts',
  'failure.STORAGE_HOST_UNKNOWN': 'der Name des Servers ist nicht bekannt',
  'failure.STORAGE_CERTIFICATE': 'das Zertifikat des Speichers wird abgelehnt',
  'failure.STORAGE_REFUSED': 'der Speicher lehnt den Aufruf so ab',
  'failure.STORAGE_FILE_UNREADABLE': 'eine Datei, die der Speicher braucht, ist nicht zu gebrauchen',
  'failure.FORMAT_TOO_NEW': 'ein neueres Holdfast hat dieses Repository angelegt',
  'failure.FEATURE_UNKNOWN': 'ein neueres Holdfast hat dieses Repository angelegt',
  'failure.STORAGE_NOT_MOUNTED': 'dort ist keine Netzfreigabe eingehängt',
  'failure.STORAGE_SOFT_MOUNT': 'die Freigabe ist mit „soft“ eingehängt',
  'failure.STORAGE_WROTE_WRONGLY': 'der Speicher gab andere Bytes zurück, als geschrieben wurden',
  'failure.STORAGE_LOGIN_REFUSED': 'der Server nimmt die Anmeldung nicht an',
  'failure.STORAGE_LOGIN_MISSING': 'der Server will eine Anmeldung',
  'failure.STORAGE_READ_ONLY': 'dieses Konto darf nur lesen',
  'failure.CONFIG_BROKEN': 'die Konfiguration des Repositorys ist beschädigt',
  'failure.SLOT_BROKEN': 'ein Schlüssel des Repositorys ist beschädigt',
  'failure.TARGET_NOT_EMPTY': 'das Ziel ist nicht leer',
  'failure.TARGET_DENIED': 'ins Ziel lässt sich nicht schreiben',
  'failure.TARGET_FULL': 'das Ziel ist voll',
  'failure.SOURCE_MISSING': 'den Pfad gibt es nicht',
  'failure.STDIN_READ_TWICE': 'die Standardeingabe lässt sich nur einmal lesen',
  'failure.NOTHING_TO_BACK_UP': 'nichts zu sichern',
  'failure.PERMISSION_DENIED': 'keine Berechtigung',
  'failure.SNAPSHOT_UNKNOWN': 'unbekannter Stand',
  'failure.SNAPSHOT_AMBIGUOUS': 'die Kennung des Standes ist mehrdeutig',
  'failure.PATH_ERASED': 'der Pfad wurde mit Absicht gelöscht',
  'failure.SHRED_KEY_MISSING': 'dafür braucht es den Vernichtungsschlüssel des Repositorys',
  'failure.SHRED_KEY_DESTROYED': 'der Vernichtungsschlüssel des Repositorys wurde zerstört',
  'failure.SHRED_KEY_WRONG': 'der Vernichtungsschlüssel passt nicht',
  'failure.SNAPSHOT_PATH_MISSING': 'der Stand hat diesen Pfad nicht',
  'failure.INVALID_ARGUMENT': 'der Aufruf ergibt keinen Sinn',
  'failure.INVALID_OPTION': 'eine Option hat einen falschen Wert',
  'failure.INVALID_PATTERN': 'ungültiges Muster',
  'failure.INVALID_TIME': 'ungültige Zeit',
  'failure.INVALID_DURATION': 'ungültige Dauer',
  'failure.INVALID_SIZE': 'ungültige Größe',
  'failure.INVALID_RATE': 'ungültige Geschwindigkeit',
  'failure.PRUNE_NOT_ALONE': 'ein anderer Lauf schreibt vielleicht noch, darum wird nichts gelöscht',
  'failure.SESSION_REVOKED': 'dieser Lauf wurde für tot erklärt',
  'failure.CANCELED': 'abgebrochen',
  'failure.UNEXPECTED_ERROR': 'ein Fehler in Holdfast',
  'failure.ASSERTION_FAILED': 'ein Fehler in Holdfast',

  'hint.CONFIG_MISSING': 'Pfad und Rechte der Datei prüfen; „holdfast config init“ schreibt eine neue.',
  'hint.CONFIG_EXISTS': 'Eine andere Datei nennen; überschrieben wird nie.',
  'hint.CONFIG_SYNTAX':
    'Die Datei korrigieren; „holdfast config check“ zeigt jeden Fehler auf einer eigenen Zeile.',
  'hint.CONFIG_INVALID':
    'Die Datei korrigieren; „holdfast config check“ zeigt jeden Fehler auf einer eigenen Zeile.',
  'hint.CONFIG_NO_FILE': 'Eine Datei nennen; ein Ordner oder eine Pipe ist keine.',
  'hint.CONFIG_TOO_OPEN': 'Nachsehen, ob sie noch die eigene ist, dann „chmod o-w“ auf sie anwenden.',
  'hint.CONFIG_NOT_UTF8': 'Die Datei als UTF-8 speichern.',
  'hint.CONFIG_SHORTENS_RETENTION':
    'Wenn das gewollt ist, mit „holdfast config apply --yes“ sagen. Nichts wurde angewandt.',
  'hint.CONFIG_STILL_NEEDED':
    'Zuerst diese Richtlinien ändern oder löschen, oder in der Datei lassen, was sie nennen.',
  'hint.CONFIG_UNREADABLE': 'Die Konfigurationsdatei korrigieren, dann „holdfast config apply“.',
  'hint.CONFIG_VARIABLE_INVALID': 'Eine ganze Zahl von Tagen schreiben oder die Variable weglassen.',
  'hint.SNS_TOPIC_MISSING':
    'SNS_TOPIC_ARN=arn:aws:sns:REGION:KONTO:NAME setzen oder einen Kanal mit „place: sns:arn:aws:sns:…“ nennen.',
  'hint.SECRET_NAME':
    'Etwa „holdfast config secret set mail“; in der Konfiguration steht dann „sealed:mail“.',
  'hint.SECRET_LENGTH': 'Ein Geheimnis von 1 Byte bis 64 KiB geben.',
  'hint.SECRET_UNKNOWN': 'Es mit „holdfast config secret set NAME“ geben.',
  'hint.SECRET_BROKEN':
    'Es mit „holdfast config secret set NAME“ noch einmal geben und nachsehen, wer in den Katalog schreibt.',
  'hint.SEALING_KEY_OTHER':
    'Knoten mit gemeinsamem Katalog brauchen dieselbe Datei secrets.key; oder das Geheimnis neu setzen.',
  'hint.SEALING_KEY_INVALID':
    'Die Datei von dort zurückholen, wo eine Kopie liegt; ohne sie jedes Geheimnis mit einer neuen noch einmal setzen.',
  'hint.ARCHIVES_NONE':
    'Eines mit „holdfast archives backup“ anlegen oder mit --config die richtige Konfiguration nennen.',
  'hint.SECRET_NOT_SEALED': 'Den Katalog nennen, oder das Geheimnis mit file:/PFAD angeben.',
  'hint.SECRET_REFERENCE': 'file:/PFAD, env:NAME, command:/PROGRAMM oder sealed:NAME schreiben.',
  'hint.SECRET_FILE_UNREADABLE': 'Den Pfad prüfen, und ob der Dienst die Datei lesen darf.',
  'hint.SECRET_FILE_TOO_OPEN': '„chmod 600“ darauf anwenden; stand sie lange offen, das Geheimnis wechseln.',
  'hint.SECRET_VARIABLE_MISSING': 'Für „holdfast up“ setzen, etwa mit EnvironmentFile= in der Unit.',
  'hint.SECRET_COMMAND_FAILED': 'Als Benutzer des Dienstes von Hand ausführen.',
  'hint.SECRET_EMPTY': 'Die erste Zeile muss das Geheimnis sein.',
  'hint.JOB_LOST':
    'Der Prozess endete ohne ein Wort; der Auftrag wird wiederholt. Im Protokoll steht, was ihn beendet hat.',
  'hint.JOB_NOT_STARTED': 'Speicher und erlaubte Zahl der Prozesse dieses Benutzers prüfen.',
  'hint.AUDIT_UNREACHABLE':
    'Den Katalog erreichbar machen oder mit --catalog oder HOLDFAST_CATALOG einen anderen nennen.',
  'hint.METRICS_FILE_FAILED': 'Nachsehen, ob es den Ordner gibt und wer dort schreiben darf.',
  'hint.SECRETS_UNREACHABLE': 'Kennzahlen ohne Kopfzeilen senden, oder aus „holdfast up“.',
  'hint.LOG_LEVEL_UNKNOWN': 'Auf DEBUG, INFO, WARN oder ERROR setzen.',
  'hint.LOG_MISSING':
    'Den Ordner nennen, der in der Konfiguration steht, oder warten, bis etwas geschrieben wurde.',
  'hint.CHANNEL_NOT_CONFIGURED':
    'Einen Kanal der Konfiguration nennen oder eine URL schreiben, etwa slack: oder smtp://.',
  'hint.CATALOG_NOT_AT_HAND': 'Von „holdfast up“ ausführen lassen, das den Katalog kennt.',
  'hint.NOTHING_TO_REBUILD_FROM':
    'Die Konfiguration mit --config nennen, oder ihren Abschnitt „repositories“ schreiben.',
  'hint.CATALOG_MISSING':
    'Die Datei legt „holdfast up“ beim ersten Start an, eine PostgreSQL-Datenbank createdb. Oder mit --catalog einen anderen nennen.',
  'hint.ALERT_UNKNOWN': 'Die Kennung aus „holdfast alerts“ nehmen; diese Meldung kann vorbei sein.',
  'hint.PAGE_MARK': 'Die Marke der vorigen Seite unverändert nehmen, oder ohne Marke von vorn beginnen.',
  'hint.PAGE_LIMIT': '1 bis 500 Zeilen verlangen.',
  'hint.CATALOG_NEWER':
    'Holdfast auf diesem Rechner erneuern; ein Katalog geht nie auf eine ältere Version zurück.',
  'hint.CATALOG_OLDER': '„holdfast catalog migrate“ ausführen.',
  'hint.CATALOG_DENIED':
    'Konto, Passwort und Rechte prüfen; eine Datei muss dem Konto gehören, unter dem Holdfast läuft.',
  'hint.CATALOG_FULL': 'Platz schaffen; nichts, was aufgezeichnet ist, geht verloren.',
  'hint.CATALOG_BUSY': 'Nach einem Prozess suchen, der beim Schreiben stehen blieb; dann nochmals versuchen.',
  'hint.CATALOG_NO_WAL': 'Den Katalog auf eine Platte dieses Rechners legen oder PostgreSQL nehmen.',
  'hint.CATALOG_ADDRESS': 'postgres://KONTO@RECHNER/DATENBANK oder den Pfad einer Datei schreiben.',
  'hint.CATALOG_URL_PASSWORD':
    'Aus der URL nehmen und in eine Datei schreiben, die --catalog-password-file nennt, oder in ~/.pgpass.',
  'hint.CATALOG_NOT_EMPTY':
    'Einen Ort für einen neuen Katalog nennen; sonst vermischt sich, was da ist, mit dem, was zurückkommt.',
  'hint.CATALOG_EXPORT_BROKEN': 'Nichts wurde geändert. Eine andere Kopie des Exports nehmen.',
  'hint.CATALOG_NOT_NAMED': 'Eine Datei oder PostgreSQL-Datenbank mit --catalog nennen.',
  'hint.EXPORT_UNREADABLE': 'Pfad und Leserechte der Ausgabe prüfen.',
  'hint.APPROVAL_DECIDED': 'Neu fragen; das ist entschieden oder abgelaufen.',
  'hint.APPROVAL_OWN':
    'Zustimmen muss jemand anders mit der Rolle admin, dessen Konto, Passwort und Rolle einen Tag älter sind als die Frage.',
  'hint.APPROVAL_TOO_LONG': 'Weniger auf einmal verlangen oder es auf dem Rechner selbst tun.',
  'hint.APPROVAL_UNKNOWN': 'Die Liste zeigt sie: holdfast approval list --all',
  'hint.CODE_REFUSED': 'Den nächsten Code abwarten und die Uhr des Telefons prüfen.',
  'hint.FORBIDDEN': 'Wer die Rolle admin hat, kann eine Rolle oder Freigabe geben.',
  'hint.GRANT_INVALID':
    'Freigeben lassen sich viewer, auditor, operator oder restorer für eine Richtlinie oder ein Repository, mit absolutem Ordner oder ohne.',
  'hint.GRANT_UNKNOWN': 'Die Freigaben zeigt: holdfast user show NAME',
  'hint.INVITATION_INVALID': 'Eine neue gibt, wer die Rolle admin hat.',
  'hint.LAST_ADMIN': 'Zuerst jemand anderem die Rolle admin geben.',
  'hint.LOGINS_BUSY': 'In ein paar Sekunden noch einmal versuchen.',
  'hint.LOGIN_REFUSED':
    'Prüfen, was eingegeben wurde; nach vielen Versuchen eine halbe Stunde warten oder jemanden mit der Rolle admin fragen.',
  'hint.LOGIN_SESSION_UNKNOWN': 'Die Sitzungen ansehen; sie kann zu Ende sein.',
  'hint.PASSKEY_REFUSED': 'Noch einmal versuchen oder das Passwort nehmen.',
  'hint.PASSWORD_HASH_INVALID': 'Diesem Konto ein neues Passwort setzen.',
  'hint.PASSWORD_REUSED': 'Eines nehmen, das zuletzt nicht in Gebrauch war.',
  'hint.PASSWORD_WEAK': 'Vier oder mehr Wörter nehmen, die nichts miteinander zu tun haben.',
  'hint.PASSWORD_WRONG': 'Das jetzige Passwort angeben.',
  'hint.PROOF_NOT_FRESH':
    'Passwort, Code oder Passkey noch einmal angeben und es binnen fünf Minuten wiederholen.',
  'hint.SECOND_FACTOR_NEEDED': 'Einen Code der App oder vom Papier angeben oder einen Passkey nehmen.',
  'hint.SECOND_PERSON_NEEDED':
    'Um Zustimmung zu genau dem bitten; jemand anders mit der Rolle admin stimmt zu.',
  'hint.SETUP_INVALID':
    '„holdfast up“ neu starten gibt einen neuen Link; oder das Konto mit „holdfast user add“ anlegen.',
  'hint.TOKEN_INVALID': 'Einen kurzen Namen geben und eine Zeit, nach der es endet.',
  'hint.TOKEN_SCOPE': 'Ein Token darf höchstens, was sein Mensch darf.',
  'hint.TOKEN_UNKNOWN': 'Die Liste zeigt sie: holdfast token list',
  'hint.TOO_MANY_TRIES': 'Einige Minuten warten, dann noch einmal versuchen.',
  'hint.USER_EXISTS': 'Einen anderen Namen nehmen.',
  'hint.USER_NAME': 'Buchstaben a bis z, Ziffern und dazwischen . _ @ -; höchstens 64.',
  'hint.USER_UNKNOWN': 'Die Liste zeigt sie: holdfast user list',
  'hint.TOKEN_NEEDS_USER': 'Den Menschen nennen: --user NAME.',
  'hint.PERMISSION_UNKNOWN':
    'Berechtigungen heißen Ding:Tat, etwa run:read; docs/guides/users-and-roles.md nennt alle.',
  'hint.BRAKE_ON':
    'Herausfinden, was mit den Daten geschehen ist; wenn sie in Ordnung sind, die Notbremse lösen: holdfast brake release --reason „…“',
  'hint.BRAKE_OFF': 'Es gibt nichts zu lösen.',
  'hint.BRAKE_REASON_MISSING':
    'Sagen, was Sie herausgefunden haben: --reason „die Fotos der Schulreise wurden eingelesen“.',
  'hint.BRAKE_NEEDS_A_PERSON': 'Von Hand lösen: holdfast brake release --reason „…“',
  'hint.BRAKE_NEEDS_A_SECOND_PERSON':
    'Zwei Personen müssen zustimmen: über die API oder die Oberfläche anfragen.',
  'hint.BRAKE_PULLED_AGAIN': 'Zuerst die Gründe ansehen: holdfast brake status',
  'hint.WRONG_PASSWORD':
    'Passwort oder Schlüsseldatei prüfen; „--password-file“ liest die erste Zeile einer Datei.',
  'hint.PASSWORD_MISSING':
    '--password-file, --password-command oder --key-file angeben, oder die Variable HOLDFAST_PASSWORD_FILE oder HOLDFAST_PASSWORD_COMMAND setzen.',
  'hint.PASSWORD_FILE_UNREADABLE': 'Den Pfad hinter --password-file oder HOLDFAST_PASSWORD_FILE prüfen.',
  'hint.PASSWORD_COMMAND_FAILED':
    'Den Befehl von Hand ausführen; er muss das Passwort ausgeben und mit 0 enden.',
  'hint.PASSWORD_EMPTY': 'In der ersten Zeile muss das Passwort stehen.',
  'hint.PASSWORD_TOO_LONG': 'Ist es die richtige Datei? Ein Passwort hat höchstens 4096 Bytes.',
  'hint.PASSWORDS_DIFFER': 'Noch einmal beginnen und zweimal dasselbe Passwort eingeben.',
  'hint.KEY_FILE_TOO_OPEN':
    'Selbst Eigentümer werden und „chmod 600“ darauf anwenden; war sie lange offen, einen neuen Schlüssel anlegen.',
  'hint.KEY_FILE_INVALID':
    'Sie ist abgeschnitten oder eine andere Datei: eine Schlüsseldatei hat in der ersten Zeile 43 Buchstaben und Ziffern. Eine andere Kopie davon nehmen.',
  'hint.KEY_FILE_MISSING': 'Den Pfad der Schlüsseldatei prüfen.',
  'hint.KIT_SECRET_INVALID': 'Möglich sind --recipient, --new-password-file oder --new-password-command.',
  'hint.SECRET_INVALID':
    'Eine Schlüsseldatei enthält in der ersten Zeile 32 Zufallsbytes als base64url; ein Empfänger ist ein öffentlicher Schlüssel der genannten Art.',
  'hint.KEY_TEXT_INVALID':
    'Möglich sind PEM (RSA oder X25519), eine Zeile von „holdfast key generate“ oder eine von age.',
  'hint.KEY_PASSPHRASE_WRONG': 'Der geheime Schlüssel hat ein eigenes Passwort, nicht das des Repositorys.',
  'hint.CODEC_NOT_INSTALLED': 'Das ganze Holdfast mit seinen Paketen einrichten.',
  'hint.RESCUE_LEFT_OUT':
    'Ein Passwort, eine Schlüsseldatei, Anteile oder einen geheimen Schlüssel nehmen, oder das ganze Holdfast.',
  'hint.RESCUE_SLOTS_FOREIGN':
    'Holdfast einrichten und mit dem Token (--pkcs11) oder dem Schlüssel der Cloud (--kms) öffnen, oder den Hauptschlüssel eines Notfallpakets angeben (--identity).',
  'hint.RESCUE_TOO_LARGE': 'Den Text der Regeln unter 64 KiB halten.',
  'hint.RESCUE_FILE_NOT_MADE':
    'Eine Datei nennen, die es noch nicht gibt, in einem Ordner, in den geschrieben werden kann.',
  'hint.READER_NOT_BUILT': 'Das Paket bringt es mit; in einem Checkout macht es „npm run build“.',
  'hint.SHARE_FILE_UNREADABLE':
    'In einer Anteilsdatei stehen die sechs Zeilen eines Anteils, wie --print-text oder der QR-Code sie gibt.',
  'hint.SHARES_NOT_ASKED': 'Dateien mit --share-file nennen.',
  'hint.SHARES_NOT_PRINTED':
    'Mit --to einen Ordner für die Blätter nennen oder den Text mit --print-text ausgeben.',
  'hint.SHARE_UNKNOWN': 'Sein Schlüssel wurde entfernt, oder er ist von einem anderen Repository.',
  'hint.SHEET_NOT_WRITTEN':
    'Einen Ordner nennen, in den geschrieben werden kann; Blätter werden nie ersetzt.',
  'hint.KEY_UNKNOWN': '„holdfast key list“ zeigt die Schlüssel; mindestens vier Stellen angeben.',
  'hint.KEY_AMBIGUOUS': 'Mehr Stellen der Kennung angeben.',
  'hint.KMS_ANSWER_UNFIT': 'AWS_ENDPOINT_URL_KMS prüfen: dort antwortet etwas anderes.',
  'hint.KMS_ARN_INVALID':
    'Sie sieht aus wie „arn:aws:kms:eu-central-1:111122223333:key/…“ oder „…:alias/NAME“.',
  'hint.KMS_CREDENTIALS_MISSING':
    'Sie angeben wie für alle Werkzeuge von AWS: AWS_PROFILE, AWS_ACCESS_KEY_ID, Single Sign-on oder eine Rolle des Rechners.',
  'hint.KMS_CREDENTIALS_REFUSED':
    'Sie erneuern und die Uhr dieses Rechners prüfen: eine Signatur gilt nur einige Minuten.',
  'hint.KMS_DENIED':
    'kms:Decrypt (und kms:GenerateDataKey, um einen Schlüsselplatz anzulegen) in der Policy des Schlüssels und des Kontos erlauben.',
  'hint.KMS_ENDPOINT_PLAIN':
    'Die Antwort von KMS ist ein Schlüssel: eine Adresse angeben, die mit „https:“ beginnt.',
  'hint.KMS_KEY_DISABLED':
    'Ihn mit „aws kms enable-key“ einschalten oder einen anderen Schlüsselplatz nehmen.',
  'hint.KMS_KEY_DYING':
    'Das mit „aws kms cancel-key-deletion“ zurücknehmen, bevor sein Tag kommt, oder einen weiteren Schlüsselplatz anlegen, solange noch einer öffnet.',
  'hint.KMS_KEY_MISSING':
    'Konto und Region in der ARN prüfen; ein gelöschter Schlüssel öffnet nichts mehr: einen anderen Schlüsselplatz nehmen.',
  'hint.KMS_KEY_STATE':
    '„aws kms describe-key“ zeigt seinen Zustand; importiertes Schlüsselmaterial kann abgelaufen sein.',
  'hint.KMS_KEY_USAGE': 'Einen symmetrischen Schlüssel mit der Verwendung ENCRYPT_DECRYPT nehmen.',
  'hint.KMS_NOT_DECRYPTED':
    'Der Schlüsselplatz gehört zu einem anderen Repository oder einem anderen Schlüssel oder wurde verändert: einen anderen nehmen.',
  'hint.KMS_REFUSED': 'Schlage den Namen in der API-Referenz von AWS KMS nach.',
  'hint.KMS_THROTTLED': 'Es später noch einmal versuchen oder das Kontingent des Kontos erhöhen lassen.',
  'hint.KMS_UNAVAILABLE': 'Es später noch einmal versuchen; AWS meldet Ausfälle auf seiner Statusseite.',
  'hint.KMS_UNREACHABLE':
    'Netz, Proxy und AWS_ENDPOINT_URL_KMS prüfen; ein Netz ohne Internet braucht einen VPC-Endpunkt für KMS.',
  'hint.PKCS11_CONFIG_INVALID':
    'Sie enthält eine Zeile „module-path = /pfad/des/moduls.so“ und Kommentare, die mit „#“ beginnen.',
  'hint.PKCS11_CONFIG_MISSING':
    'Als root die Zeile „module-path = /pfad/des/moduls.so“ hineinschreiben; ein Beispiel steht in docs/guides/key-slots-hsm.md.',
  'hint.PKCS11_CONFIG_UNSAFE':
    'root zum Eigentümer machen, „chmod go-w“ darauf anwenden und prüfen, ob der Inhalt noch stimmt.',
  'hint.PKCS11_DEVICE_ERROR':
    'Prüfen, ob es noch da ist, in sein eigenes Protokoll sehen, es neu anstecken und es noch einmal versuchen.',
  'hint.PKCS11_KEY_AMBIGUOUS': 'Einen mit „object=“ und „id=“ benennen.',
  'hint.PKCS11_KEY_EXISTS': '„--create-key“ weglassen, um ihn zu verwenden, oder einen anderen Namen wählen.',
  'hint.PKCS11_KEY_MISSING':
    '„object“ und „id“ der URI mit „pkcs11-tool -O --login“ prüfen; „--create-key“ legt einen Schlüssel für einen neuen Platz an.',
  'hint.PKCS11_MECHANISM_REFUSED':
    'Der Schlüssel muss ein- und auspacken oder ver- und entschlüsseln dürfen: „pkcs11-tool -O --login“ zeigt, was er darf.',
  'hint.PKCS11_MODULE_BROKEN':
    '„module-path“ in der Konfigurationsdatei prüfen; „pkcs11-tool --module DATEI -I“ probiert ein Modul aus.',
  'hint.PKCS11_MODULE_CRASHED':
    'Der Fehler liegt im Modul: erneuere es und probiere es mit „pkcs11-tool --module DATEI --test“ aus.',
  'hint.PKCS11_MODULE_FAILED':
    'Seine eigene Konfiguration prüfen, etwa SOFTHSM2_CONF, und ob sein Dienst läuft.',
  'hint.PKCS11_MODULE_IN_URI':
    'Ein Modul ist Maschinencode: nur die Konfigurationsdatei von root nennt es, siehe docs/guides/key-slots-hsm.md.',
  'hint.PKCS11_NOT_UNWRAPPED':
    'Der Schlüssel heißt richtig, ist aber ein anderer, oder der Platz wurde verändert; einen anderen Schlüsselplatz nehmen.',
  'hint.PKCS11_NO_MECHANISM':
    'Nötig ist ein AES-Schlüssel, der ein- und auspacken (AES_KEY_WRAP_PAD) oder ver- und entschlüsseln darf (AES_GCM), oder ein RSA-Schlüssel ab 3072 Bit, der entschlüsseln darf (RSA_PKCS_OAEP). „--create-key“ legt einen passenden AES-Schlüssel an.',
  'hint.PKCS11_PIN_EXPIRED':
    'Mit dem Werkzeug des Herstellers eine neue setzen und es noch einmal versuchen.',
  'hint.PKCS11_PIN_IN_URI':
    'Argumente kann jeder auf diesem Rechner lesen. Die PIN ändern und mit „pin-source=file:/pfad“, HOLDFAST_PKCS11_PIN_FILE oder HOLDFAST_PKCS11_PIN_COMMAND angeben.',
  'hint.PKCS11_PIN_LOCKED':
    'Wer die SO-PIN hat, kann es entsperren; bis dahin einen anderen Schlüsselplatz nehmen.',
  'hint.PKCS11_PIN_MISSING':
    'Sie mit „pin-source=file:/pfad“ in der URI, mit HOLDFAST_PKCS11_PIN_FILE oder HOLDFAST_PKCS11_PIN_COMMAND angeben.',
  'hint.PKCS11_PIN_WRONG':
    'Die PIN vor dem nächsten Versuch prüfen: nach einigen falschen sperrt sich ein Token. Holdfast versucht es nie von selbst noch einmal.',
  'hint.PKCS11_REFUSED': 'Fragen, wer das Token verwaltet, welche Regeln für diesen Schlüssel gelten.',
  'hint.PKCS11_TIMEOUT': 'Das Gerät oder sein Netz prüfen; eine PIN-Tastatur wartet auf ihre PIN.',
  'hint.PKCS11_TOKEN_ABSENT':
    'Prüfen, ob das Gerät steckt oder sein Netz da ist; „pkcs11-tool -L“ zeigt die Token eines Moduls.',
  'hint.PKCS11_TOKEN_AMBIGUOUS': 'Eines mit „token=“ oder „serial=“ benennen.',
  'hint.PKCS11_TOKEN_FULL':
    'Schlüssel löschen, die niemand braucht, oder es wieder versuchen, wenn andere ihre Sitzungen beendet haben.',
  'hint.PKCS11_TOKEN_GONE':
    'Prüfen, ob das Gerät steckt oder sein Netz da ist, und es noch einmal versuchen; nichts wurde verändert.',
  'hint.PKCS11_UNSUPPORTED':
    'Auf diesem Rechner eine andere Art von Schlüsselplatz nehmen; 64-Bit-Linux und macOS kennen diese.',
  'hint.PKCS11_URI_INVALID':
    'Sie als „pkcs11:token=NAME;object=SCHLÜSSEL“ schreiben; „pkcs11-tool -O“ zeigt die Namen.',
  'hint.REPOSITORY_NOT_NAMED': '--repository ORDNER angeben oder HOLDFAST_REPOSITORY setzen.',
  'hint.REPOSITORY_MISSING': 'Den Ort prüfen oder dort mit „holdfast init“ ein Repository anlegen.',
  'hint.REPOSITORY_EXISTS':
    'Einen anderen Ort wählen oder dieses benutzen: „holdfast backup“ braucht kein init.',
  'hint.REPOSITORY_ROLLED_BACK':
    'Wurde mit Absicht eine ältere Kopie eingespielt, „holdfast repair --accept-rollback GRUND“ ausführen; sonst hat jemand Stände entfernt: mit einer anderen Kopie vergleichen.',
  'hint.STORAGE_MISSING': 'Den Ort prüfen oder dort mit „holdfast init“ ein Repository anlegen.',
  'hint.STORAGE_NOT_EMPTY': 'Einen neuen oder leeren Ordner wählen.',
  'hint.STORAGE_HOST_UNKNOWN':
    'Die Schreibweise des Rechners prüfen, bei S3 auch der Region, und den Nameserver.',
  'hint.STORAGE_UNAVAILABLE':
    'Netz und Server prüfen und den Befehl wiederholen: fertige Pakete werden weiterbenutzt.',
  'hint.STORAGE_TIMEOUT': 'Netz und Server prüfen und den Befehl wiederholen.',
  'hint.STORAGE_CERTIFICATE': 'Die Zertifizierungsstelle mit ca-file nennen oder das Zertifikat erneuern.',
  'hint.STORAGE_URL_INVALID': 'Siehe docs/guides/storages.md.',
  'hint.STORAGE_CONFIG_INVALID': 'Was jede Art von Speicher annimmt, steht in docs/guides/storages.md.',
  'hint.STORAGE_URL_HAS_SECRET':
    'Es mit HOLDFAST_STORAGE_PASSWORD_FILE oder HOLDFAST_STORAGE_PASSWORD_COMMAND angeben, und ändern, wenn es zu sehen war.',
  'hint.STORAGE_PROBE_UNFAITHFUL': 'Einen anderen Ort wählen oder in seine Anleitung in docs/guides/ sehen.',
  'hint.STORAGE_UNFAITHFUL': 'Ihn mit „holdfast storage test“ prüfen.',
  'hint.SNAPSHOT_RETAINED': 'Danach kann er vergessen werden; niemand kann es verkürzen.',
  'hint.PACKS_FROZEN': 'Es mit --thaw request (und später noch einmal) oder mit --thaw wait wiederholen.',
  'hint.PACKS_THAWING': 'Sie wurden angefordert. Denselben Befehl später wiederholen.',
  'hint.STORAGE_CLASS_UNKNOWN': '„holdfast storage list“ zeigt die benutzten Klassen.',
  'hint.MOVE_BESIDE_SESSION':
    'Auf die laufende Sicherung oder das Aufräumen warten, oder eine tote Sitzung mit „holdfast session revoke“ beenden.',
  'hint.STORAGE_PLAINTEXT': 'Die verschlüsselte Form der URL nehmen.',
  'hint.STORAGE_DENIED':
    'Zugangsdaten und Rechte prüfen; bei einem Ordner Besitzer und Rechte, und ob die Platte nur zum Lesen eingehängt ist.',
  'hint.STORAGE_FULL':
    'Platz schaffen und denselben Befehl noch einmal ausführen: fertige Pakete werden weiterbenutzt.',
  'hint.STORAGE_VANISHED':
    'Ist die Platte angesteckt und eingehängt? Denselben Befehl noch einmal ausführen: fertige Pakete werden weiterbenutzt.',
  'hint.STORAGE_UNKNOWN_SCHEME': 'Ein Pfad ohne Schema ist ein Ordner auf diesem Rechner.',
  'hint.STORAGE_NOT_EXCLUSIVE':
    'exclusive=false an die URL hängen, um mit schwächerem Versprechen weiterzumachen.',
  'hint.OBJECT_FROZEN': 'Es zuerst auftauen; das dauert Stunden.',
  'hint.OBJECT_RETAINED': 'Vor dieser Zeit kann es niemand löschen.',
  'hint.KEY_RETAINED':
    'Danach mit „holdfast key remove“ entfernen. Ist sein Geheimnis in falschen Händen, sofort „holdfast key rotate --master“: was danach gesichert wird, öffnet er nicht.',
  'hint.FORMAT_TOO_NEW': 'Das neueste Holdfast installieren; dieses verstünde nicht, was es liest.',
  'hint.FEATURE_UNKNOWN': 'Das neueste Holdfast installieren; dieses verstünde nicht, was es liest.',
  'hint.STORAGE_NOT_MOUNTED':
    'Die Freigabe einhängen und denselben Befehl noch einmal ausführen. Ein Ordner dieses Rechners wird allein als Pfad geschrieben.',
  'hint.STORAGE_SOFT_MOUNT':
    'So kann Geschriebenes unbemerkt verloren gehen. Sie mit der Option „hard“ neu einhängen.',
  'hint.STORAGE_WROTE_WRONGLY': 'Server und Netz prüfen. Nichts davon wurde veröffentlicht.',
  'hint.STORAGE_LOGIN_REFUSED':
    'Den Benutzer in der URL und HOLDFAST_STORAGE_PASSWORD_FILE oder HOLDFAST_STORAGE_TOKEN_FILE prüfen.',
  'hint.STORAGE_LOGIN_MISSING':
    'Den Benutzer in die URL schreiben und HOLDFAST_STORAGE_PASSWORD_FILE setzen, oder nur HOLDFAST_STORAGE_TOKEN_FILE setzen.',
  'hint.STORAGE_READ_ONLY': 'Ein Konto benutzen, das schreiben darf.',
  'hint.CONFIG_BROKEN':
    '„config/“ aus einer anderen Kopie des Repositorys holen; durch diesen Schaden gehen keine Daten verloren.',
  'hint.SLOT_BROKEN':
    'Einen anderen Schlüssel nehmen oder „keys/“ aus einer anderen Kopie des Repositorys holen.',
  'hint.TARGET_NOT_EMPTY':
    'Einen neuen oder leeren Ordner wählen oder mit --overwrite sagen, was mit dem geschieht, was da ist.',
  'hint.TARGET_NOT_NAMED':
    '--target ORDNER oder --in-place angeben, oder --interactive, um geführt zu werden.',
  'hint.IMPORT_TARGET_NOT_NAMED': '--target ORDNER angeben, oder --list, um nur hineinzusehen.',
  'hint.EXPORT_NOT_NAMED':
    'Eines von beiden nennen: holdfast export STAND, oder holdfast export --folder ORDNER',
  'hint.EXPORT_EXCLUDE_MIXED': 'Stattdessen einen Teil des Standes nennen: STAND:PFAD',
  'hint.OWNERS_NEED_ROOT': '--owners weglassen oder als root importieren.',
  'hint.SEAL_RECIPIENT_MISSING':
    'Mit --seal-recipient einen age-Empfänger oder die Datei eines öffentlichen Schlüssels nennen.',
  'hint.SEAL_IDENTITY_MISSING': 'Mit --seal-identity die Datei des geheimen Schlüssels nennen.',
  'hint.DOWNLOAD_BROKEN': 'Noch einmal anfragen.',
  'hint.TOO_MANY_DOWNLOADS': 'Warten, bis einer davon beendet ist.',
  'hint.SEAL_KEY_MISSING':
    'Den Schlüssel der Versiegelung angeben: --seal-recipient, --seal-identity oder --seal-password-file.',
  'hint.SEAL_KEY_LEFT_OVER': 'Für jedes --seal einen Schlüssel angeben, in derselben Reihenfolge.',
  'hint.SEAL_KEY_UNREADABLE': 'Den Pfad prüfen; ein Schlüssel hat höchstens 64 KiB.',
  'hint.RESTORE_MIXED': 'Nur eines von beiden angeben.',
  'hint.RESTORE_NOT_NAMED': 'Einen Lauf nennen, den „holdfast rollback --list“ zeigt.',
  'hint.DELETE_NEEDS_OVERWRITE':
    'In einem leeren Ordner ist nichts zu löschen: --in-place oder --overwrite dazunehmen.',
  'hint.TARGET_DENIED': 'Einen Ordner wählen, in den geschrieben werden darf.',
  'hint.TARGET_FULL': 'Platz schaffen oder ein anderes Ziel wählen; am Repository wurde nichts geändert.',
  'hint.SOURCE_MISSING': 'Den Pfad prüfen; auch ein fehlendes Laufwerk sieht so aus.',
  'hint.NOTHING_TO_BACK_UP': 'Mindestens einen Ordner oder eine Datei nennen: holdfast backup PFAD',
  'hint.PRUNE_NOT_ALONE':
    'Warten, bis er endet, oder einen verlorenen mit „holdfast session revoke“ für tot erklären. Ohne --exclusive wartet das Aufräumen stattdessen einen Tag.',
  'hint.STDIN_READ_TWICE': 'Das laufende Aufräumen enden lassen, dann die Sicherung neu starten.',
  'hint.STDIN_MIXED': 'Die Pfade weglassen oder sie mit einem zweiten Aufruf sichern.',
  'hint.PERMISSION_DENIED': 'Es als Benutzer ausführen, der das darf.',
  'hint.FILE_MISSING': 'Den Pfad prüfen.',
  'hint.DISK_FULL': 'Platz schaffen und denselben Befehl noch einmal ausführen.',
  'hint.DISK_ERROR': 'Nach der Platte und ihren Kabeln sehen, bevor noch etwas auf sie geschrieben wird.',
  'hint.LIST_FILE_UNREADABLE': 'Den Pfad hinter --files-from prüfen.',
  'hint.PATTERN_FILE_UNREADABLE': 'Den Pfad der Musterdatei prüfen.',
  'hint.SNAPSHOT_NOT_NAMED': 'Einen nennen: „latest“ oder eine Kennung, die „holdfast snapshots“ zeigt.',
  'hint.SNAPSHOT_UNKNOWN': '„holdfast snapshots“ zeigt alle Stände.',
  'hint.SNAPSHOT_AMBIGUOUS': 'Mehr Stellen der Kennung angeben.',
  'hint.SNAPSHOT_PATH_MISSING': '„holdfast ls STAND“ zeigt, was er hat.',
  'hint.PATH_NOT_NAMED': 'Eine Datei nennen: holdfast cat STAND:PFAD',
  'hint.COPY_TARGET_NOT_NAMED': '--to ORDNER angeben oder HOLDFAST_TO_REPOSITORY setzen.',
  'hint.STORAGE_WITHOUT_LIFECYCLE':
    'Nur S3 und Google Cloud Storage haben Altersregeln, die sich von hier setzen lassen; sonst „holdfast tier“ und „holdfast forget“ verwenden. Azure führt seine Regeln beim Konto: dort nachsehen, dass keine Blobs eines Repositorys löscht oder archiviert.',
  'hint.LIFECYCLE_FILE_NOT_NAMED': 'Zum Beispiel: holdfast storage lifecycle diff config/s3_lifecycle.json',
  'hint.LIFECYCLE_HARMFUL':
    'Regeln nur packs/ berühren lassen und das Löschen „holdfast forget“ und „holdfast prune“ überlassen.',
  'hint.LIFECYCLE_FILE_UNREADABLE': 'Den Pfad prüfen, und wer die Datei lesen darf.',
  'hint.ACCOUNTS_NOT_NAMED':
    'Mit „holdfast storage account NAME“ eine Zeile erzeugen und die Datei mit --accounts nennen.',
  'hint.KEYS_NEED_PATHS': '--keys weglassen oder Ordner und Dateien statt --stdin nennen.',
  'hint.VAULT_SECRET_MISSING':
    'Mit HOLDFAST_VAULT_TOKEN_FILE eine Datei nennen (bei --vault-role-id: HOLDFAST_VAULT_SECRET_ID_FILE), oder unter demselben Namen mit _COMMAND einen Befehl.',
  'hint.VAULT_SECRET_INVALID': 'Die erste Zeile der Datei muss es enthalten, und nichts sonst.',
  'hint.VAULT_CA_UNREADABLE': 'Den Pfad bei --vault-ca prüfen, und wer die Datei lesen darf.',
  'hint.VAULT_NOT_NAMED': 'Den aktiven Knoten nennen: --vault https://vault.example.org:8200',
  'hint.SOURCES_MIXED':
    'Für jede Quelle eine eigene Sicherung starten: Ein Dienst wird ganz gesichert, oder was --prefix oder ein Pfad davon übrig lässt.',
  'hint.KEYS_PLACE_UNCLEAR': 'Pfade angeben oder --snapshot, aber nicht beides.',
  'hint.CERTIFICATE_HALF_NAMED': 'Beides angeben, --certificate und --certificate-key.',
  'hint.SERVER_FOLDER_MISSING':
    'Ihn anlegen, oder seine Platte einhängen: der Server legt ihn nie selbst an.',
  'hint.SERVER_FILE_UNREADABLE': 'Den Pfad prüfen, und wer die Datei lesen darf.',
  'hint.COPY_DIFFERS':
    'Dieser Stand wurde dort nicht veröffentlicht. Jenes Repository mit „holdfast check --read-data“ prüfen.',
  'hint.SYNC_FORGETS_TOO_MUCH':
    'Was fehlte, ist übertragen, vergessen wurde nichts. Wurde hier mit Absicht so viel vergessen, --force-forget dazunehmen.',
  'hint.COPY_ONTO_ITSELF': 'Mit --to ein anderes Repository nennen.',
  'hint.RETENTION_EMPTY': 'Mindestens eine Regel angeben, etwa --keep-last 10 oder --keep-daily 7.',
  'hint.RETENTION_KEEPS_NOTHING': 'Mindestens einen behalten; um einzelne Stände zu entfernen, sie nennen.',
  'hint.INVALID_RETENTION': 'Eine ganze Zahl angeben, etwa --keep-daily 7.',
  'hint.FORGET_MIXED': 'Entweder Stände nennen oder Regeln wie --keep-daily.',
  'hint.ERASE_WHERE': 'Entweder --all angeben, oder --snapshot für jeden, der gemeint ist.',
  'hint.PATH_ERASED':
    'Diese Kopie hat ihn noch. „holdfast restore --include-erased GRUND“ holt ihn trotzdem zurück.',
  'hint.SHRED_ESCROW_NEEDED':
    '--shred-key DATEI und zweimal --shred-escrow DATEI angeben, auf anderen Geräten: wer alle drei verliert, verliert alle Daten.',
  'hint.SHRED_KEY_INSIDE':
    'Den Schlüssel und seine Kopien anderswo verwahren: mit dem Repository würden sie kopiert und gesperrt, und wären nie fort.',
  'hint.SHRED_KEY_MISSING':
    'Ihn mit „--shred-key DATEI“ nennen. Ohne ihn lassen sich Stände auflisten und entfernen, aber nichts lesen.',
  'hint.SHRED_KEY_DESTROYED':
    'Das geschah mit Absicht durch „holdfast key shred“: die Daten sind für immer verloren, in jeder Kopie.',
  'hint.SHRED_KEY_WRONG': 'Den Pfad hinter --shred-key prüfen; das Repository selbst ist nicht beschädigt.',
  'hint.SHRED_NOT_CONFIRMED':
    'Das zerstört alle Daten des Repositorys in jeder Kopie, für immer. Ist das gewollt, --confirm mit der ganzen Kennung des Repositorys dazunehmen.',
  'hint.REASON_NEEDED': 'In wenigen Worten sagen, warum; es wird im Repository vermerkt.',
  'hint.NO_TERMINAL': '--target und die anderen Optionen statt --interactive nehmen.',
  'hint.INVALID_ARGUMENT': '„holdfast help BEFEHL“ zeigt, was ein Befehl annimmt.',
  'hint.INVALID_OPTION': '„holdfast help BEFEHL“ zeigt, was eine Option annimmt.',
  'hint.INVALID_PATTERN': 'Muster sind die von .gitignore: *.log, /home/*/cache/, **/node_modules, !keep.me.',
  'hint.INVALID_TIME':
    'Eine Zeit wie „2026-11-20 14:00“, 2026-11-20, 2026-11-20T14:00:00Z oder now-3d schreiben.',
  'hint.INVALID_DURATION': 'Eine Dauer wie 30d, 12h oder 1y6m schreiben.',
  'hint.INVALID_SIZE': 'Eine Zahl mit Einheit wie 500K, 10M oder 1.5 GiB schreiben.',
  'hint.INVALID_RATE': 'Bytes je Sekunde wie 500K/s, 5M/s oder 10 MiB/s schreiben.',
  'hint.CANCELED': 'Denselben Befehl noch einmal ausführen: fertige Pakete werden weiterbenutzt.',
  'hint.SESSION_REVOKED': 'Denselben Befehl noch einmal ausführen.',
  'hint.UNEXPECTED_ERROR': 'Bitte mit diesen Zeilen melden; das Repository ist, wie es war.',
  'hint.ASSERTION_FAILED': 'Bitte mit diesen Zeilen melden; das Repository ist, wie es war.',
};
