// Was an einer Konfigurationsdatei oder einem Aufruf falsch geschrieben ist.

import type { Phrases } from '../phrases.ts';

export const mistakes: Phrases = {
  '"{1}", {2}': '„{1}“, {2}',
  'line {1}, column {2}: {3}': 'Zeile {1}, Spalte {2}: {3}',
  'and {1} more': 'und {1} weitere',
  'this key stands twice': 'dieser Schlüssel steht zweimal da',
  'aliases ("*name") are not read: write it out': 'Verweise („*name“) werden nicht gelesen: es ausschreiben',
  'a tab stands where the indentation must be spaces': 'ein Tabulator steht, wo Leerzeichen einrücken müssen',
  'is not indented like its neighbours': 'ist nicht eingerückt wie seine Nachbarn',
  'a second document begins here': 'hier beginnt ein zweites Dokument',
  'tags ("!name") are not read': 'Marken („!name“) werden nicht gelesen',
  'a character is missing here, such as a colon, a quote or a bracket':
    'hier fehlt ein Zeichen, etwa ein Doppelpunkt, ein Anführungszeichen oder eine Klammer',
  'a value cannot begin so: put it into quotes':
    'ein Wert kann nicht so beginnen: ihn in Anführungszeichen setzen',
  'a key must stand on one line, followed by a colon':
    'ein Schlüssel muss auf einer Zeile stehen, gefolgt von einem Doppelpunkt',
  'a value and more keys stand on one line: put the value into quotes':
    'ein Wert und weitere Schlüssel stehen auf einer Zeile: den Wert in Anführungszeichen setzen',
  'knows no such character after a backslash': 'kennt nach einem Backslash kein solches Zeichen',
  'is nested more than {1} deep': 'ist tiefer als {1} Stufen verschachtelt',
  'is larger than 8 MiB': 'ist größer als 8 MiB',
  'is no YAML here ({1})': 'ist hier kein YAML ({1})',
  'a key must be a text: put it into quotes':
    'ein Schlüssel muss ein Text sein: ihn in Anführungszeichen setzen',
  'this key is not taken': 'dieser Schlüssel wird nicht angenommen',
  '{1} is missing: {2} is needed': '{1} fehlt: nötig ist {2}',
  '{1} must be {2}, not {3}': '{1} ist falsch: verlangt ist {2}, nicht {3}',
  '{1} must be {2}': '{1} ist falsch: verlangt ist {2}',
  '{1} must not be empty': '{1} darf nicht leer sein',
  '{1} must be at least {2}': '{1} ist falsch: mindestens {2}',
  '{1} must be at most {2}': '{1} ist falsch: höchstens {2}',
  '{1} is not valid': '{1} ist ungültig',
  '{1} is no key of the configuration; did you mean "{2}"?':
    '{1} ist kein Schlüssel der Konfiguration; ist „{2}“ gemeint?',
  '{1} is no key of the configuration; here stand {2}':
    '{1} ist kein Schlüssel der Konfiguration; hier stehen {2}',
  '{1} is no key of the configuration': '{1} ist kein Schlüssel der Konfiguration',
  '{1} "{2}" is none of the {3}; did you mean "{4}"?':
    '{1}: „{2}“ ist nicht unter den genannten ({3}); ist „{4}“ gemeint?',
  '{1} "{2}" is none of the {3}': '{1}: „{2}“ ist nicht unter den genannten ({3})',
  '{1} is more than "diskCriticalPercent": the warning would come after the alarm':
    '{1} ist mehr als „diskCriticalPercent“: die Warnung käme nach dem Alarm',
  '{1} months and years differ in length: write days':
    '{1}: Monate und Jahre sind verschieden lang: Tage schreiben',
  '{1} needs "schedule: adaptive"': '{1} braucht „schedule: adaptive“',
  '{1} is more than "most"': '{1} ist mehr als „most“',
  '{1} is more than "rpo": the newest recovery point would always be too old':
    '{1} ist mehr als „rpo“: der neueste Wiederherstellungspunkt wäre immer zu alt',
  '{1} names a repository twice': '{1} nennt ein Repository zweimal',
  '{1} has the same paths as a source before it; give it a policy of its own':
    '{1} hat dieselben Pfade wie eine Quelle davor; ihr eine eigene Richtlinie geben',
  '{1} must not begin with "policy:": by that, retention knows whose points they are':
    '{1} darf nicht mit „policy:“ beginnen: daran erkennt die Aufbewahrung, wessen Punkte es sind',
  '{1} leave no moment to run in: all that is allowed is barred':
    '{1} lässt keine Zeit zum Laufen: alles Erlaubte ist gesperrt',
  '{1} has nothing to do while "retention" is "none"':
    '{1} hat nichts zu tun, solange „retention“ „none“ ist',
  '{1} is more than "maxBackups" lets stay': '{1} ist mehr, als „maxBackups“ bleiben lässt',
  '{1} is longer than "retentionDays" lets stay': '{1} ist länger, als „retentionDays“ bleiben lässt',
  '{1} is longer than "retention" keeps, which is {2} days':
    '{1} ist länger, als „retention“ aufbewahrt; das sind {2} Tage',
  '{1} holds a secret, which must not stand here: name it under "secrets" by reference':
    '{1} enthält ein Geheimnis, das hier nicht stehen darf: es unter „secrets“ mit einem Verweis nennen',
  'the configuration': 'die Konfiguration',
  'a text': 'ein Text',
  'a number': 'eine Zahl',
  'true or false': 'true oder false',
  'a list of "key: value"': 'eine Liste von „schlüssel: wert“',
  'a list ("- …" or "[…]")': 'eine Liste („- …“ oder „[…]“)',
  'a list': 'eine Liste',
  nothing: 'nichts',
  'the number {1}': 'die Zahl {1}',
  'the fraction {1}': 'der Bruch {1}',
  '1 entry': '1 Eintrag',
  '{1} entries': '{1} Einträge',
  '{1} characters': '{1} Zeichen',
  '{1} or {2}': '{1} oder {2}',
  '{1} and {2}': '{1} und {2}',
  '{1}, {2}': '{1}, {2}',
  "unknown option '{1}'": 'unbekannte Option „{1}“',
  "unknown command '{1}'": 'unbekannter Befehl „{1}“',
  "missing required argument '{1}'": 'das Argument „{1}“ fehlt',
  "too many arguments for '{1}'. Expected {2} arguments but got {3}.":
    'zu viele Argumente für „{1}“: erwartet {2}, bekommen {3}',
  'too many arguments. Expected {1} arguments but got {2}.': 'zu viele Argumente: erwartet {1}, bekommen {2}',
  "option '{1}' argument missing": 'der Option „{1}“ fehlt ihr Wert',
  "required option '{1}' not specified": 'die nötige Option „{1}“ fehlt',
  "option '{1}' argument '{2}' is invalid. {3}": 'Option „{1}“: der Wert „{2}“ ist falsch. {3}',
  "command-argument value '{1}' is invalid for argument '{2}'. {3}":
    'der Wert „{1}“ ist falsch für „{2}“. {3}',
  'Allowed choices are {1}.': 'Möglich sind {1}.',
  "option '{1}' cannot be used with option '{2}'": 'die Optionen „{1}“ und „{2}“ gehen nicht zusammen',
  '{1} needs "password" or "keyFile" under "unlock": no other key may change keys':
    '{1} braucht „password“ oder „keyFile“ unter „unlock“: kein anderer Schlüssel darf Schlüssel ändern',
  '{1} names no way to open it: write "password: file:/PATH" or "keyFile: /PATH"':
    '{1} nennt keinen Weg, es zu öffnen: „password: file:/PFAD“ oder „keyFile: /PFAD“ schreiben',
  '{1} a name has no two dots in a row': '{1}: ein Name hat keine zwei Punkte hintereinander',
  '{1} has control characters': '{1} enthält Steuerzeichen',
  '{1} needs either "token" or "appRole"': '{1} braucht „token“ oder „appRole“',
  '{1} has no rule': '{1} hat keine Regel',
  '{1} must begin with a slash': '{1} muss mit einem Schrägstrich beginnen',
  'an absolute path': 'ein absoluter Pfad',
  'a time such as 07:00': 'eine Zeit wie 07:00',
  '{1} "{2}" is no schedule: {3}. {4}': '{1}: „{2}“ ist kein Zeitplan: {3}. {4}',
  '{1} "{2}" is no schedule: {3}': '{1}: „{2}“ ist kein Zeitplan: {3}',
  '{1} at character {2}: {3}': '{1}, Zeichen {2}: {3}',
  '"{1}" is not {2} to {3}': '„{1}“ ist nicht {2} bis {3}',
  'Write {1} to {2}.': '{1} bis {2} schreiben.',
  minute: 'Minute',
  hour: 'Stunde',
  'day of the month': 'Tag des Monats',
  month: 'Monat',
  weekday: 'Wochentag',
  year: 'Jahr',
  '{1} "{2}" is not a size. Write a number with a unit such as 500K, 10M or 1.5 GiB.':
    '{1}: „{2}“ ist keine Größe. Eine Zahl mit Einheit wie 500K, 10M oder 1.5 GiB schreiben.',
  '{1} "{2}" is not a duration. {3}': '{1}: „{2}“ ist keine Dauer. {3}',
  '{1} "{2}" is no time zone. {3}': '{1}: „{2}“ ist keine Zeitzone. {3}',
  '{1} "{2}" is no window of time: {3}. {4}': '{1}: „{2}“ ist kein Zeitfenster: {3}. {4}',
  "unknown command '{1}' (Did you mean {2}?)": 'unbekannter Befehl „{1}“ (ist {2} gemeint?)',
  "unknown option '{1}' (Did you mean {2}?)": 'unbekannte Option „{1}“ (ist {2} gemeint?)',
  'one of {1}': 'eines von {1}',
};
