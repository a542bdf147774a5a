// Die Titel der Meldungen, wie sie im Katalog stehen; was die Gesundheit findet, hat eigene Texte.

import type { Phrases } from '../phrases.ts';

export const alerts: Phrases = {
  'a canary was touched': 'eine Köderdatei wurde angerührt',
  'files have become noise': 'Dateien sind zu Rauschen geworden',
  'day by day more files become noise': 'Tag für Tag werden mehr Dateien zu Rauschen',
  'many files were renamed as ransomware does':
    'viele Dateien wurden umbenannt, wie es Erpressungstrojaner tun',
  'there are letters as extortionists leave them': 'es liegen Schreiben da, wie Erpresser sie hinterlassen',
  'files have endings of known ransomware': 'Dateien haben Endungen bekannter Erpressungstrojaner',
  'unusually many files have changed': 'ungewöhnlich viele Dateien haben sich geändert',
  'unusually many files are gone': 'ungewöhnlich viele Dateien sind weg',
  'the ransom brake is pulled: nothing is deleted until a person lifts it':
    'die Notbremse ist gezogen: gelöscht wird nichts, bis ein Mensch sie löst',
  'What changed in "{1}" could not be looked at, because its run was cut off':
    'Was sich in „{1}“ geändert hat, ließ sich nicht ansehen, weil der Lauf abgebrochen ist',
  'The backup "{1}" is incomplete: {2}': 'Die Sicherung „{1}“ ist unvollständig: {2}',
  '{1} entries could not be read; no copy reached {2}':
    '{1} Einträge waren nicht lesbar; keine Kopie erreichte {2}',
  '{1} entries could not be read': '{1} Einträge waren nicht lesbar',
  'no copy reached {1}': 'keine Kopie erreichte {1}',
  'not everything could be saved': 'nicht alles ließ sich sichern',
  'The backup "{1}" has failed: {2}': 'Die Sicherung „{1}“ ist misslungen: {2}',
  'for an unknown reason': 'aus unbekanntem Grund',
  'The backup "{1}" waits, because "{2}" has failed': 'Die Sicherung „{1}“ wartet, weil „{2}“ misslungen ist',
  '"{1}" waits for policies that wait for it': '„{1}“ wartet auf Richtlinien, die darauf warten',
  'The repository "{1}" is damaged: {2}': 'Das Repository „{1}“ ist beschädigt: {2}',
  'The repository "{1}" could not be checked: {2}': 'Das Repository „{1}“ ließ sich nicht prüfen: {2}',
  'messages by "{1}" do not arrive ({2})': 'Nachrichten über „{1}“ kommen nicht an ({2})',
  'Old recovery points of "{1}" could not be cleared away':
    'Alte Wiederherstellungspunkte von „{1}“ ließen sich nicht wegräumen',
  'Old recovery points of "{1}" could not be cleared away in "{2}"':
    'Alte Wiederherstellungspunkte von „{1}“ ließen sich in „{2}“ nicht wegräumen',
  'The configuration "{1}" of node "{2}" is another than the one that holds':
    'Die Konfiguration „{1}“ des Knotens „{2}“ ist eine andere als die, die gilt',
  'The configuration "{1}" of node "{2}" cannot be used; what was applied before goes on':
    'Die Konfiguration „{1}“ des Knotens „{2}“ ist nicht zu gebrauchen; was vorher galt, gilt weiter',
  'The configuration "{1}" waits: it would keep less than before':
    'Die Konfiguration „{1}“ wartet: sie behielte weniger als bisher',
  'The daily task "{1}" is overdue': 'Die tägliche Aufgabe „{1}“ ist überfällig',
  'The weekly task "{1}" is overdue': 'Die wöchentliche Aufgabe „{1}“ ist überfällig',
  'The monthly task "{1}" is overdue': 'Die monatliche Aufgabe „{1}“ ist überfällig',
  'The quarterly task "{1}" is overdue': 'Die vierteljährliche Aufgabe „{1}“ ist überfällig',
  'The half-yearly task "{1}" is overdue': 'Die halbjährliche Aufgabe „{1}“ ist überfällig',
  'The yearly task "{1}" is overdue': 'Die jährliche Aufgabe „{1}“ ist überfällig',
  'The after-update task "{1}" is overdue': 'Die Aufgabe „{1}“ nach einer Aktualisierung ist überfällig',
  'The audit trail has no witness: "{1}" hears nothing':
    'Das Prüfprotokoll hat keinen Zeugen: „{1}“ hört nichts',
  'A task of kind "{1}" was given up for "{2}": {3}':
    'Eine Aufgabe der Art „{1}“ für „{2}“ wurde aufgegeben: {3}',
  'A task of kind "{1}" was given up: {2}': 'Eine Aufgabe der Art „{1}“ wurde aufgegeben: {2}',
  '"{1}" asks for approval: {2}': '„{1}“ bittet um Zustimmung: {2}',
};
