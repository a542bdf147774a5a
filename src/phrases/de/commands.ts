// Die Befehle selbst: was fehlt, was sich widerspricht.

import type { Phrases } from '../phrases.ts';

export const commands: Phrases = {
  'the wait was canceled': 'das Warten wurde abgebrochen',
  'there is no archive to restore': 'es ist kein Archiv da, das wiederhergestellt werden könnte',
  'the operation was canceled': 'der Vorgang wurde abgebrochen',
  'no recipient was given for "{1}"': 'für „{1}“ wurde kein Empfänger angegeben',
  'no identity was given for "{1}"': 'für „{1}“ wurde kein geheimer Schlüssel angegeben',
  'more keys than seals were given with {1}': 'mit {1} wurden mehr Schlüssel als Siegel angegeben',
  'the key "{1}" cannot be read': 'der Schlüssel „{1}“ ist nicht zu lesen',
  '"{1}" is not done without an audit trail: {2}': '„{1}“ wird ohne Prüfprotokoll nicht getan: {2}',
  'Make the catalog reachable, or name another with --catalog or HOLDFAST_CATALOG.':
    'Den Katalog erreichbar machen oder mit --catalog oder HOLDFAST_CATALOG einen anderen nennen.',
  'the configuration names no repository': 'die Konfiguration nennt kein Repository',
  'the configuration "{1}" cannot be read': 'die Konfiguration „{1}“ ist nicht zu lesen',
  'standard input has no inventory of keys': 'die Standardeingabe hat kein Verzeichnis von Schlüsseln',
  'paths were named beside --stdin': 'neben --stdin wurden Pfade genannt',
  'no path was given': 'es wurde kein Pfad angegeben',
  'the list "{1}" cannot be read': 'die Liste „{1}“ ist nicht zu lesen',
  'the reason is missing': 'der Grund fehlt',
  'no file was named': 'es wurde keine Datei genannt',
  'no catalog is named': 'es ist kein Katalog genannt',
  'there is no channel "{1}" in "{2}"': 'es gibt keinen Kanal „{1}“ in „{2}“',
  'Its channels: {1}. Or write a URL, such as slack:':
    'Seine Kanäle: {1}. Oder eine URL schreiben, etwa slack:',
  'the doctor copies nothing': 'die Untersuchung kopiert nichts',
  'either a snapshot or --folder is needed': 'nötig ist ein Stand oder --folder',
  '--exclude was given beside a snapshot': '--exclude wurde neben einem Stand angegeben',
  'nothing exists at "{1}"': 'bei „{1}“ ist nichts',
  'it was not said in which snapshots': 'es wurde nicht gesagt, in welchen Ständen',
  'Give either --all, or --snapshot for each one that is meant.':
    'Entweder --all angeben, oder --snapshot für jeden, der gemeint ist.',
  'snapshots were named beside retention rules': 'neben Regeln der Aufbewahrung wurden Stände genannt',
  'no target was named': 'es wurde kein Ziel genannt',
  '--owners was given, which only root may do': '--owners wurde angegeben, was nur root darf',
  'there is no key "{1}"': 'es gibt keinen Schlüssel „{1}“',
  '"{1}" fits {2} keys': '„{1}“ passt auf {2} Schlüssel',
  'name either paths or a snapshot': 'entweder Pfade oder einen Stand nennen',
  'no file was named for the new maintenance key':
    'für den neuen Wartungsschlüssel wurde keine Datei genannt',
  'Name one with --to FILE; move it to the host that prunes and delete it here.':
    'Eine mit --to DATEI nennen; sie gehört auf den Rechner, der aufräumt, und hier gelöscht.',
  'there is no maintenance key "{1}"': 'es gibt keinen Wartungsschlüssel „{1}“',
  'List them with "holdfast maintainer list".': '„holdfast maintainer list“ zeigt sie.',
  '"{1}" fits {2} maintenance keys': '„{1}“ passt auf {2} Wartungsschlüssel',
  'Give more digits of the id that "holdfast maintainer list" shows.':
    'Mehr Stellen der Kennung angeben, die „holdfast maintainer list“ zeigt.',
  'the reason is empty': 'der Grund ist leer',
  'there is no report of "{1}"': 'es gibt keinen Bericht vom „{1}“',
  'Reports are kept for 90 days, where "alerts.report" is configured.':
    'Berichte werden 90 Tage aufbewahrt, wenn „alerts.report“ eingerichtet ist.',
  'the configuration names nobody who gets the report':
    'die Konfiguration nennt niemanden, der den Bericht bekommt',
  'Write channels under "alerts.report", then run "holdfast config apply".':
    'Kanäle unter „alerts.report“ eintragen, dann „holdfast config apply“ ausführen.',
  'no snapshot was named': 'es wurde kein Stand genannt',
  'no restore was named': 'es wurde keine Wiederherstellung genannt',
  'the run of "{1}" was not started{2}': 'der Lauf von „{1}“ wurde nicht gestartet{2}',
  'Look into "holdfast logs" for the reason.': 'Den Grund sagt „holdfast logs“.',
  'there is no run "{1}"': 'es gibt keinen Lauf „{1}“',
  'Take the id from "holdfast runs".': 'Die Nummer aus „holdfast runs“ nehmen.',
  'no second repository was named': 'es wurde kein zweites Repository genannt',
  '"{1}" has no rules by age of its own': '„{1}“ hat keine eigenen Altersregeln',
  'no file with lifecycle rules was named': 'es wurde keine Datei mit Altersregeln genannt',
  'nobody is named for whom the token acts': 'es wurde nicht gesagt, für wen das Token handelt',
  '"{1}" is no permission': '„{1}“ ist keine Berechtigung',
  'no Vault was named to restore into': 'es wurde kein Vault genannt, in den wiederherzustellen ist',
  'no file was named for the key of the new writer':
    'für den Schlüssel des neuen Schreibers wurde keine Datei genannt',
  'Name one with --to FILE; move it to that host and delete it here.':
    'Eine mit --to DATEI nennen; sie gehört auf jenen Rechner und hier gelöscht.',
  'there is no write-only writer "{1}"': 'es gibt keinen Nur-Schreiber „{1}“',
  'List them with "holdfast writer list".': '„holdfast writer list“ zeigt sie.',
  '"{1}" fits {2} write-only writers': '„{1}“ passt auf {2} Nur-Schreiber',
  'Give more digits of the id that "holdfast writer list" shows.':
    'Mehr Stellen der Kennung angeben, die „holdfast writer list“ zeigt.',
  'an error nobody foresaw: "{1}"': 'ein Fehler, den niemand vorhersah: „{1}“',
  'the system refused access{1}': 'das System verweigerte den Zugriff{1}',
  'there is nothing{1}': 'dort ist nichts{1}',
  'no space is left{1}': 'es ist kein Platz mehr{1}',
  'the disk reports an error{1}': 'die Platte meldet einen Fehler{1}',
  'the guide needs a terminal': 'die Führung braucht ein Terminal',
  'no snapshot fits what was asked for': 'kein Stand passt zu dem, was verlangt wurde',
  'the restore was not started': 'die Wiederherstellung wurde nicht begonnen',
  '--in-place and {1} were both given': '--in-place und {1} wurden beide angegeben',
  '--delete was given without --in-place or --overwrite':
    '--delete wurde ohne --in-place oder --overwrite angegeben',
  'LOG_LEVEL is "{1}", which is no level': 'LOG_LEVEL ist „{1}“, was keine Stufe ist',
  'Set it to DEBUG, INFO, WARN or ERROR.': 'Auf DEBUG, INFO, WARN oder ERROR setzen.',
  'there is no log at "{1}"': 'unter „{1}“ ist kein Protokoll',
  'Name the folder that the configuration names, or wait until something was written.':
    'Den Ordner nennen, der in der Konfiguration steht, oder warten, bis etwas geschrieben wurde.',
  'no file of accounts was named': 'es wurde keine Datei mit Konten genannt',
  'option --listen: "{1}" is not an address and port': 'Option --listen: „{1}“ ist keine Adresse mit Port',
  'a certificate needs its key, and a key its certificate':
    'ein Zertifikat braucht seinen Schlüssel, und ein Schlüssel sein Zertifikat',
  'option {1}: "{2}" is not {3}': 'Option {1}: „{2}“ ist falsch, verlangt ist {3}',
  'pattern file "{1}" cannot be read': 'die Musterdatei „{1}“ ist nicht zu lesen',
  'nothing says where "{1}" is to be found': 'nichts sagt, wo „{1}“ zu finden ist',
  'what "{1}" leads to is none': 'wohin „{1}“ führt, ist keines',
  'no repository was named': 'es wurde kein Repository genannt',
  'this needs the package "{1}", which rescue.mjs does not carry':
    'das braucht das Paket „{1}“, das rescue.mjs nicht mitbringt',
  'this is no command of the rescue reader': 'das ist kein Befehl des Leseprogramms',
  'both places hold the same repository': 'an beiden Orten liegt dasselbe Repository',
};
