// Der Dienst: Läufe, Aufgaben, Aufträge, Knoten.

import type { Phrases } from '../phrases.ts';

export const control: Phrases = {
  'the run of "{1}" has not ended in time; it goes on':
    'der Lauf von „{1}“ war nicht rechtzeitig zu Ende; er geht weiter',
  'the run of "{1}" has not begun in time; it stays wanted':
    'der Lauf von „{1}“ hat nicht rechtzeitig begonnen; er bleibt verlangt',
  'Look at it with "holdfast runs", and whether "holdfast up" runs with "holdfast node list".':
    'Ihn mit „holdfast runs“ ansehen, und mit „holdfast node list“, ob „holdfast up“ läuft.',
  'recovery point "{1}" is being deleted in "{2}" at this moment':
    'der Wiederherstellungspunkt „{1}“ wird in „{2}“ gerade gelöscht',
  'Hold another one. What retention has begun to delete cannot be brought back.':
    'Einen anderen festhalten. Was die Aufbewahrung zu löschen begonnen hat, kommt nicht zurück.',
  'the metrics cannot be written to "{1}"': 'die Kennzahlen lassen sich nicht nach „{1}“ schreiben',
  'Look whether its folder exists, and who may write there.':
    'Nachsehen, ob es den Ordner gibt und wer dort schreiben darf.',
  'Find out who deletes there, then look at the repository: holdfast check':
    'Herausfinden, wer dort löscht, und dann das Repository prüfen: holdfast check',
  'there is no job "{1}"': 'es gibt keinen Auftrag „{1}“',
  'Let all processes run the same version of Holdfast.':
    'Alle Prozesse dieselbe Version von Holdfast benutzen lassen.',
  'the order of the job "{1}" cannot be used: {2}':
    'die Anweisung für den Auftrag „{1}“ ist nicht zu gebrauchen: {2}',
  'no secrets can be looked up here': 'hier lassen sich keine Geheimnisse nachschlagen',
  'Push metrics without headers, or from "holdfast up".':
    'Kennzahlen ohne Kopfzeilen senden, oder aus „holdfast up“.',
  'Choose a folder below one of api.restoreRoots of the configuration, which must exist.':
    'Einen Ordner unter einem aus api.restoreRoots der Konfiguration wählen, den es geben muss.',
  '"{1}" is no task of the plan': '„{1}“ ist keine Aufgabe des Wartungsplans',
  'The plan has: {1}.': 'Der Plan hat: {1}.',
  '{1} runs use the repository "{2}" already': '{1} Läufe benutzen das Repository „{2}“ schon',
  'the run was stopped': 'der Lauf wurde angehalten',
  'the sending was stopped': 'das Senden wurde angehalten',
  'Look whether its storage or network hangs.': 'Nachsehen, ob sein Speicher oder Netz hängt.',
  'a task of kind "{1}" says what nobody understands':
    'eine Aufgabe der Art „{1}“ sagt, was niemand versteht',
  'Let all nodes run the same version of Holdfast.':
    'Alle Knoten dieselbe Version von Holdfast benutzen lassen.',
  'the policy "{1}" cannot be used: {2}': 'die Richtlinie „{1}“ ist nicht zu gebrauchen: {2}',
  'Apply the configuration again: holdfast config apply':
    'Die Konfiguration noch einmal anwenden: holdfast config apply',
  'the configuration has no repository "{1}"': 'die Konfiguration hat kein Repository „{1}“',
  'Name it under "repositories", then apply the configuration: holdfast config apply':
    'Es unter „repositories“ nennen und die Konfiguration anwenden: holdfast config apply',
  'nobody knows how to do a task of kind "{1}"': 'niemand weiß, wie eine Aufgabe der Art „{1}“ zu tun ist',
  'a task of kind "{1}" was begun again and again': 'eine Aufgabe der Art „{1}“ wurde immer wieder begonnen',
  'Look into the log for what stops it, then ask for it again.':
    'Im Protokoll nachsehen, was sie anhält, und sie dann noch einmal verlangen.',
  'a task of kind "{1}" is not stopped by hand': 'eine Aufgabe der Art „{1}“ wird nicht von Hand abgebrochen',
  'These can be stopped: {1}.': 'Abbrechen lassen sich: {1}.',
  'the run "{1}" has ended already': 'der Lauf „{1}“ ist schon zu Ende',
};
