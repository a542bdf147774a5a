// Was „storage test“ und „storage posture“ über einen Ort sagen: seine Zusagen und seine Einstellungen.

import type { Phrases } from '../phrases.ts';

export const places: Phrases = {
  'a reader at work during a put sees the whole object or none':
    'wer während eines Schreibens liest, sieht das ganze Objekt oder keines',
  'get, stat and list show an object as soon as its put has returned, whatever its size':
    'lesen, nachsehen und auflisten zeigen ein Objekt, sobald es geschrieben ist, wie groß es auch ist',
  'the bytes of a put are its own: changing them afterwards changes nothing':
    'was geschrieben wird, gehört dem Schreiben: wer die Bytes danach ändert, ändert nichts',
  'the same object may be put again': 'dasselbe Objekt darf noch einmal geschrieben werden',
  'a put with ifAbsent of a name that is taken is refused and changes nothing':
    'wer unter einem vergebenen Namen nur Neues schreiben will, wird abgewiesen, und nichts ändert sich',
  'of puts with ifAbsent at the same moment exactly one wins':
    'wollen mehrere im selben Augenblick einen Namen neu schreiben, gewinnt genau einer',
  'get returns exactly the range asked for, at every edge':
    'gelesen wird genau der verlangte Bereich, an jedem Rand',
  'a range beyond the end is refused, never cut short':
    'ein Bereich über das Ende hinaus wird abgelehnt, nie gekürzt',
  'get of a missing object fails, and stat shows nothing':
    'ein fehlendes Objekt lässt sich nicht lesen, und nachsehen zeigt nichts',
  'a list of more than a thousand names is complete, and names each once':
    'eine Liste von über tausend Namen ist vollständig und nennt jeden einmal',
  'a prefix is a prefix of the whole name, not a folder':
    'ein Anfang gilt für den ganzen Namen, nicht für einen Ordner',
  'a list during puts and deletes shows whole objects only':
    'eine Liste während des Schreibens und Löschens zeigt nur ganze Objekte',
  'a deleted object is gone, and may be deleted again and put anew':
    'ein gelöschtes Objekt ist weg und darf noch einmal gelöscht und neu geschrieben werden',
  'no call begins when it is canceled already': 'kein Aufruf beginnt, der schon abgebrochen ist',
  'everything that was put can be removed': 'alles, was geschrieben wurde, lässt sich entfernen',

  'these credentials cannot see the container': 'diese Zugangsdaten dürfen den Container nicht ansehen',
  'the container has no public access': 'der Container ist nicht öffentlich',
  'everybody may read: public access is "{1}"': 'alle dürfen lesen: der öffentliche Zugriff ist „{1}“',
  'the service encrypts with the scope "{1}"': 'der Dienst verschlüsselt mit dem Bereich „{1}“',
  'all calls go through TLS': 'alle Aufrufe gehen über TLS',
  'calls go to "{1}" without TLS': 'Aufrufe gehen ohne TLS an „{1}“',
  'rules of lifecycle management are kept by Azure Resource Manager and cannot be seen from here':
    'Regeln nach Alter liegen im Azure Resource Manager und sind von hier nicht zu sehen',
  'these credentials are not shown whether deleted blobs can be recovered':
    'diese Zugangsdaten erfahren nicht, ob sich gelöschte Blobs zurückholen lassen',
  'deleted blobs can be recovered for {1} days': 'gelöschte Blobs lassen sich {1} Tage lang zurückholen',
  'soft delete is off: what is deleted is gone at once':
    'vorläufiges Löschen ist aus: was gelöscht wird, ist sofort weg',
  'a legal hold lies on the container: nothing can be pruned':
    'auf dem Container liegt eine rechtliche Sperre: nichts lässt sich aufräumen',
  'blobs can be kept until a date of their own': 'Blobs lassen sich bis zu einem eigenen Datum festhalten',
  'one policy keeps all blobs of the container: prune is refused until it lets go':
    'eine Richtlinie hält alle Blobs des Containers fest: Aufräumen geht erst, wenn sie loslässt',
  'the container has no immutable storage: who has the key may delete':
    'der Container kann nichts festhalten: wer den Schlüssel hat, darf löschen',
  'the redundancy of the account cannot be seen': 'wie oft das Konto alles hält, ist nicht zu sehen',
  '"{1}" keeps all copies in one data centre': '„{1}“ hält alle Kopien in einem Rechenzentrum',
  '"{1}" keeps copies in several data centres': '„{1}“ hält Kopien in mehreren Rechenzentren',

  'these credentials cannot see the bucket: the role "Storage Legacy Bucket Reader" is needed':
    'diese Zugangsdaten dürfen den Bucket nicht ansehen: nötig ist die Rolle „Storage Legacy Bucket Reader“',
  'the service encrypts with keys of its own': 'der Dienst verschlüsselt mit eigenen Schlüsseln',
  'the service encrypts with the key "{1}"': 'der Dienst verschlüsselt mit dem Schlüssel „{1}“',
  'objects lie in "{1}" ({2}), in several zones at least':
    'Objekte liegen in „{1}“ ({2}), mindestens in mehreren Zonen',
  'everybody has the role "{1}" on the bucket': 'alle haben die Rolle „{1}“ für den Bucket',
  'single objects can be given to others: uniform bucket-level access is off':
    'einzelne Objekte lassen sich anderen geben: der einheitliche Zugriff für den Bucket ist aus',
  'access is uniform, and public access is prevented':
    'der Zugriff ist einheitlich, öffentlicher wird verhindert',
  'access is uniform, but public access is not prevented':
    'der Zugriff ist einheitlich, aber öffentlicher wird nicht verhindert',
  'old versions of objects are kept, and cost until a rule removes them':
    'alte Fassungen der Objekte bleiben und kosten, bis eine Regel sie entfernt',
  'deleted objects can be recovered for {1} days': 'gelöschte Objekte lassen sich {1} Tage lang zurückholen',
  'what is deleted is gone at once: neither versions nor soft delete are on':
    'was gelöscht wird, ist sofort weg: es gibt weder alte Fassungen noch vorläufiges Löschen',
  'every object is kept for {1} days ({2}); prune is refused until then':
    'jedes Objekt bleibt {1} Tage ({2}); Aufräumen geht erst danach',
  'objects can be kept until a date of their own':
    'Objekte lassen sich bis zu einem eigenen Datum festhalten',
  'the bucket has no retention: who has the key may delete':
    'der Bucket kann nichts festhalten: wer den Schlüssel hat, darf löschen',
  'no rule deletes objects of the repository': 'keine Regel löscht Objekte des Repositorys',
  '{1} rules delete objects of the repository by age':
    '{1} Regeln löschen Objekte des Repositorys nach Alter',

  'calls go over TLS': 'Aufrufe gehen über TLS',
  'calls go over plain http: names, sizes and times of objects can be seen':
    'Aufrufe gehen über unverschlüsseltes http: Namen, Größen und Zeiten der Objekte sind zu sehen',
  'puts are conditional: no object can be overwritten by another writer':
    'geschrieben wird mit Bedingung: niemand kann das Objekt eines anderen überschreiben',
  'exclusive=false: two writers could overwrite each other':
    'exclusive=false: zwei Schreiber könnten einander überschreiben',
  'whether the policy is public may not be asked':
    'ob die Richtlinie öffentlich ist, darf nicht gefragt werden',
  "the bucket's policy opens it to the public": 'die Richtlinie des Buckets öffnet ihn für alle',
  'the ACL may not be read': 'die ACL darf nicht gelesen werden',
  'the ACL gives "{1}" to "{2}"': 'die ACL gibt „{1}“ an „{2}“',
  'the bucket is private, and public access is blocked':
    'der Bucket ist privat, öffentlicher Zugriff ist gesperrt',
  'the bucket is private, but public access is not blocked':
    'der Bucket ist privat, aber öffentlicher Zugriff ist nicht gesperrt',
  'whether versions are kept may not be asked': 'ob alte Fassungen bleiben, darf nicht gefragt werden',
  'no versions are kept: what a thief deletes is gone at once':
    'alte Fassungen bleiben nicht: was ein Dieb löscht, ist sofort weg',
  'versions are kept': 'alte Fassungen bleiben',
  'versions are kept: what is deleted stays as an old version, and costs, until a lifecycle rule removes it':
    'alte Fassungen bleiben: Gelöschtes kostet als alte Fassung, bis eine Regel nach Alter es entfernt',
  'no object lock: whoever holds the key can delete all backups':
    'keine Sperre: wer den Schlüssel hat, kann alle Sicherungen löschen',
  'the bucket retains every object by default, also the marks that every run must remove':
    'der Bucket hält von sich aus jedes Objekt fest, auch die Marken, die jeder Lauf entfernen muss',
  'retained objects cannot be deleted by anybody ("COMPLIANCE")':
    'festgehaltene Objekte kann niemand löschen („COMPLIANCE“)',
  'retained objects can be deleted with a special right only ("GOVERNANCE")':
    'festgehaltene Objekte kann nur ein besonderes Recht löschen („GOVERNANCE“)',
  'every object is encrypted at rest ("{1}")': 'jedes Objekt liegt verschlüsselt („{1}“)',
  'the encryption at rest may not be asked': 'ob Objekte verschlüsselt liegen, darf nicht gefragt werden',
  'nothing is encrypted at rest beyond what Holdfast encrypts itself':
    'verschlüsselt ist nur, was Holdfast selbst verschlüsselt',
  'the lifecycle rules may not be read': 'die Regeln nach Alter dürfen nicht gelesen werden',
  'rule "{1}" deletes objects of "{2}" by age': 'die Regel „{1}“ löscht Objekte von „{2}“ nach Alter',
  'rule "{1}" freezes objects of "{2}", which every run reads':
    'die Regel „{1}“ friert Objekte von „{2}“ ein, die jeder Lauf liest',
  'no rule removes uploads that were broken off': 'keine Regel entfernt abgebrochenes Hochladen',
  'no rule deletes or freezes what is needed': 'keine Regel löscht oder friert ein, was gebraucht wird',

  'this account may delete: give hosts that only back up one that is append-only':
    'dieses Konto darf löschen: Rechnern, die nur sichern, eines geben, das nur anfügt',
  'this account is {1}: it deletes nothing': 'dieses Konto ist {1}: es löscht nichts',
  'the server asks for no login: whoever reaches it may delete all backups':
    'der Server verlangt keine Anmeldung: wer ihn erreicht, darf alle Sicherungen löschen',
  'nothing here refuses deletion: who has the login may delete all backups':
    'nichts verhindert hier das Löschen: wer sich anmelden kann, darf alle Sicherungen löschen',
  'calls are not encrypted: the login, names, sizes and times of objects can be seen':
    'Aufrufe sind nicht verschlüsselt: Anmeldung, Namen, Größen und Zeiten der Objekte sind zu sehen',
  'all calls go through SSH': 'alle Aufrufe gehen über SSH',
  'the server is on this machine': 'der Server ist auf diesem Rechner',
  'the password is shown to everybody on the way: use rests://':
    'das Passwort ist unterwegs für alle zu sehen: rests:// nehmen',
  "class {1}; two writers at once cannot replace each other's objects":
    'Klasse {1}; zwei Schreiber zugleich können einander keine Objekte ersetzen',
  "class {1}; two writers at once can replace each other's objects":
    'Klasse {1}; zwei Schreiber zugleich können einander Objekte ersetzen',
  'Whether "{1}" is exported with "sync" cannot be seen from here; with "async" a crash of the server loses what it had acknowledged.':
    'Ob „{1}“ mit „sync“ freigegeben ist, ist von hier nicht zu sehen; mit „async“ verliert ein Absturz des Servers, was er bestätigt hatte.',
  'Encryption on the way to "{1}" ({2}): {3}. Objects are sealed either way.':
    'Verschlüsselung auf dem Weg zu „{1}“ ({2}): {3}. Versiegelt sind die Objekte so oder so.',
};
