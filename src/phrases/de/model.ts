// Zeiten, Größen, Muster, Regeln der Aufbewahrung, Zeitpläne.

import type { Phrases } from '../phrases.ts';

export const model: Phrases = {
  '"{1}" {2}': '„{1}“ {2}',
  'Correct the file; docs/guides/backup-manager.md lists every key with its default.':
    'Die Datei korrigieren; docs/guides/backup-manager.md nennt jeden Schlüssel mit seiner Vorgabe.',
  'the variable {1} is no number of days': 'die Variable {1} ist keine Zahl von Tagen',
  'Write a whole number, such as {1}={2}.': 'Eine ganze Zahl schreiben, etwa {1}={2}.',
  'the profile "pipeline" needs the variable SNS_TOPIC_ARN':
    'das Profil „pipeline“ braucht die Variable SNS_TOPIC_ARN',
  'Set SNS_TOPIC_ARN=arn:aws:sns:REGION:ACCOUNT:NAME, or name a channel with "place: sns:arn:aws:sns:…".':
    'SNS_TOPIC_ARN=arn:aws:sns:REGION:KONTO:NAME setzen oder einen Kanal mit „place: sns:arn:aws:sns:…“ nennen.',
  '"{1}" is no JSON': '„{1}“ ist kein JSON',
  '"{1}" has no usable value of "{2}"': '„{1}“ hat keinen brauchbaren Wert für „{2}“',
  'Correct the file; docs/guides/configuration.md lists every key with its default.':
    'Die Datei korrigieren; docs/guides/configuration.md nennt jeden Schlüssel mit seiner Vorgabe.',
  'the name "{1}" {2}': 'der Name „{1}“ {2}',
  'The repository was written by a broken or hostile program; restore from another snapshot.':
    'Das Repository wurde von einem kaputten oder feindlichen Programm geschrieben; aus einem anderen Stand wiederherstellen.',
  '"{1}" is not a table of rates: {2}': '„{1}“ ist keine Tabelle von Geschwindigkeiten: {2}',
  'Write a rate such as 5M/s, or "mon-fri 08:00-18:00 2M, sat+sun 10M, else unlimited".':
    'Eine Geschwindigkeit wie 5M/s schreiben oder „mon-fri 08:00-18:00 2M, sat+sun 10M, else unlimited“.',
  '"{1}" is not a rate': '„{1}“ ist keine Geschwindigkeit',
  'Write bytes a second such as 500K/s, 5M/s or 10 MiB/s; leave the option out for no limit.':
    'Bytes je Sekunde wie 500K/s, 5M/s oder 10 MiB/s schreiben; für keine Grenze die Option weglassen.',
  'retention "{1}" is "{2}", not a whole number from 0':
    'die Aufbewahrung „{1}“ ist „{2}“, keine ganze Zahl ab 0',
  'Give a whole number, such as --keep-daily 7.': 'Eine ganze Zahl angeben, etwa --keep-daily 7.',
  'retention "{1}" is "0" and would keep nothing': 'die Aufbewahrung „{1}“ ist „0“ und behielte nichts',
  'Give at least 1; to remove a whole backup on purpose, forget its snapshots by their ids.':
    'Mindestens einen behalten; um einzelne Stände zu entfernen, sie nennen.',
  'the retention policy has no rule, so nothing says what to keep':
    'die Aufbewahrung hat keine Regel; nichts sagt, was zu behalten ist',
  'Give at least one rule, such as --keep-last 10 or --keep-daily 7.':
    'Mindestens eine Regel angeben, etwa --keep-last 10 oder --keep-daily 7.',
  'policies wait for each other: {1}': 'Richtlinien warten aufeinander: {1}',
  'Take one of these dependencies away.': 'Eine dieser Abhängigkeiten wegnehmen.',
  'policy "{1}" waits for "{2}", which is no policy':
    'die Richtlinie „{1}“ wartet auf „{2}“, was keine Richtlinie ist',
  'Write the name of a policy as it is in the configuration.':
    'Den Namen einer Richtlinie so schreiben, wie er in der Konfiguration steht.',
  '{1} cannot say this schedule: it {2}': '{1} kann diesen Zeitplan nicht ausdrücken: er {2}',
  'Split it into several schedules, or keep it in the form in which it was written.':
    'Ihn auf mehrere Zeitpläne verteilen oder in der Form lassen, in der er geschrieben wurde.',
  '"{1}" is no schedule: {2}{3}': '„{1}“ ist kein Zeitplan: {2}{3}',
  '"{1}" is no window of time: {2}': '„{1}“ ist kein Zeitfenster: {2}',
  'Write spans such as "mon-fri 20:00-06:00, sat+sun"; barred periods also "2026-12-20 - 2027-01-06".':
    'Spannen wie „mon-fri 20:00-06:00, sat+sun“ schreiben; gesperrte Zeiten auch als „2026-12-20 - 2027-01-06“.',
  '"{1}" is no time zone': '„{1}“ ist keine Zeitzone',
  'Write a name of the IANA database, such as Europe/Zurich or UTC.':
    'Einen Namen der IANA-Datenbank schreiben, etwa Europe/Zurich oder UTC.',
  'Write a name of the IANA database; perhaps you mean {1}.':
    'Einen Namen der IANA-Datenbank schreiben; vielleicht ist {1} gemeint.',
  'the pattern "{1}" {2}': 'das Muster „{1}“ {2}',
  'Patterns are those of .gitignore: *.log, /home/*/cache/, **/node_modules, !keep.me; "\\" takes a character as it is.':
    'Muster sind die von .gitignore: *.log, /home/*/cache/, **/node_modules, !keep.me; „\\“ nimmt ein Zeichen, wie es ist.',
  'is empty': 'ist leer',
  'the pattern "{1}" is longer than {2} characters': 'das Muster „{1}“ ist länger als {2} Zeichen',
  'holds a NUL': 'enthält ein NUL',
  'holds a line break': 'enthält einen Zeilenumbruch',
  'ends in a backslash': 'endet mit einem Backslash',
  'has more than {1} stars': 'hat mehr als {1} Sterne',
  'has a "[" without its "]"': 'hat eine „[“ ohne ihre „]“',
  '"{1}" is not a size': '„{1}“ ist keine Größe',
  'Write a number with a unit such as 500K, 10M or 1.5 GiB (K, M, G, T, P: 1024; kB, MB, GB: 1000).':
    'Eine Zahl mit Einheit wie 500K, 10M oder 1.5 GiB schreiben (K, M, G, T, P: 1024; kB, MB, GB: 1000).',
  'snapshot "{1}" may be {2}{3}': 'der Stand „{1}“ kann {2} sein{3}',
  'Give more digits of the id.': 'Mehr Stellen der Kennung angeben.',
  'Give at least {1} digits of the id; "holdfast snapshots" lists all ids.':
    'Mindestens {1} Stellen der Kennung angeben; „holdfast snapshots“ zeigt alle.',
  'Run "holdfast snapshots" to list all snapshots.': '„holdfast snapshots“ zeigt alle Stände.',
  '"{1}" is not a time': '„{1}“ ist keine Zeit',
  'Write a time such as "2026-11-20 14:00", 2026-11-20, 2026-11-20T14:00:00Z, now-3d or latest.':
    'Eine Zeit wie „2026-11-20 14:00“, 2026-11-20, 2026-11-20T14:00:00Z, now-3d oder latest schreiben.',
  '"{1}" is not a duration': '„{1}“ ist keine Dauer',
  'Write a duration such as 30d, 2w, 12h or 1y5m7d2h (y, m for months, w, d, h, min, s).':
    'Eine Dauer wie 30d, 2w, 12h oder 1y5m7d2h schreiben (y, m für Monate, w, d, h, min, s).',
  'it has more than {1} entries': 'es hat mehr als {1} Einträge',
  'nothing can follow what holds at all other times':
    'nach dem, was zu allen anderen Zeiten gilt, kann nichts folgen',
  '"else" is followed by a rate alone': 'auf „else“ folgt nur eine Geschwindigkeit',
  '"{1}" is no day; days are {2}': '„{1}“ ist kein Tag; Tage sind {2}',
  '"{1}" is no span of a day': '„{1}“ ist keine Spanne eines Tages',
  '"{1}" is no span of the week': '„{1}“ ist keine Spanne der Woche',
  'it ends before it begins': 'es endet, bevor es beginnt',
  'no calendar has this day': 'diesen Tag hat kein Kalender',
  'has no usable value of "{1}"': 'hat keinen brauchbaren Wert für „{1}“',
  'line {1} is no NAME=value': 'Zeile {1} ist kein NAME=Wert',
  'it is too long': 'er ist zu lang',
  '"{1}(…)" is neither cron(…) nor rate(…)': '„{1}(…)“ ist weder cron(…) noch rate(…)',
  'this name is not known': 'diesen Namen gibt es nicht',
  'this is no rate': 'das ist kein Abstand',
  'a rate of 0 never ends': 'ein Abstand von 0 endet nie',
  'AWS asks for the singular after 1 and for the plural after all others':
    'AWS verlangt nach 1 die Einzahl und sonst die Mehrzahl',
  'no day of the calendar fits it': 'kein Tag des Kalenders passt dazu',
  'has no field for years': 'hat kein Feld für Jahre',
  'has no L, W or #': 'hat kein L, W oder #',
  'takes days of the month or weekdays, never both': 'nimmt Monatstage oder Wochentage, nie beides',
  'has no LW': 'hat kein LW',
  'has no L with a number': 'hat kein L mit einer Zahl',
  'takes # only once': 'nimmt # nur einmal',
  'repeats by the clock, and this rate counts elapsed time across its hours':
    'wiederholt nach der Uhr, und dieser Abstand zählt vergangene Zeit über ihre Stunden',
  'there is no snapshot yet': 'es gibt noch keinen Stand',
  'there is no snapshot "{1}"': 'es gibt keinen Stand „{1}“',
  'there is no snapshot "{1}" with {2}': 'es gibt keinen Stand „{1}“ mit {2}',
  'host "{1}"': 'dem Rechner „{1}“',
  'tags "{1}"': 'den Marken „{1}“',
  'path "{1}"': 'dem Pfad „{1}“',
  'a time at or before "{1}"': 'einer Zeit bis „{1}“',
  'host "{1}", path "{2}"': 'dem Rechner „{1}“ und dem Pfad „{2}“',
  'host "{1}", a time at or before "{2}"': 'dem Rechner „{1}“ und einer Zeit bis „{2}“',
  'path "{1}", a time at or before "{2}"': 'dem Pfad „{1}“ und einer Zeit bis „{2}“',
  'kept by no rule of "{1}"': 'keine Regel behält ihn: „{1}“',
};
