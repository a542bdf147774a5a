// Warum etwas kein Zeitplan, kein Zeitfenster und keine Tabelle von Raten ist.

import type { Phrases } from '../phrases.ts';

export const schedules: Phrases = {
  'day-of-month': 'Tag des Monats',
  'day-of-week': 'Wochentag',
  'minute, hour, day-of-month, month, day-of-week': 'Minute, Stunde, Tag des Monats, Monat, Wochentag',
  'minute, hour, day-of-month, month, day-of-week, year':
    'Minute, Stunde, Tag des Monats, Monat, Wochentag, Jahr',
  'Known are {1}, and cron expressions.': 'Es gibt {1} und Ausdrücke von cron.',
  'it has {1} fields, not {2} ({3})': 'er hat {1} Felder, nicht {2} ({3})',
  'both day fields are "?"': 'beide Felder für Tage sind „?“',
  'one of the two day fields must be "?"': 'eines der beiden Felder für Tage muss „?“ sein',
  'Write ? for the day of the month or for the weekday, such as cron(0 2 * * ? *).':
    'Für den Tag des Monats oder den Wochentag ? schreiben, etwa cron(0 2 * * ? *).',
  'this is no rate': 'das ist keine Rate',
  'a rate of 0 never ends': 'ein Abstand von 0 endet nie',
  'AWS asks for the singular after 1 and for the plural after all others':
    'AWS verlangt nach 1 die Einzahl und nach allen anderen die Mehrzahl',
  'Write a whole number and minutes, hours or days, such as rate(1 hour) or rate(15 minutes).':
    'Eine ganze Zahl und minutes, hours oder days schreiben, etwa rate(1 hour) oder rate(15 minutes).',
  'Write "0 2 * * *", @daily, cron(0 2 * * ? *) or rate(6 hours).':
    '„0 2 * * *“, @daily, cron(0 2 * * ? *) oder rate(6 hours) schreiben.',
  'There are no seconds here; put six fields with a year into cron(…).':
    'Sekunden gibt es hier nicht; sechs Felder mit einem Jahr gehören in cron(…).',
  'no day of the calendar fits it': 'kein Tag des Kalenders passt dazu',
  'Check the day against the month, such as 31 February; L is the last day of every month.':
    'Den Tag gegen den Monat prüfen, etwa 31. Februar; L ist der letzte Tag jedes Monats.',
  '{1} is not known to AWS': '{1} ist AWS nicht bekannt',
  'AWS knows L, and W after a day, such as 15W.': 'AWS kennt L, und W nach einem Tag, etwa 15W.',
  'no month has so many days': 'kein Monat hat so viele Tage',
  'Write L-30 at most.': 'Höchstens L-30 schreiben.',
  'Write #1 to #5.': '#1 bis #5 schreiben.',
  '# stands alone in AWS': '# steht bei AWS allein',
  'Make one schedule for each of these days.': 'Für jeden dieser Tage einen Zeitplan machen.',
  '"L" alone is ambiguous': '„L“ allein ist mehrdeutig',
  'Write the day, such as sat, or friL for the last Friday.':
    'Den Tag schreiben, etwa sat, oder friL für den letzten Freitag.',
  'AWS has no steps for weekdays': 'AWS kennt keine Schritte für Wochentage',
  'List the days, such as MON,WED,FRI.': 'Die Tage aufzählen, etwa MON,WED,FRI.',
  'something is missing here': 'hier fehlt etwas',
  'Write values with one comma between.': 'Werte mit je einem Komma dazwischen schreiben.',
  'a step of 0 never ends': 'ein Schritt von 0 endet nie',
  'Write a step of 1 or more.': 'Einen Schritt von 1 oder mehr schreiben.',
  'a step needs a range': 'ein Schritt braucht einen Bereich',
  'Write {1}; programs read a step after one number differently.':
    '{1} schreiben; Programme lesen einen Schritt nach einer einzelnen Zahl verschieden.',
  'the range runs backwards': 'der Bereich läuft rückwärts',
  'Write two ranges with a comma between.': 'Zwei Bereiche mit einem Komma dazwischen schreiben.',
  '"{1}" is not {2} to {3} or {4} to {5}': '„{1}“ ist nicht {2} bis {3} oder {4} bis {5}',
  'Write {1} to {2} or {3} to {4}.': '{1} bis {2} oder {3} bis {4} schreiben.',
  '"?" belongs to cron(…) of AWS': '„?“ gehört zum cron(…) von AWS',
  '"?" stands for a day field alone': '„?“ steht nur in Feldern für Tage',
  'Write * here.': 'Hier * schreiben.',
  '"{1}" is not understood': '„{1}“ wird nicht verstanden',
  'Write *, 5, 1-5, */15 or a list such as 1,15.': '*, 5, 1-5, */15 oder eine Liste wie 1,15 schreiben.',
  'it has more than {1} entries': 'es hat mehr als {1} Einträge',
  '"{1}" is no span of the week': '„{1}“ ist keine Spanne der Woche',
  '"{1}" is no day; days are {2}': '„{1}“ ist kein Tag; Tage sind {2}',
  '"{1}" is no span of a day': '„{1}“ ist keine Spanne eines Tages',
  'it ends before it begins': 'es endet, bevor es beginnt',
  'no calendar has this day': 'kein Kalender hat diesen Tag',
};
