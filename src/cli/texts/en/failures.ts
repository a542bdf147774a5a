// What to do about failures, in English: `hint.<code>`, and the few messages that are worded for people.

export const failures = {
  'hint.NODE_RUNNING':
    'Stop the other one first. Of two machines each needs a name of its own: "node:" in the configuration.',
  'hint.NOTHING_CONFIGURED': 'Write one as shown above, or name one with --config FILE.',
  'hint.REPORT_UNKNOWN': 'Reports are kept for 90 days, where "alerts.report" is configured.',
  'hint.REPORT_NOBODY': 'Write channels under "alerts.report", then run "holdfast config apply".',
  'hint.POLICY_UNKNOWN': 'See "holdfast policies".',
  'hint.RUN_ENDED': 'Look how it ended; there is nothing left to stop.',
  'hint.TASK_DONE': 'Look how it ended; there is nothing left to stop.',
  'hint.TASK_NOT_CANCELABLE':
    'Backups, retention, checks, restores and looks into repositories can be stopped.',
  'hint.CONDITION_NEEDED': 'Look at the configuration, and send its ETag back as If-Match.',
  'hint.CONFIG_ONLY_THERE': 'Change it in the configuration file there, then run "holdfast config apply".',
  'hint.RUN_UNKNOWN': 'Take the id from "holdfast runs".',
  'hint.RUN_WAIT_TIMEOUT':
    'Look at it with "holdfast runs", and whether "holdfast up" runs with "holdfast node list".',
  'hint.RUN_NOT_STARTED': 'Look into "holdfast logs" for the reason.',
  'hint.API_NOT_STARTED': 'Look into the log for its words.',
  'hint.API_CERTIFICATE_MISSING':
    'Check "api.tls" of the configuration, and that the service may read the files.',

  'failure.WRONG_PASSWORD': 'wrong password or key file',
  'failure.PASSWORD_MISSING': 'no password was given',
  'failure.PASSWORD_FILE_UNREADABLE': 'the password file cannot be read',
  'failure.PASSWORD_COMMAND_FAILED': 'the password command failed',
  'failure.KEY_PASSPHRASE_WRONG': 'wrong passphrase of the private key',
  'failure.KEY_TEXT_INVALID': 'no usable key there',
  'failure.KEY_TOO_WEAK': 'the key is too weak',
  'failure.KEY_FILE_TOO_OPEN': 'the key file is open to others',
  'failure.SHARE_DAMAGED': 'a share was not copied as it was printed',
  'failure.SHARE_FORGED': 'a share was changed',
  'failure.SHARE_OF_ANOTHER_SET': 'a share belongs to another set',
  'failure.SHARES_TOO_FEW': 'more shares are needed',
  'hint.RESCUE_USAGE': 'Run "node rescue.mjs --help".',
  'hint.SHARE_DAMAGED': 'Compare that line with the sheet character by character.',
  'hint.SHARE_FORGED': 'Somebody changed it on purpose. Leave it out, and find out who.',
  'hint.SHARE_OF_ANOTHER_SET': 'Sheets of one set bear the same key: leave out the one that bears another.',
  'hint.SHARES_TOO_FEW': 'Ask more of the people who hold one.',
  'hint.WRITER_KEY_PLACE': 'Name one with --to FILE; move it to that host and delete it here.',
  'hint.WRITER_UNKNOWN': 'List them with "holdfast writer list".',
  'hint.WRITER_AMBIGUOUS': 'Give more digits of the id that "holdfast writer list" shows.',
  'hint.MAINTENANCE_KEY_PLACE':
    'Name one with --to FILE; move it to the host that prunes and delete it here.',
  'hint.MAINTAINER_UNKNOWN': 'List them with "holdfast maintainer list".',
  'hint.MAINTAINER_AMBIGUOUS': 'Give more digits of the id that "holdfast maintainer list" shows.',
  'hint.MAINTENANCE_ONLY': 'Open the repository with a passphrase or key file for this.',
  'hint.REF_MISSING':
    'Run "holdfast prune" with the passphrase: it makes refs anew. If nothing explains it, run "holdfast check" with it first.',
  'hint.SHARES_IMPOSSIBLE': 'Let at least 2 people be needed, of at most 16, such as "3/5".',

  'failure.REPOSITORY_NOT_NAMED': 'which repository?',
  'failure.REPOSITORY_MISSING': 'there is no repository here',
  'failure.REPOSITORY_EXISTS': 'there is a repository already',
  'failure.REPOSITORY_ROLLED_BACK': 'the storage went back in time',
  'failure.STORAGE_TIMEOUT': 'the storage took too long',
  'failure.STORAGE_URL_INVALID': 'the URL of the storage cannot be used',
  'failure.STORAGE_CONFIG_INVALID': 'the storage cannot be opened as described',
  'failure.STORAGE_URL_HAS_SECRET': 'a URL must not hold a password',
  'failure.STORAGE_PROBE_UNFAITHFUL': 'the place does not keep what is asked of a storage',
  'failure.STORAGE_UNFAITHFUL': 'the storage breaks a promise',
  'failure.SNAPSHOT_RETAINED': 'the snapshot is retained',
  'failure.PACKS_FROZEN': 'data is frozen',
  'failure.PACKS_THAWING': 'data is still frozen',
  'failure.STORAGE_CLASS_UNKNOWN': 'there is no such storage class',
  'failure.MOVE_BESIDE_SESSION': 'somebody writes to the repository',
  'failure.STORAGE_PLAINTEXT': 'passwords would travel in the clear',
  'failure.STORAGE_MISSING': 'there is no repository here',
  'failure.COPY_DIFFERS': 'the second repository does not give back what it was given',
  'failure.SYNC_FORGETS_TOO_MUCH': 'more than half of the copies would be forgotten',
  'failure.STORAGE_NOT_EMPTY': 'the place is not empty',
  'failure.STORAGE_DENIED': 'the storage refuses access',
  'failure.STORAGE_FULL': 'the storage is full',
  'failure.STORAGE_VANISHED': 'the storage is gone',
  'failure.STORAGE_UNKNOWN_SCHEME': 'this kind of storage is not known',
  'failure.STORAGE_HOST_KEY': 'the host key is not trusted',
  'failure.STORAGE_KEY_UNUSABLE': 'the SSH key cannot be used',
  'failure.STORAGE_NOT_SEALED': 'the storage does not encrypt as it was asked to',
  'failure.STORAGE_NOT_EXCLUSIVE': 'the storage lets two writers take one name',
  'failure.STORAGE_UNSUPPORTED': 'the storage cannot do this',
  'failure.OBJECT_FROZEN': 'the storage keeps this frozen',
  'failure.OBJECT_RETAINED': 'the storage must not delete this yet',
  'failure.KEY_RETAINED': 'the storage keeps the key slot: it still opens the repository',
  'failure.STORAGE_UNAVAILABLE': 'the storage cannot be reached',
  'failure.STORAGE_TEST_MAY_NOT_DELETE': 'the test may not remove what it writes',
  'failure.STORAGE_NOT_LASTING': 'the storage keeps nothing',
  'failure.STORAGE_HOST_UNKNOWN': 'the name of the server is not known',
  'failure.STORAGE_CERTIFICATE': 'the certificate of the storage is refused',
  'failure.STORAGE_REFUSED': 'the storage refuses the call as it is',
  'failure.STORAGE_FILE_UNREADABLE': 'a file that the storage needs cannot be used',
  'failure.FORMAT_TOO_NEW': 'a newer Holdfast made this repository',
  'failure.FEATURE_UNKNOWN': 'a newer Holdfast made this repository',
  'failure.STORAGE_NOT_MOUNTED': 'no network share is mounted there',
  'failure.STORAGE_SOFT_MOUNT': 'the share is mounted "soft"',
  'failure.STORAGE_WROTE_WRONGLY': 'the storage gave back other bytes than were written',
  'failure.STORAGE_LOGIN_REFUSED': 'the server does not accept the login',
  'failure.STORAGE_LOGIN_MISSING': 'the server wants a login',
  'failure.STORAGE_READ_ONLY': 'this account may only read',
  'failure.CONFIG_BROKEN': 'the configuration of the repository is damaged',
  'failure.SLOT_BROKEN': 'a key of the repository is damaged',
  'failure.TARGET_NOT_EMPTY': 'the target is not empty',
  'failure.TARGET_DENIED': 'the target cannot be written',
  'failure.TARGET_FULL': 'the target is full',
  'failure.SOURCE_MISSING': 'the path does not exist',
  'failure.STDIN_READ_TWICE': 'standard input can be read only once',
  'failure.NOTHING_TO_BACK_UP': 'nothing to back up',
  'failure.PERMISSION_DENIED': 'permission denied',
  'failure.SNAPSHOT_UNKNOWN': 'unknown snapshot',
  'failure.SNAPSHOT_AMBIGUOUS': 'the snapshot id is ambiguous',
  'failure.PATH_ERASED': 'the path was erased on purpose',
  'failure.SHRED_KEY_MISSING': 'this needs the shred key of the repository',
  'failure.SHRED_KEY_DESTROYED': 'the shred key of the repository was destroyed',
  'failure.SHRED_KEY_WRONG': 'the shred key does not fit',
  'failure.SNAPSHOT_PATH_MISSING': 'the snapshot does not have this path',
  'failure.INVALID_ARGUMENT': 'the command line makes no sense',
  'failure.INVALID_OPTION': 'an option has a wrong value',
  'failure.INVALID_PATTERN': 'invalid pattern',
  'failure.INVALID_TIME': 'invalid time',
  'failure.INVALID_DURATION': 'invalid duration',
  'failure.INVALID_SIZE': 'invalid size',
  'failure.INVALID_RATE': 'invalid rate',
  'failure.PRUNE_NOT_ALONE': 'another run may still write, so nothing is deleted',
  'failure.SESSION_REVOKED': 'this run was declared dead',
  'failure.CANCELED': 'canceled',
  'failure.UNEXPECTED_ERROR': 'a bug in Holdfast',
  'failure.ASSERTION_FAILED': 'a bug in Holdfast',

  'hint.CONFIG_MISSING':
    'Check the path and the permissions of the file; "holdfast config init" writes a new one.',
  'hint.CONFIG_EXISTS': 'Name another file; nothing is ever written over.',
  'hint.CONFIG_SYNTAX': 'Correct the file; "holdfast config check" shows every mistake on a line of its own.',
  'hint.CONFIG_INVALID':
    'Correct the file; "holdfast config check" shows every mistake on a line of its own.',
  'hint.CONFIG_NO_FILE': 'Name a file; a folder or a pipe is none.',
  'hint.CONFIG_TOO_OPEN': 'Look whether it is still yours, then run "chmod o-w" on it.',
  'hint.CONFIG_NOT_UTF8': 'Save the file as UTF-8.',
  'hint.CONFIG_SHORTENS_RETENTION':
    'If that is wanted, say so with "holdfast config apply --yes". Nothing was applied.',
  'hint.CONFIG_STILL_NEEDED': 'Change or delete these policies first, or leave in the file what they name.',
  'hint.CONFIG_UNREADABLE': 'Correct the configuration file, then run "holdfast config apply".',
  'hint.CONFIG_VARIABLE_INVALID': 'Write a whole number of days, or leave the variable out.',
  'hint.SNS_TOPIC_MISSING':
    'Set SNS_TOPIC_ARN=arn:aws:sns:REGION:ACCOUNT:NAME, or name a channel with "place: sns:arn:aws:sns:…".',
  'hint.SECRET_NAME': 'Such as "holdfast config secret set mail"; the configuration then says "sealed:mail".',
  'hint.SECRET_LENGTH': 'Give a secret of 1 byte to 64 KiB.',
  'hint.SECRET_UNKNOWN': 'Give it with "holdfast config secret set NAME".',
  'hint.SECRET_BROKEN':
    'Give it again with "holdfast config secret set NAME", and look who writes to the catalog.',
  'hint.SEALING_KEY_OTHER':
    'Nodes that share a catalog need the same file secrets.key; or set the secret again.',
  'hint.SEALING_KEY_INVALID':
    'Bring the file back from where you keep a copy; without it, set each secret again with a new one.',
  'hint.ARCHIVES_NONE':
    'Make one with "holdfast archives backup", or name the right configuration with --config.',
  'hint.SECRET_NOT_SEALED': 'Name the catalog, or give the secret by file:/PATH.',
  'hint.SECRET_REFERENCE': 'Write file:/PATH, env:NAME, command:/PROGRAM or sealed:NAME.',
  'hint.SECRET_FILE_UNREADABLE': 'Check the path, and that the service may read it.',
  'hint.SECRET_FILE_TOO_OPEN': 'Run "chmod 600" on it; if it was open for long, change the secret.',
  'hint.SECRET_VARIABLE_MISSING': 'Set it for "holdfast up", for instance with EnvironmentFile= in the unit.',
  'hint.SECRET_COMMAND_FAILED': 'Run it by hand as the user of the service.',
  'hint.SECRET_EMPTY': 'The first line has to be the secret.',
  'hint.JOB_LOST': 'Its process ended without a word; it is done again. Look into the log for what ended it.',
  'hint.JOB_NOT_STARTED': 'Check memory and the number of processes that this user may have.',
  'hint.AUDIT_UNREACHABLE': 'Make the catalog reachable, or name another with --catalog or HOLDFAST_CATALOG.',
  'hint.METRICS_FILE_FAILED': 'Look whether its folder exists, and who may write there.',
  'hint.SECRETS_UNREACHABLE': 'Push metrics without headers, or from "holdfast up".',
  'hint.LOG_LEVEL_UNKNOWN': 'Set it to DEBUG, INFO, WARN or ERROR.',
  'hint.LOG_MISSING': 'Name the folder that the configuration names, or wait until something was written.',
  'hint.CHANNEL_NOT_CONFIGURED':
    'Name a channel of the configuration, or write a URL, such as slack: or smtp://.',
  'hint.CATALOG_NOT_AT_HAND': 'Run it by "holdfast up", which knows the catalog.',
  'hint.NOTHING_TO_REBUILD_FROM':
    'Name the configuration with --config, or write its section "repositories".',
  'hint.CATALOG_MISSING':
    'The first start of "holdfast up" makes the file; a PostgreSQL database is made with createdb. Or name another with --catalog.',
  'hint.ALERT_UNKNOWN': 'Take the id from "holdfast alerts"; this one may be over.',
  'hint.PAGE_MARK': 'Take the mark from the page before, unchanged, or begin again without one.',
  'hint.PAGE_LIMIT': 'Ask for 1 to 500 rows.',
  'hint.CATALOG_NEWER': 'Update Holdfast on this machine; a catalog never goes back to an older version.',
  'hint.CATALOG_OLDER': 'Run "holdfast catalog migrate".',
  'hint.CATALOG_DENIED':
    'Check account, password and rights; a file must belong to the account that runs Holdfast.',
  'hint.CATALOG_FULL': 'Make room; nothing that was recorded is lost.',
  'hint.CATALOG_BUSY': 'Look for a process that stopped while it wrote; then try again.',
  'hint.CATALOG_NO_WAL': 'Put the catalog on a disk of this machine, or use PostgreSQL.',
  'hint.CATALOG_ADDRESS': 'Write postgres://USER@HOST/DATABASE, or the path of a file.',
  'hint.CATALOG_URL_PASSWORD':
    'Take it out of the URL; put it into a file named with --catalog-password-file, or into ~/.pgpass.',
  'hint.CATALOG_NOT_EMPTY':
    'Name a place for a new catalog; what is in this one would be mixed up with what is brought back.',
  'hint.CATALOG_EXPORT_BROKEN': 'Nothing was changed. Take another copy of the export.',
  'hint.CATALOG_NOT_NAMED': 'Name a file or a PostgreSQL database with --catalog.',
  'hint.EXPORT_UNREADABLE': 'Check the path of the export and who may read it.',
  'hint.APPROVAL_DECIDED': 'Ask anew; this was decided, or its time is over.',
  'hint.APPROVAL_OWN':
    'Another administrator, whose account, password and role are a day older than the request, approves it.',
  'hint.APPROVAL_TOO_LONG': 'Ask for less at a time, or do it on the machine itself.',
  'hint.APPROVAL_UNKNOWN': 'Look at the list: holdfast approval list --all',
  'hint.CODE_REFUSED': 'Wait for the next code, and check the clock of the phone.',
  'hint.FORBIDDEN': 'Ask an administrator for the role or a grant.',
  'hint.GRANT_INVALID':
    'Grant viewer, auditor, operator or restorer for a policy or a repository, with an absolute folder or without.',
  'hint.GRANT_UNKNOWN': 'Look at the grants: holdfast user show NAME',
  'hint.INVITATION_INVALID': 'Ask an administrator for a new one.',
  'hint.LAST_ADMIN': 'Make another administrator first.',
  'hint.LOGINS_BUSY': 'Try again in a few seconds.',
  'hint.LOGIN_REFUSED': 'Check what you typed; after many tries wait half an hour, or ask an administrator.',
  'hint.LOGIN_SESSION_UNKNOWN': 'Look at the sessions; it may have ended.',
  'hint.PASSKEY_REFUSED': 'Try again, or use your password.',
  'hint.PASSWORD_HASH_INVALID': 'Set a new password for this user.',
  'hint.PASSWORD_REUSED': 'Take one that you have not had lately.',
  'hint.PASSWORD_WEAK': 'Take four or more words that do not belong together.',
  'hint.PASSWORD_WRONG': 'Give your current password.',
  'hint.PROOF_NOT_FRESH': 'Give password, code or passkey once more, then repeat it within five minutes.',
  'hint.SECOND_FACTOR_NEEDED': 'Give a code of the app or from paper, or use a passkey.',
  'hint.SECOND_PERSON_NEEDED': 'Ask for an approval of exactly this; another administrator approves it.',
  'hint.SETUP_INVALID':
    'Start "holdfast up" again for a new link, or make the account with "holdfast user add".',
  'hint.TOKEN_INVALID': 'Give it a short name and a time after which it ends.',
  'hint.TOKEN_SCOPE': 'A token may do at most what its person may.',
  'hint.TOKEN_UNKNOWN': 'Look at the list: holdfast token list',
  'hint.TOO_MANY_TRIES': 'Wait a few minutes, then try again.',
  'hint.USER_EXISTS': 'Take another name.',
  'hint.USER_NAME': 'Use letters a to z, digits, and . _ @ - between them; 64 at most.',
  'hint.USER_UNKNOWN': 'Look at the list: holdfast user list',
  'hint.TOKEN_NEEDS_USER': 'Name the person: --user NAME.',
  'hint.PERMISSION_UNKNOWN':
    'Permissions are noun:verb, such as run:read; docs/guides/users-and-roles.md lists them.',
  'hint.BRAKE_ON':
    'Find out what happened to the data; when it is well, lift the brake: holdfast brake release --reason "…"',
  'hint.BRAKE_OFF': 'There is nothing to lift.',
  'hint.BRAKE_REASON_MISSING':
    'Say what you found out: --reason "the photos of the school trip were imported".',
  'hint.BRAKE_NEEDS_A_PERSON': 'Lift it by hand: holdfast brake release --reason "…"',
  'hint.BRAKE_NEEDS_A_SECOND_PERSON': 'Two people have to agree: ask for it over the API or the dashboard.',
  'hint.BRAKE_PULLED_AGAIN': 'Look at the reasons first: holdfast brake status',
  'hint.WRONG_PASSWORD':
    'Check the passphrase or key file; "--password-file" reads the first line of a file.',
  'hint.PASSWORD_MISSING':
    'Use --password-file, --password-command or --key-file, or the variables HOLDFAST_PASSWORD_FILE and HOLDFAST_PASSWORD_COMMAND.',
  'hint.PASSWORD_FILE_UNREADABLE': 'Check the path given with --password-file or HOLDFAST_PASSWORD_FILE.',
  'hint.PASSWORD_COMMAND_FAILED': 'Run the command by hand; it must print the passphrase and end with 0.',
  'hint.PASSWORD_EMPTY': 'The first line must hold the passphrase.',
  'hint.PASSWORD_TOO_LONG': 'Is it the right file? A passphrase has at most 4096 bytes.',
  'hint.PASSWORDS_DIFFER': 'Start again and type the same passphrase twice.',
  'hint.KEY_FILE_TOO_OPEN':
    'Make yourself its owner and run "chmod 600" on it; if it was open for long, make a new key.',
  'hint.KEY_FILE_INVALID':
    'It was cut off, or is another file: a key file has 43 letters and digits in its first line. Take another copy of it.',
  'hint.KEY_FILE_MISSING': 'Check the path of the key file.',
  'hint.KIT_SECRET_INVALID': 'Give --recipient, --new-password-file or --new-password-command.',
  'hint.SECRET_INVALID':
    'A key file holds 32 random bytes as base64url in its first line; a recipient is a public key of the kind named.',
  'hint.KEY_TEXT_INVALID':
    'It may be PEM (RSA or X25519), a line of "holdfast key generate", or a line of age.',
  'hint.KEY_PASSPHRASE_WRONG':
    'The private key has a passphrase of its own, which is not that of the repository.',
  'hint.CODEC_NOT_INSTALLED': 'Install the whole of Holdfast, with its packages.',
  'hint.RESCUE_LEFT_OUT': 'Use a passphrase, a key file, shares or a private key, or the whole of Holdfast.',
  'hint.RESCUE_SLOTS_FOREIGN':
    'Install Holdfast and open it with the token (--pkcs11) or the key of the cloud (--kms), or give the master key of a recovery kit (--identity).',
  'hint.RESCUE_TOO_LARGE': 'Keep the text of the rules below 64 KiB.',
  'hint.RESCUE_FILE_NOT_MADE': 'Name a file that does not exist, in a folder that can be written to.',
  'hint.READER_NOT_BUILT': 'The package brings it along; in a checkout "npm run build" makes it.',
  'hint.SHARE_FILE_UNREADABLE':
    'A share file holds the six lines of a share, as "--print-text" or the QR code gives them.',
  'hint.SHARES_NOT_ASKED': 'Name files with --share-file.',
  'hint.SHARES_NOT_PRINTED': 'Name a folder for the sheets with --to, or print the text with --print-text.',
  'hint.SHARE_UNKNOWN': 'Its key was removed, or it is of another repository.',
  'hint.SHEET_NOT_WRITTEN': 'Name a folder that can be written to; sheets are never replaced.',
  'hint.KEY_UNKNOWN': 'List the keys with "holdfast key list" and give at least four digits.',
  'hint.KEY_AMBIGUOUS': 'Give more digits of the id.',
  'hint.KMS_ANSWER_UNFIT': 'Check AWS_ENDPOINT_URL_KMS: something else answers there.',
  'hint.KMS_ARN_INVALID': 'It looks like "arn:aws:kms:eu-central-1:111122223333:key/…" or "…:alias/NAME".',
  'hint.KMS_CREDENTIALS_MISSING':
    'Give them as for all AWS tools: AWS_PROFILE, AWS_ACCESS_KEY_ID, single sign-on or a role of the machine.',
  'hint.KMS_CREDENTIALS_REFUSED':
    'Renew them, and check the clock of this machine: a signature holds for some minutes.',
  'hint.KMS_DENIED':
    'Allow kms:Decrypt (and kms:GenerateDataKey to make a slot) in the policy of the key and of the account.',
  'hint.KMS_ENDPOINT_PLAIN': 'The answer of KMS is a key: give an endpoint that begins with "https:".',
  'hint.KMS_KEY_DISABLED': 'Enable it by "aws kms enable-key", or use another key slot.',
  'hint.KMS_KEY_DYING':
    'Cancel that by "aws kms cancel-key-deletion" before its day comes, or add another key slot while one still opens.',
  'hint.KMS_KEY_MISSING':
    'Check account and region in the ARN; a key that was deleted opens nothing any more: use another key slot.',
  'hint.KMS_KEY_STATE': 'See its state by "aws kms describe-key"; imported key material may have expired.',
  'hint.KMS_KEY_USAGE': 'Use a symmetric key with the usage ENCRYPT_DECRYPT.',
  'hint.KMS_NOT_DECRYPTED':
    'The slot was made for another repository, slot or key, or was changed: use another key slot.',
  'hint.KMS_REFUSED': 'Look the name up in the KMS API reference of AWS.',
  'hint.KMS_THROTTLED': 'Try again later, or raise the request quota of the account.',
  'hint.KMS_UNAVAILABLE': 'Try again later; the health page of AWS tells of outages.',
  'hint.KMS_UNREACHABLE':
    'Check network, proxy and AWS_ENDPOINT_URL_KMS; a network without internet needs a VPC endpoint for KMS.',
  'hint.PKCS11_CONFIG_INVALID':
    'It holds one line "module-path = /path/of/module.so" and comments that begin with "#".',
  'hint.PKCS11_CONFIG_MISSING':
    'As root, write the line "module-path = /path/of/module.so" into it; docs/guides/key-slots-hsm.md has an example.',
  'hint.PKCS11_CONFIG_UNSAFE':
    'Make it belong to root and run "chmod go-w" on it; then check that its content is still right.',
  'hint.PKCS11_DEVICE_ERROR':
    'Check that it is still there, look into its own log, take it off and on again, then try once more.',
  'hint.PKCS11_KEY_AMBIGUOUS': 'Name one by "object=" and "id=".',
  'hint.PKCS11_KEY_EXISTS': 'Leave out "--create-key" to use it, or choose another name.',
  'hint.PKCS11_KEY_MISSING':
    'Check "object" and "id" of the URI with "pkcs11-tool -O --login"; "--create-key" makes a key for a new slot.',
  'hint.PKCS11_MECHANISM_REFUSED':
    'The key must be allowed to wrap and unwrap, or to encrypt and decrypt: "pkcs11-tool -O --login" shows what it may.',
  'hint.PKCS11_MODULE_BROKEN':
    'Check "module-path" in the configuration file; "pkcs11-tool --module FILE -I" tries a module.',
  'hint.PKCS11_MODULE_CRASHED':
    'The fault is in the module: update it, and try it with "pkcs11-tool --module FILE --test".',
  'hint.PKCS11_MODULE_FAILED':
    'Check its own configuration, such as SOFTHSM2_CONF, and that its service runs.',
  'hint.PKCS11_MODULE_IN_URI':
    'A module is native code: only the configuration file of root names it, see docs/guides/key-slots-hsm.md.',
  'hint.PKCS11_NOT_UNWRAPPED':
    'The key has the right name but is another one, or the slot was changed; use another key slot.',
  'hint.PKCS11_NO_MECHANISM':
    'It takes an AES key that may wrap and unwrap (AES_KEY_WRAP_PAD) or encrypt and decrypt (AES_GCM), or an RSA key of 3072 bits that may decrypt (RSA_PKCS_OAEP). "--create-key" makes a fitting AES key.',
  'hint.PKCS11_PIN_EXPIRED': 'Set a new one with the tool of its maker, then try again.',
  'hint.PKCS11_PIN_IN_URI':
    'Everybody on this machine can read arguments. Change the PIN, and give it by "pin-source=file:/path", by HOLDFAST_PKCS11_PIN_FILE or HOLDFAST_PKCS11_PIN_COMMAND.',
  'hint.PKCS11_PIN_LOCKED':
    'Its security officer can unlock it with the SO PIN; meanwhile use another key slot.',
  'hint.PKCS11_PIN_MISSING':
    'Give it by "pin-source=file:/path" in the URI, by HOLDFAST_PKCS11_PIN_FILE or HOLDFAST_PKCS11_PIN_COMMAND.',
  'hint.PKCS11_PIN_WRONG':
    'Check the PIN before the next try: after some wrong ones a token locks itself. Holdfast never tries again by itself.',
  'hint.PKCS11_REFUSED': 'Ask whoever keeps the token what its rules are for this key.',
  'hint.PKCS11_TIMEOUT': 'Check the device or its network; a PIN pad waits for its PIN.',
  'hint.PKCS11_TOKEN_ABSENT':
    'Check that the device is plugged in or its network is up; "pkcs11-tool -L" lists the tokens of a module.',
  'hint.PKCS11_TOKEN_AMBIGUOUS': 'Name one by "token=" or "serial=".',
  'hint.PKCS11_TOKEN_FULL':
    'Delete keys that nobody needs, or try again when others have ended their sessions.',
  'hint.PKCS11_TOKEN_GONE':
    'Check that the device is plugged in, or its network is up, and try again; nothing was changed.',
  'hint.PKCS11_UNSUPPORTED':
    'Use another kind of key slot on this machine; 64-bit Linux and macOS know this one.',
  'hint.PKCS11_URI_INVALID': 'Write it as "pkcs11:token=NAME;object=KEY"; "pkcs11-tool -O" shows the names.',
  'hint.REPOSITORY_NOT_NAMED': 'Use --repository FOLDER, or set HOLDFAST_REPOSITORY.',
  'hint.REPOSITORY_MISSING': 'Check the place, or make a repository there with "holdfast init".',
  'hint.REPOSITORY_EXISTS': 'Choose another place, or use this one: "holdfast backup" needs no init.',
  'hint.REPOSITORY_ROLLED_BACK':
    'If an older copy was put back on purpose, run "holdfast repair --accept-rollback REASON"; otherwise somebody removed recovery points: compare with another copy.',
  'hint.STORAGE_MISSING': 'Check the place, or make a repository there with "holdfast init".',
  'hint.STORAGE_NOT_EMPTY': 'Choose a new or empty folder.',
  'hint.STORAGE_HOST_UNKNOWN':
    'Check the spelling of the host, at S3 of the region too, and the name server.',
  'hint.STORAGE_UNAVAILABLE':
    'Check the network and the server, then run the command again: finished packs are used again.',
  'hint.STORAGE_TIMEOUT': 'Check the network and the server, then run the command again.',
  'hint.STORAGE_CERTIFICATE': 'Name the authority with ca-file, or renew the certificate.',
  'hint.STORAGE_URL_INVALID': 'See docs/guides/storages.md.',
  'hint.STORAGE_CONFIG_INVALID': 'See docs/guides/storages.md for what each kind of storage takes.',
  'hint.STORAGE_URL_HAS_SECRET':
    'Give it as HOLDFAST_STORAGE_PASSWORD_FILE or HOLDFAST_STORAGE_PASSWORD_COMMAND, and change it if it was shown.',
  'hint.STORAGE_PROBE_UNFAITHFUL': 'Choose another place, or see its guide in docs/guides/.',
  'hint.STORAGE_UNFAITHFUL': 'Test it with "holdfast storage test".',
  'hint.SNAPSHOT_RETAINED': 'It can be forgotten after that; nobody can shorten it.',
  'hint.PACKS_FROZEN': 'Run it again with --thaw request (and once more later), or with --thaw wait.',
  'hint.PACKS_THAWING': 'It was asked for. Run the same command again later.',
  'hint.STORAGE_CLASS_UNKNOWN': '"holdfast storage list" shows the classes in use.',
  'hint.MOVE_BESIDE_SESSION':
    'Wait for the backup or prune that runs, or end a dead one with "holdfast session revoke".',
  'hint.STORAGE_PLAINTEXT': 'Use the encrypted form of the URL.',
  'hint.STORAGE_DENIED':
    'Check credentials and rights; of a folder its owner and mode, and whether the disk is mounted read-only.',
  'hint.STORAGE_FULL':
    'Make room or enlarge the storage, then run the same command again: finished packs are used again.',
  'hint.STORAGE_VANISHED':
    'Is the disk plugged in and mounted? Run the same command again: finished packs are used again.',
  'hint.STORAGE_UNKNOWN_SCHEME': 'A path without a scheme is a folder on this machine.',
  'hint.STORAGE_NOT_EXCLUSIVE': 'Add exclusive=false to the URL to go on with a weaker promise.',
  'hint.OBJECT_FROZEN': 'Thaw it first; that takes hours.',
  'hint.OBJECT_RETAINED': 'Nobody can delete it before that time.',
  'hint.KEY_RETAINED':
    'Remove it with "holdfast key remove" after that time. If its secret is in wrong hands, run "holdfast key rotate --master" now: what is backed up from then on it does not open.',
  'hint.FORMAT_TOO_NEW': 'Install the newest Holdfast; this one would not understand what it reads.',
  'hint.FEATURE_UNKNOWN': 'Install the newest Holdfast; this one would not understand what it reads.',
  'hint.STORAGE_NOT_MOUNTED':
    'Mount the share, then run the same command again. A folder of this machine is written as its path alone.',
  'hint.STORAGE_SOFT_MOUNT':
    'Such a mount can lose what was written without telling. Mount it again with the option "hard".',
  'hint.STORAGE_WROTE_WRONGLY': 'Check the server and the network. Nothing of it was published.',
  'hint.STORAGE_LOGIN_REFUSED':
    'Check the user in the URL, and HOLDFAST_STORAGE_PASSWORD_FILE or HOLDFAST_STORAGE_TOKEN_FILE.',
  'hint.STORAGE_LOGIN_MISSING':
    'Write the user into the URL and set HOLDFAST_STORAGE_PASSWORD_FILE, or set HOLDFAST_STORAGE_TOKEN_FILE alone.',
  'hint.STORAGE_READ_ONLY': 'Use an account that may write.',
  'hint.CONFIG_BROKEN':
    'Copy "config/" back from another copy of the repository; no data is lost by this damage.',
  'hint.SLOT_BROKEN': 'Use another key, or copy "keys/" back from another copy of the repository.',
  'hint.TARGET_NOT_EMPTY': 'Choose a new or empty folder.',
  'hint.TARGET_NOT_NAMED': 'Use --target FOLDER, --in-place, or --interactive to be guided.',
  'hint.IMPORT_TARGET_NOT_NAMED': 'Use --target FOLDER, or --list to look only.',
  'hint.EXPORT_NOT_NAMED':
    'Name one of the two: holdfast export SNAPSHOT, or holdfast export --folder FOLDER',
  'hint.EXPORT_EXCLUDE_MIXED': 'Name a part of the snapshot instead: SNAPSHOT:PATH',
  'hint.OWNERS_NEED_ROOT': 'Leave out --owners, or run the import as root.',
  'hint.SEAL_RECIPIENT_MISSING': 'Give an age recipient or the file of a public key with --seal-recipient.',
  'hint.SEAL_IDENTITY_MISSING': 'Give the file of the private key with --seal-identity.',
  'hint.DOWNLOAD_BROKEN': 'Ask for it again.',
  'hint.TOO_MANY_DOWNLOADS': 'Wait until one of them has ended.',
  'hint.SEAL_KEY_MISSING':
    'Give the key of the seal: --seal-recipient, --seal-identity or --seal-password-file.',
  'hint.SEAL_KEY_LEFT_OVER': 'Give one key for each --seal, in the same order.',
  'hint.SEAL_KEY_UNREADABLE': 'Check the path; a key has at most 64 KiB.',
  'hint.RESTORE_MIXED': 'Give one of the two.',
  'hint.RESTORE_NOT_NAMED': 'Name one of those that "holdfast rollback --list" shows.',
  'hint.DELETE_NEEDS_OVERWRITE': 'An empty folder has nothing to delete: add --in-place or --overwrite.',
  'hint.TARGET_DENIED': 'Choose a folder that you may write to.',
  'hint.TARGET_FULL': 'Make room or choose another target; nothing of the repository was changed.',
  'hint.SOURCE_MISSING': 'Check the path; a mount that is missing looks like this, too.',
  'hint.NOTHING_TO_BACK_UP': 'Name at least one folder or file: holdfast backup PATH',
  'hint.PRUNE_NOT_ALONE':
    'Wait until it has ended, or declare a lost writer dead with "holdfast session revoke". Without --exclusive, prune waits a day instead.',
  'hint.STDIN_READ_TWICE': 'Let the running prune finish, then start the backup again.',
  'hint.STDIN_MIXED': 'Leave the paths out, or run a second backup for them.',
  'hint.PERMISSION_DENIED': 'Run as a user who may do this.',
  'hint.FILE_MISSING': 'Check the path.',
  'hint.DISK_FULL': 'Make room, then run the same command again.',
  'hint.DISK_ERROR': 'Look at the disk and its cables before anything else is written to it.',
  'hint.LIST_FILE_UNREADABLE': 'Check the path given with --files-from.',
  'hint.PATTERN_FILE_UNREADABLE': 'Check the path of the pattern file.',
  'hint.SNAPSHOT_NOT_NAMED': 'Name one: "latest", or an id that "holdfast snapshots" lists.',
  'hint.SNAPSHOT_UNKNOWN': 'Run "holdfast snapshots" to list all snapshots.',
  'hint.SNAPSHOT_AMBIGUOUS': 'Give more digits of the id.',
  'hint.SNAPSHOT_PATH_MISSING': 'List what it has with "holdfast ls SNAPSHOT".',
  'hint.PATH_NOT_NAMED': 'Name a file: holdfast cat SNAPSHOT:PATH',
  'hint.COPY_TARGET_NOT_NAMED': 'Use --to FOLDER, or set HOLDFAST_TO_REPOSITORY.',
  'hint.STORAGE_WITHOUT_LIFECYCLE':
    'Only S3 and Google Cloud Storage have rules by age that can be set from here; elsewhere use "holdfast tier" and "holdfast forget". Azure keeps its rules with the account: see there that none deletes or archives blobs of a repository.',
  'hint.LIFECYCLE_FILE_NOT_NAMED': 'For example: holdfast storage lifecycle diff config/s3_lifecycle.json',
  'hint.LIFECYCLE_HARMFUL':
    'Let rules touch packs/ only, and leave deleting to "holdfast forget" and "holdfast prune".',
  'hint.LIFECYCLE_FILE_UNREADABLE': 'Check the path and who may read the file.',
  'hint.ACCOUNTS_NOT_NAMED':
    'Make a line with "holdfast storage account NAME" and name the file with --accounts.',
  'hint.KEYS_NEED_PATHS': 'Leave --keys out, or name folders and files instead of --stdin.',
  'hint.VAULT_SECRET_MISSING':
    'Name a file by HOLDFAST_VAULT_TOKEN_FILE (with --vault-role-id: HOLDFAST_VAULT_SECRET_ID_FILE), or a command by the same name with _COMMAND.',
  'hint.VAULT_SECRET_INVALID': 'The first line of the file must hold it, and nothing else.',
  'hint.VAULT_CA_UNREADABLE': 'Check the path given with --vault-ca, and who may read the file.',
  'hint.VAULT_NOT_NAMED': 'Name the active node: --vault https://vault.example.org:8200',
  'hint.SOURCES_MIXED':
    'Run one backup for each source: a service is saved as a whole, or what --prefix or a path narrows it down to.',
  'hint.KEYS_PLACE_UNCLEAR': 'Give paths to look at, or --snapshot, but not both.',
  'hint.CERTIFICATE_HALF_NAMED': 'Give both --certificate and --certificate-key.',
  'hint.SERVER_FOLDER_MISSING': 'Make it, or mount its disk: the server never makes it itself.',
  'hint.SERVER_FILE_UNREADABLE': 'Check the path and who may read the file.',
  'hint.COPY_DIFFERS':
    'This snapshot was not published there. Run "holdfast check --read-data" on that repository.',
  'hint.SYNC_FORGETS_TOO_MUCH':
    'What lacked was copied, nothing was forgotten. If so much was forgotten here on purpose, add --force-forget.',
  'hint.COPY_ONTO_ITSELF': 'Name another repository with --to.',
  'hint.RETENTION_EMPTY': 'Give at least one rule, such as --keep-last 10 or --keep-daily 7.',
  'hint.RETENTION_KEEPS_NOTHING': 'Keep at least one; to remove single snapshots, name them.',
  'hint.INVALID_RETENTION': 'Give a whole number, such as --keep-daily 7.',
  'hint.FORGET_MIXED': 'Give either snapshots or rules such as --keep-daily.',
  'hint.ERASE_WHERE': 'Give either --all, or --snapshot for each one that is meant.',
  'hint.PATH_ERASED':
    'This copy still holds it. "holdfast restore --include-erased REASON" brings it back all the same.',
  'hint.SHRED_ESCROW_NEEDED':
    'Give --shred-key FILE and twice --shred-escrow FILE, on other devices: whoever loses all three loses all data.',
  'hint.SHRED_KEY_INSIDE':
    'Keep the key and its copies elsewhere: with the repository they would be copied and locked, and never be gone.',
  'hint.SHRED_KEY_MISSING':
    'Give it with "--shred-key FILE". Without it, snapshots can be listed and forgotten, and nothing can be read.',
  'hint.SHRED_KEY_DESTROYED':
    'That was done on purpose with "holdfast key shred": its data is gone for good, in every copy.',
  'hint.SHRED_KEY_WRONG': 'Check the path given with "--shred-key"; the repository itself is not damaged.',
  'hint.SHRED_NOT_CONFIRMED':
    'This destroys all data of the repository in every copy, for good. If that is wanted, add --confirm with the whole id of the repository.',
  'hint.REASON_NEEDED': 'Say in a few words why; it is recorded in the repository.',
  'hint.NO_TERMINAL': 'Use --target and the other options instead of --interactive.',
  'hint.INVALID_ARGUMENT': '"holdfast help COMMAND" shows what a command takes.',
  'hint.INVALID_OPTION': '"holdfast help COMMAND" shows what an option takes.',
  'hint.INVALID_PATTERN':
    'Patterns are those of .gitignore: *.log, /home/*/cache/, **/node_modules, !keep.me.',
  'hint.INVALID_TIME': 'Write a time such as "2026-11-20 14:00", 2026-11-20, 2026-11-20T14:00:00Z or now-3d.',
  'hint.INVALID_DURATION': 'Write a duration such as 30d, 12h or 1y6m.',
  'hint.INVALID_SIZE': 'Write a number with a unit such as 500K, 10M or 1.5 GiB.',
  'hint.INVALID_RATE': 'Write bytes a second such as 500K/s, 5M/s or 10 MiB/s.',
  'hint.CANCELED': 'Run the same command again: finished packs are used again.',
  'hint.SESSION_REVOKED': 'Run the same command again.',
  'hint.UNEXPECTED_ERROR': 'Please report it with these lines; your repository is as it was.',
  'hint.ASSERTION_FAILED': 'Please report it with these lines; your repository is as it was.',
} as const;
