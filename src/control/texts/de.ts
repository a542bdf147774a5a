// Deutsch, in der Schreibweise ohne ß.

import type { ControlTexts } from './texts.ts';

const named = (before: string, object: string, after: string) =>
  [before, ...(object === '' ? [] : [`„${object}“`]), after].filter((part) => part !== '').join(' ');

const two = (value: number) => String(value).padStart(2, '0');

export const de: ControlTexts = {
  language: 'de',
  weekdays: ['Sonntag', 'Montag', 'Dienstag', 'Mittwoch', 'Donnerstag', 'Freitag', 'Samstag'],
  months: [
    'Januar',
    'Februar',
    'März',
    'April',
    'Mai',
    'Juni',
    'Juli',
    'August',
    'September',
    'Oktober',
    'November',
    'Dezember',
  ],
  date: ({ year, month, day, weekday }) => `${de.weekdays[weekday]}, ${day}. ${de.months[month]} ${year}`,
  time: ({ hour, minute }) => `${two(hour)}:${two(minute)} Uhr`,
  messages: {
    severities: { info: 'Hinweis', warning: 'Warnung', critical: 'Kritisch' },
    topics: {
      backup: {
        title: (object) => named('Die Sicherung', object, 'ist nicht gelungen'),
        means:
          'Was seit der letzten guten Sicherung geändert wurde, ist noch nicht gesichert. Ältere Sicherungen sind unversehrt.',
        todo: 'Holdfast versucht es von selbst wieder. Bleibt es bis morgen so, sollte die zuständige Person die Einzelheiten unten ansehen.',
        over: (object) => named('Die Sicherung', object, 'gelingt wieder'),
      },
      'backup/partial': {
        title: (object) => named('Die Sicherung', object, 'ist unvollständig'),
        means:
          'Was gesichert wurde, ist in Ordnung, aber einige Dateien ließen sich nicht lesen, oder eine Kopie kam nicht an.',
        todo: 'Der Lauf zählt sie auf („holdfast runs“). Programme schließen, die Dateien für sich behalten, oder solche Dateien auslassen.',
        over: (object) => named('Die Sicherung', object, 'ist wieder vollständig'),
      },
      copy: {
        title: (object) => named('Die zweite Kopie von', object, 'ist nicht entstanden'),
        means: 'Die Sicherung selbst ist da, aber an weniger Orten als vorgesehen.',
        todo: 'Prüfen, ob der zweite Ort erreichbar ist. Holdfast versucht es von selbst wieder.',
        over: (object) => named('Die zweite Kopie von', object, 'entsteht wieder'),
      },
      unobserved: {
        title: (object) => named('Was sich in', object, 'geändert hat, konnte nicht angesehen werden'),
        means: 'Die Sicherung ist da. Ihr Lauf brach ab, bevor zu sehen war, ob Dateien zerstört werden.',
        todo: 'Nachsehen, ob die Dateien so sind, wie sie sein sollen. Alte Sicherungen bleiben, bis ein Lauf ganz angesehen wurde; das geschieht von selbst.',
        over: (object) => named('Was sich in', object, 'ändert, wird wieder angesehen'),
      },
      retention: {
        title: (object) => named('Alte Sicherungen von', object, 'konnten nicht aufgeräumt werden'),
        means:
          'Verloren ist nichts. Der Platz alter Sicherungen wird nicht frei, der Speicher könnte voll werden.',
        todo: 'Die Einzelheiten unten ansehen, bevor der Speicher voll ist.',
        over: (object) => named('Alte Sicherungen von', object, 'werden wieder aufgeräumt'),
      },
      check: {
        title: (object) => named('Gespeicherte Sicherungen in', object, 'haben die Prüfung nicht bestanden'),
        means:
          'Gespeicherte Daten könnten beschädigt sein. Die betroffenen Dateien ließen sich vielleicht nicht zurückholen.',
        todo: 'Heute die zuständige Person anrufen. Nichts löschen. Eine zweite Kopie, falls vorhanden, kann die erste reparieren („holdfast repair“).',
        over: (object) => named('Gespeicherte Sicherungen in', object, 'bestehen die Prüfung wieder'),
      },
      schedule: {
        title: (object) => named('Die Sicherung', object, 'hat nicht rechtzeitig begonnen'),
        means: 'Eine fällige Sicherung hat nicht angefangen.',
        todo: 'Prüfen, ob der Rechner ausgeschaltet war oder zu dieser Zeit zu viel zu tun hat.',
        over: (object) => named('Die Sicherung', object, 'läuft wieder rechtzeitig'),
      },
      task: {
        title: (object) => named('Eine Arbeit', object, 'wurde aufgegeben'),
        means:
          'Etwas, das Holdfast von selbst tut, ist nicht gelungen und wird erst zum nächsten Termin wieder versucht.',
        todo: 'Die Einzelheiten unten und das Protokoll ansehen („holdfast logs“).',
        over: (object) => named('Die Arbeit', object, 'gelingt wieder'),
      },
      configuration: {
        title: (object) =>
          named('Eine Änderung der Konfiguration wartet', object === 'shorter' ? '' : object, ''),
        means: 'Gesichert wird weiter nach dem, was bisher galt.',
        todo: 'Ansehen mit „holdfast config diff“, dann „holdfast config apply“.',
        over: (object) => named('Die Konfiguration', object === 'shorter' ? '' : object, 'ist geklärt'),
      },
      'configuration:unusable': {
        title: (object) => named('Die Konfiguration des Rechners', object, 'enthält einen Fehler'),
        means:
          'Gesichert wird weiter nach dem, was bisher galt; was in der Datei geändert wurde, gilt nicht.',
        todo: 'Die unten genannte Stelle berichtigen („holdfast config check“ zeigt sie), dann „holdfast config apply“ ausführen.',
        over: (object) => named('Die Konfiguration des Rechners', object, 'ist wieder in Ordnung'),
      },
      'configuration:differs': {
        title: (object) => named('Der Rechner', object, 'hat eine andere Konfiguration als die geltende'),
        means:
          'Alle Rechner arbeiten nach der zuletzt übernommenen Konfiguration. Die Datei auf diesem gilt nicht.',
        todo: 'Beide Dateien angleichen. Ist diese die richtige, dort „holdfast config apply“ ausführen.',
        over: (object) => named('Der Rechner', object, 'hat die geltende Konfiguration'),
      },
      restore: {
        title: (object) => named('Eine Wiederherstellung von', object, 'ist nicht gelungen'),
        means: 'Verlangte Dateien sind nicht vollständig zurückgekommen.',
        todo: 'Die Einzelheiten unten ansehen und es nochmals versuchen; die Sicherungen selbst werden dabei nicht verändert.',
        over: (object) => named('Eine Wiederherstellung von', object, 'ist gelungen'),
      },
      drill: {
        title: (object) => named('Die Probe-Wiederherstellung von', object, 'ist nicht gelungen'),
        means: 'Zurzeit ist nicht bewiesen, dass sich alles zurückholen lässt.',
        todo: 'Die zuständige Person sollte es diese Woche ansehen, bevor man eine Wiederherstellung wirklich braucht.',
        over: (object) => named('Die Probe-Wiederherstellung von', object, 'ist gelungen'),
      },
      health: {
        title: (object) => named('Eine Überprüfung', object, 'hat Störungen gefunden'),
        means: 'Rund um die Sicherungen braucht etwas Aufmerksamkeit.',
        todo: 'Die Einzelheiten unten ansehen.',
        over: (object) => named('Bei der Überprüfung', object, 'ist wieder alles gut'),
      },
      'health:disk': {
        title: (object) => named('Die Platte', object, 'wird voll'),
        means: 'Ist er voll, können keine Sicherungen mehr gemacht werden.',
        todo: 'Platz schaffen oder eine größere Platte besorgen. Nie Dateien des Sicherungsspeichers von Hand löschen.',
        over: (object) => named('Die Platte', object, 'hat wieder Platz'),
      },
      'health:memory': {
        title: (object) => named('Der Arbeitsspeicher des Rechners', object, 'ist fast aufgebraucht'),
        means: 'Sicherungen könnten langsam werden oder abbrechen.',
        todo: 'Schließen, was nicht gebraucht wird, oder mehr Speicher einbauen lassen.',
        over: (object) => named('Der Arbeitsspeicher des Rechners', object, 'hat wieder Platz'),
      },
      'health:cpu': {
        title: (object) => named('Der Rechner', object, 'ist stark ausgelastet'),
        means: 'Sicherungen könnten länger dauern als sonst.',
        todo: 'Bleibt es stundenlang so, herausfinden, welches Programm ihn beschäftigt.',
        over: (object) => named('Der Rechner', object, 'ist nicht mehr zu stark ausgelastet'),
      },
      'health:backup': {
        title: (object) => named('Die letzte gute Sicherung von', object, 'oder eine Kopie davon ist zu alt'),
        means: 'Gingen die Originale jetzt verloren, wäre mehr Arbeit weg als vereinbart.',
        todo: 'Heute herausfinden, warum keine Sicherung gelingt: Ist der Rechner an, ist der Speicher erreichbar?',
        over: (object) => named('Von', object, 'gibt es wieder eine aktuelle Sicherung'),
      },
      'health:integrity': {
        title: (object) =>
          named('Gespeicherte Sicherungen', object, 'sind zu lange nicht geprüft oder beschädigt'),
        means: 'Es ist nicht sicher, dass sich jedes gespeicherte Byte noch lesen lässt.',
        todo: 'Die zuständige Person anrufen. Nichts löschen.',
        over: (object) => named('Gespeicherte Sicherungen', object, 'sind geprüft und in Ordnung'),
      },
      'health:keys': {
        title: (object) => named('Ein Schlüssel zu den Sicherungen', object, 'funktioniert nicht'),
        means: 'Funktioniert kein Schlüssel mehr, kann niemand die Sicherungen lesen.',
        todo: 'Heute die zuständige Person anrufen und das Schlüsselblatt (den Ausdruck) suchen.',
        over: (object) => named('Die Schlüssel zu den Sicherungen', object, 'funktionieren'),
      },
      'health:storage': {
        title: (object) => named('Der Speicher', object, 'ist nicht erreichbar'),
        means:
          'Solange das dauert, kann dort nichts Neues gesichert werden. Gespeichertes ist nicht betroffen.',
        todo: 'Netz, Platte oder den Vertrag mit dem Anbieter prüfen.',
        over: (object) => named('Der Speicher', object, 'ist wieder erreichbar'),
      },
      'health:certificates': {
        title: (object) => named('Ein Zertifikat oder Passwort', object, 'läuft bald ab'),
        means: 'Nach diesem Tag werden Verbindungen abgelehnt.',
        todo: 'Vor diesem Tag erneuern.',
        over: (object) => named('Das Zertifikat oder Passwort', object, 'ist erneuert'),
      },
      'health:clock': {
        title: (object) => named('Die Uhr des Rechners', object, 'geht falsch'),
        means: 'Sicherungen könnten zur falschen Zeit laufen, Schutzfristen falsch gezählt werden.',
        todo: 'Das Stellen der Uhr über das Netz einschalten.',
        over: (object) => named('Die Uhr des Rechners', object, 'geht wieder richtig'),
      },
      'health:versions': {
        title: (object) => named('Das Programm', object, 'sollte erneuert werden'),
        means: 'Eine neuere Version ist nötig oder ratsam.',
        todo: 'Die Aktualisierung planen; docs/guides sagt wie.',
        over: (object) => named('Das Programm', object, 'ist aktuell'),
      },
      'health:storage-clock': {
        title: (object) => named('Die Uhr des Speichers', object, 'weicht von unserer ab'),
        means: 'Schutzfristen könnten falsch gezählt werden.',
        todo: 'Beide Uhren nach einem Zeitserver stellen.',
        over: (object) => named('Die Uhr des Speichers', object, 'geht wieder richtig'),
      },
      'health:room': {
        title: (object) => named('Der Speicher', object, 'ist fast voll'),
        means:
          'Ist er voll, können neue Sicherungen dort nicht abgelegt werden. Vorhandene bleiben unberührt.',
        todo: 'Dort mehr Platz besorgen oder Sicherungen kürzer aufheben.',
        over: (object) => named('Der Speicher', object, 'hat wieder Platz'),
      },
      'health:storage-certificate': {
        title: (object) => named('Das Zertifikat des Speichers', object, 'läuft bald ab'),
        means: 'Nach diesem Tag werden Verbindungen dorthin abgelehnt, und Sicherungen dorthin scheitern.',
        todo: 'Wer den Server betreibt, soll es vor diesem Tag erneuern.',
        over: (object) => named('Das Zertifikat des Speichers', object, 'ist erneuert'),
      },
      'health:secrets': {
        title: (object) => named('Ein Geheimnis für den Speicher', object, 'läuft bald ab'),
        means: 'Nach diesem Tag weist der Speicher uns ab, und Sicherungen dorthin scheitern.',
        todo: 'Vor diesem Tag ein neues besorgen und an die Stelle des alten legen.',
        over: (object) => named('Das Geheimnis für den Speicher', object, 'ist erneuert'),
      },
      'health:posture': {
        title: (object) => named('Der Speicher', object, 'hat eine gefährliche Einstellung'),
        means: 'Sicherungen könnten von Unbefugten gelöscht oder gelesen werden.',
        todo: 'Die unten genannte Einstellung korrigieren.',
        over: (object) => named('Die Einstellungen des Speichers', object, 'sind wieder gut'),
      },
      'health:tokens': {
        title: (object) => named('Ein Token', object, 'läuft bald ab'),
        means: 'Das Programm, das es benutzt, wird nach diesem Tag abgewiesen.',
        todo: 'Vor diesem Tag ein neues dafür machen.',
        over: (object) => named('Das Token', object, 'ist wieder in Ordnung'),
      },
      'health:queue': {
        title: (object) => named('Arbeit', object, 'wartet zu lange'),
        means: 'Fällige Sicherungen oder Prüfungen haben nicht begonnen.',
        todo: 'Prüfen, ob Holdfast läuft („holdfast up“) und ob der Rechner zu viel zu tun hat.',
        over: (object) => named('Arbeit', object, 'wird wieder rechtzeitig erledigt'),
      },
      'health:nodes': {
        title: (object) => named('Vom Rechner', object, 'hört man nichts mehr'),
        means: 'Was er sichern soll, wird vielleicht nicht gesichert.',
        todo: 'Prüfen, ob er eingeschaltet und verbunden ist.',
        over: (object) => named('Der Rechner', object, 'arbeitet wieder'),
      },
      'health:duties': {
        title: (object) => named('Eine Pflicht von Holdfast', object, 'ist zu spät'),
        means: 'Etwas, das Holdfast von selbst tut, wird nicht getan.',
        todo: 'Prüfen, ob Holdfast läuft („holdfast up“) und was sein Protokoll sagt („holdfast logs“).',
        over: (object) => named('Die Pflicht von Holdfast', object, 'wird wieder rechtzeitig erledigt'),
      },
      'health:witness': {
        title: (object) => named('Das Prüfprotokoll (wer was getan hat) ist ohne Zeugen', object, ''),
        means: 'Änderte jetzt jemand das Prüfprotokoll, wüsste es sonst niemand.',
        todo: 'Prüfen, ob der zweite Ort erreichbar ist.',
        over: (object) => named('Das Prüfprotokoll (wer was getan hat) hat wieder seinen Zeugen', object, ''),
      },
      anomaly: {
        title: (object) => named('Ungewöhnliche Änderungen in', object, 'bemerkt'),
        means:
          'Viele Dateien wurden auf einmal geändert, gelöscht oder unlesbar gemacht. Das kann ein Erpressungsprogramm (Ransomware) sein – oder ein großes Aufräumen.',
        todo: 'Fragen, ob das jemand absichtlich getan hat. Wenn nicht: den Rechner vom Netz trennen und sofort die zuständige Person anrufen.',
        over: (object) => named('Die ungewöhnlichen Änderungen in', object, 'sind geklärt'),
      },
      brake: {
        title: () => 'Die Notbremse ist gezogen: Es wird nichts mehr gelöscht',
        means:
          'Holdfast vermutet einen Angriff. Es wird weiter gesichert, aber keine alte Sicherung gelöscht, bis ein Mensch die Notbremse löst.',
        todo: 'Vor dem Lösen herausfinden, was geschehen ist („holdfast brake“). Die guten Sicherungen sind bis dahin geschützt.',
        over: () => 'Die Notbremse ist gelöst',
      },
      channel: {
        title: (object) => named('Nachrichten über', object, 'kommen nicht an'),
        means:
          'Wer sich auf diesen Weg verlässt, erfährt zurzeit nichts von Störungen. Die Nachrichten werden aufbewahrt und später gesendet.',
        todo: 'Adresse, Passwort und Netz prüfen, dann ausprobieren: „holdfast channel test“.',
        over: (object) => named('Nachrichten über', object, 'kommen wieder an'),
      },
      audit: {
        title: (object) => named('Das Prüfprotokoll (wer was getan hat)', object, 'ist nicht in Ordnung'),
        means: 'Einträge könnten verändert oder entfernt worden sein, oder der Zeuge hört sie nicht.',
        todo: 'Alles lassen, wie es ist, und die zuständige Person anrufen („holdfast catalog audit verify“).',
        over: (object) => named('Das Prüfprotokoll (wer was getan hat)', object, 'ist wieder in Ordnung'),
      },
      maintenance: {
        title: (object) => named('Die Aufgabe', object, 'des Wartungsplans ist fällig'),
        means: 'Wiederkehrende Arbeit, die die Sicherungen vertrauenswürdig hält, ist nicht getan.',
        todo: 'Erledigen oder erledigen lassen, und bestätigen.',
        over: (object) => named('Die Aufgabe', object, 'des Wartungsplans ist erledigt'),
      },
      security: {
        title: (object) => named('Etwas, das die Sicherheit', object, 'betrifft, ist geschehen'),
        means: 'Jemand hat Unerlaubtes versucht, oder die Anmeldung arbeitet nicht wie vorgesehen.',
        todo: 'Kann es niemand erklären, die zuständige Person anrufen.',
        over: (object) => named('Die Sicherheit', object, 'ist wieder in Ordnung'),
      },
      '': {
        title: (object) => named('Holdfast meldet eine Störung', object, ''),
        means: 'Etwas braucht Aufmerksamkeit.',
        todo: 'Die Einzelheiten unten ansehen.',
        over: (object) => named('Die Störung', object, 'ist vorbei'),
      },
    },
    successTitle: (policy) => `Die Sicherung „${policy}“ ist gelungen`,
    successText: 'Alles, was gesichert werden soll, ist gesichert.',
    repeated: (title) => `Immer noch: ${title}`,
    escalated: (title) => `Niemand hat reagiert: ${title}`,
    groupTitle: ({ open, critical, over }) =>
      [
        ...(open === 0
          ? []
          : [
              `${open} ${open === 1 ? 'Störung' : 'Störungen'}${critical === 0 ? '' : `, ${critical} kritisch`}`,
            ]),
        ...(over === 0 ? [] : [`${over} vorbei`]),
      ].join('; '),
    more: (count) => `… und ${count} weitere. Die Liste hat alle („holdfast alerts“).`,
    since: 'Seit',
    last: 'Zuletzt bemerkt',
    times: 'Anzahl',
    overSince: 'Vorbei seit',
    report: 'Was geschehen ist',
    means: 'Was es bedeutet',
    todo: 'Was zu tun ist',
    details: 'Einzelheiten',
    escalatedWhy: 'Diese Nachricht geht auch hierhin, weil es niemand rechtzeitig übernommen hat.',
    repeatedWhy: 'Das wurde schon gemeldet und ist noch nicht vorbei.',
    flapping: (times) =>
      `Es kam und ging ${times}-mal innerhalb einer Stunde; das Ende wird gemeldet, sobald es eine Weile gehalten hat.`,
    acknowledge: 'Wer sich darum kümmert, sagt es mit „holdfast ack“; dann wird niemand sonst gerufen.',
    contact: (who) => `Fragen: ${who}`,
    from: (node) => `Gesendet von Holdfast auf „${node}“.`,
    dashboard: 'Holdfast öffnen',
    heartbeat: (node) => `Holdfast auf „${node}“ lebt`,
    runBeat: {
      start: (policy) => `Die Sicherung „${policy}“ beginnt`,
      success: (policy) => `Die Sicherung „${policy}“ ist gelungen`,
      fail: (policy) => `Die Sicherung „${policy}“ ist misslungen`,
    },
  },
  reports: {
    title: (date, light) => `Sicherungsbericht vom ${date}: ${light}`,
    question: 'Ist alles gesichert, und ist es bewiesen?',
    lights: { green: 'alles gut', yellow: 'braucht Aufmerksamkeit', red: 'es muss gehandelt werden' },
    answers: {
      green: 'Ja. Alles, was gesichert werden soll, ist rechtzeitig gesichert, und es gibt keine Störungen.',
      yellow:
        'Weitgehend. Die Daten sind gesichert, aber etwas braucht Aufmerksamkeit; siehe unten. Niemand muss in dieser Minute handeln.',
      red: 'Nein. Etwas ist nicht gesichert wie vereinbart, oder es gibt eine ernste Störung; siehe unten. Bitte heute die zuständige Person anrufen.',
    },
    saved: 'Was gesichert ist',
    proven: 'Was bewiesen ist',
    troubles: 'Störungen und was dagegen getan wird',
    disk: 'Platz auf den Platten',
    policy: 'Sicherung',
    lastGood: 'Letzte gute Sicherung',
    places: 'Kopien',
    state: 'Zustand',
    never: 'nie',
    good: 'gut',
    fresh: 'eben erst eingerichtet',
    tooOld: 'ZU ALT',
    incomplete: 'einige Dateien fehlen',
    paused: 'ausgeschaltet',
    lastProven: 'Zuletzt zur Probe zurückgeholt',
    lastChecked: 'Zuletzt gelesen und geprüft',
    provenWhat: 'Bewiesen ist eine Sicherung erst, wenn sie zur Probe zurückgeholt und verglichen wurde.',
    noTroubles: 'Es gibt keine.',
    since: (when) => `seit ${when}`,
    seenBy: (who, until) => `${who} kümmert sich darum (bis ${until})`,
    unseen: 'noch hat niemand gesagt, dass er sich darum kümmert',
    freeOf: (free, total, percent) => `${free} frei von ${total} (${percent} % belegt)`,
    noDisks: 'Die Sicherungen liegen auf keiner Platte dieses Rechners.',
    noPolicies: 'Es ist nichts eingerichtet, das gesichert werden soll.',
    more: (count) => `… und ${count} weitere`,
    contact: (who) => `Fragen beantwortet: ${who}`,
    made: (when, node) => `Erstellt von Holdfast auf „${node}“, ${when}.`,
  },
};
