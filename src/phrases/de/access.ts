// Was die API sagt, und wer was darf: Anmeldung, Sitzungen, Token, Freigaben.

import type { Phrases } from '../phrases.ts';

export const access: Phrases = {
  'this needs a login': 'das verlangt eine Anmeldung',
  'Send an API token as "Authorization: Bearer …", or log in.':
    'Ein API-Token als „Authorization: Bearer …“ senden oder sich anmelden.',
  'the request does not come from a page of this server':
    'die Anfrage kommt nicht von einer Seite dieses Servers',
  'Send the header "{1}" from a page of this server, or use an API token.':
    'Den Header „{1}“ von einer Seite dieses Servers senden oder ein API-Token benutzen.',
  'this server is not called so': 'so heißt dieser Server nicht',
  'Use the address that it listens on, or set "api.origin" to what stands in front of it.':
    'Die Adresse nehmen, auf der er lauscht, oder „api.origin“ auf das setzen, was davor steht.',
  'there were too many requests': 'es waren zu viele Anfragen',
  'Wait {1} seconds.': '{1} Sekunden warten.',
  'the {1} is not understood: {2}': '{1} der Anfrage ist nicht zu verstehen: {2}',
  'Compare it with the description of the operation at /api/docs.':
    'Mit der Beschreibung der Operation unter /api/docs vergleichen.',
  'the condition of the request is not understood': 'die Bedingung der Anfrage ist nicht zu verstehen',
  'Send If-Match with the ETag of the answer, as it was, or If-None-Match: *.':
    'If-Match mit dem unveränderten ETag der Antwort senden oder If-None-Match: *.',
  'this takes no idempotency key': 'hier gilt kein Idempotency-Key',
  'Leave it out: each time counts, or the answer holds a secret that is not kept.':
    'Ihn weglassen: jedes Mal zählt, oder die Antwort enthält ein Geheimnis, das nicht aufbewahrt wird.',
  'the idempotency key has strange characters': 'der Idempotency-Key hat unerlaubte Zeichen',
  'Use up to 200 letters, digits and signs, such as a UUID.':
    'Bis zu 200 Buchstaben, Ziffern und Zeichen nehmen, etwa eine UUID.',
  'the idempotency key was used for another request':
    'der Idempotency-Key wurde schon für eine andere Anfrage benutzt',
  'Make a new key for each new request.': 'Für jede neue Anfrage einen neuen nehmen.',
  'this was done; its answer held a secret and was not kept':
    'das ist schon getan; die Antwort enthielt ein Geheimnis und wurde nicht aufbewahrt',
  'Look at the list, and make a new one where the secret is lost.':
    'In der Liste nachsehen und ein neues anlegen, wo das Geheimnis verloren ist.',
  'the answer of "{1}" does not fit the contract: {2}': 'die Antwort von „{1}“ passt nicht zum Vertrag: {2}',
  'too many listen to events already': 'zu viele hören schon auf Ereignisse',
  'Close other pages, or look at the lists instead.':
    'Andere Seiten schließen oder stattdessen die Listen ansehen.',
  'there is no {1}': 'das gibt es nicht: {1}',
  'Look at the list.': 'In der Liste nachsehen.',
  '"{1}" is no place to listen on': 'auf „{1}“ lässt sich nicht lauschen',
  'Write ADDRESS:PORT, such as 127.0.0.1:8420 or [::1]:8420.':
    'ADRESSE:PORT schreiben, etwa 127.0.0.1:8420 oder [::1]:8420.',
  '"{1}" can be reached from elsewhere, and the line is open':
    '„{1}“ ist von anderswo erreichbar, und die Verbindung ist nicht verschlüsselt',
  'Set "api.tls", or "api.origin" to the https address of what stands in front, or listen on 127.0.0.1.':
    '„api.tls“ setzen, oder „api.origin“ auf die https-Adresse dessen, was davor steht, oder auf 127.0.0.1 lauschen.',
  'this is about a session, and there is none': 'hier geht es um eine Sitzung, und es gibt keine',
  'Log in; a token is revoked instead of logged out.':
    'Sich anmelden; ein Token wird widerrufen statt abgemeldet.',
  'this test was sent already': 'dieser Test wurde schon gesendet',
  'the policy "{1}" is switched off': 'die Richtlinie „{1}“ ist abgeschaltet',
  'Enable it first.': 'Sie zuerst einschalten.',
  'the lock of "{1}" would become shorter': 'die Sperrfrist von „{1}“ würde kürzer',
  'Only an administrator shortens a lock, with a fresh proof of who they are.':
    'Eine Sperrfrist verkürzt nur, wer die Rolle admin hat und sich frisch ausweist.',
  '"{1}" would keep less than before': '„{1}“ würde weniger aufbewahren als bisher',
  'Only an administrator lets less be kept, with a fresh proof of who they are.':
    'Weniger aufbewahren lässt nur, wer die Rolle admin hat und sich frisch ausweist.',
  'the policy "{1}" has another revision by now': 'die Richtlinie „{1}“ wurde inzwischen geändert',
  'Look at it again, then repeat the change with its new ETag.':
    'Sie noch einmal ansehen und die Änderung mit dem neuen ETag wiederholen.',
  'no copy of "{1}" is left that you may read': 'von „{1}“ ist keine Kopie mehr da, die gelesen werden darf',
  'Look at its copies, or take another recovery point.':
    'Seine Kopien ansehen oder einen anderen Wiederherstellungspunkt nehmen.',
  'nothing is restored to "{1}" from here': 'nach „{1}“ wird von hier aus nichts wiederhergestellt',
  'Name a folder below one of "api.restoreRoots", or restore on the machine itself.':
    'Einen Ordner unter einem aus „api.restoreRoots“ nennen oder auf dem Rechner selbst wiederherstellen.',
  'another administrator has been asked to approve this':
    'jemand anders mit der Rolle admin wurde um Zustimmung gebeten',
  'Once it is approved, send the same request again with the header Holdfast-Approval.':
    'Nach der Zustimmung dieselbe Anfrage noch einmal mit dem Header Holdfast-Approval senden.',
  'a source of "{1}" is opened with a secret': 'eine Quelle von „{1}“ wird mit einem Geheimnis geöffnet',
  'Write such a policy into the configuration file, on the machine itself.':
    'Eine solche Richtlinie in die Konfigurationsdatei schreiben, auf dem Rechner selbst.',
  'somebody listens on "{1}" already': 'auf „{1}“ lauscht schon ein anderes Programm',
  'Stop the other program, or set "api.listen" to another port.':
    'Das andere Programm beenden oder mit „api.listen“ einen anderen Port wählen.',
  '"{1}" may not be listened on': 'auf „{1}“ darf nicht gelauscht werden',
  'Ports below 1024 belong to the administrator: use another one, with a proxy in front.':
    'Ports unter 1024 gehören dem Administrator: einen anderen nehmen, mit einem Proxy davor.',
  'nobody can listen on "{1}"': 'auf „{1}“ kann niemand lauschen',
  'Use 127.0.0.1.': '127.0.0.1 nehmen.',
  'Use an address of this machine.': 'Eine Adresse dieses Rechners nehmen.',
  'the operation "{1}" has no handler': 'die Operation „{1}“ hat keine Umsetzung',
  'a GET has no body': 'ein GET hat keinen Inhalt',
  'Put what is asked for into the address.': 'Was gefragt ist, in die Adresse schreiben.',
  'a request has at most {1} bytes': 'eine Anfrage hat höchstens {1} Bytes',
  'Send less at a time.': 'Weniger auf einmal senden.',
  'the body is not JSON': 'der Inhalt ist kein JSON',
  'Send "Content-Type: application/json".': '„Content-Type: application/json“ senden.',
  'the request cannot be read': 'die Anfrage ist nicht zu lesen',
  'Check the address and that the body is JSON.': 'Die Adresse prüfen, und ob der Inhalt JSON ist.',
  '"{1}" is not for this address': '„{1}“ gilt nicht für diese Adresse',
  'Use {1}.': '{1} nehmen.',
  'there is nothing at this address': 'unter dieser Adresse ist nichts',
  'Look at /api/docs.': 'In /api/docs nachsehen.',
  '"{1}" may not do "{2}" here': '„{1}“ darf hier nicht „{2}“',
  'Ask an administrator for the role or a grant.':
    'Wer die Rolle admin hat, kann eine Rolle oder Freigabe geben.',
  '"{1}" asks for a fresh proof of who you are': '„{1}“ verlangt, sich frisch auszuweisen',
  'Use a token that was made for sensitive acts, or do it in a session.':
    'Ein Token benutzen, das für Heikles gemacht ist, oder es in einer Sitzung tun.',
  'Give your password, code or passkey once more, then repeat it within five minutes.':
    'Passwort, Code oder Passkey noch einmal angeben und es binnen fünf Minuten wiederholen.',
  '"{1}" is no name for a user': '„{1}“ ist kein Name für ein Konto',
  'Use letters a to z, digits, and . _ @ - between them; 64 at most.':
    'Buchstaben a bis z, Ziffern und dazwischen . _ @ -; höchstens 64.',
  'the invitation is not, or no longer, good': 'die Einladung gilt nicht oder nicht mehr',
  'Ask an administrator for a new one.': 'Eine neue gibt, wer die Rolle admin hat.',
  'this cannot be granted: {1}': 'das lässt sich nicht freigeben: {1}',
  'Grant viewer, auditor, operator or restorer for a policy or a repository, with an absolute folder or without.':
    'Freigeben lassen sich viewer, auditor, operator oder restorer für eine Richtlinie oder ein Repository, mit absolutem Ordner oder ohne.',
  '"{1}" has no grant "{2}"': '„{1}“ hat keine Freigabe „{2}“',
  'Look at the grants of this user.': 'Die Freigaben zeigt: holdfast user show NAME',
  '"{1}" is the last administrator': '„{1}“ hat als letztes Konto die Rolle admin',
  'Make another administrator first.': 'Zuerst jemand anderem die Rolle admin geben.',
  'there is no token "{1}"': 'es gibt kein Token „{1}“',
  'Look at the list of tokens.': 'Die Liste zeigt sie: holdfast token list',
  'making a token asks for a fresh proof of who you are':
    'ein Token zu machen verlangt, sich frisch auszuweisen',
  'this token cannot be made: {1}': 'dieses Token lässt sich nicht machen: {1}',
  'Give it a short name and a time after which it ends.':
    'Einen kurzen Namen geben und eine Zeit, nach der es endet.',
  'A token may do at most what its person may.': 'Ein Token darf höchstens, was sein Mensch darf.',
  'there is no second factor "{1}"': 'es gibt keinen zweiten Faktor „{1}“',
  'Look at the list of your second factors.': 'In der Liste der zweiten Faktoren nachsehen.',
  'the passkey was refused': 'der Passkey wurde abgelehnt',
  'Try again, or use your password.': 'Noch einmal versuchen oder das Passwort nehmen.',
  'the code is wrong, too old, or was used before': 'der Code ist falsch, zu alt oder wurde schon benutzt',
  'Wait for the next code, and check the clock of the phone.':
    'Den nächsten Code abwarten und die Uhr des Telefons prüfen.',
  'this asks for a fresh proof of who you are': 'das verlangt, sich frisch auszuweisen',
  'Give your password, code or passkey once more in a session, then repeat it within five minutes.':
    'In einer Sitzung Passwort, Code oder Passkey noch einmal angeben und es binnen fünf Minuten wiederholen.',
  'name, password or code are wrong, or there were too many tries':
    'Name, Passwort oder Code sind falsch, oder es waren zu viele Versuche',
  'Check what you typed; after many tries wait half an hour, or ask an administrator.':
    'Prüfen, was eingegeben wurde; nach vielen Versuchen eine halbe Stunde warten oder jemanden mit der Rolle admin fragen.',
  'the password alone does not do': 'das Passwort allein genügt nicht',
  'Give a code of your app or a code on paper, or use a passkey.':
    'Einen Code der App oder vom Papier angeben oder einen Passkey nehmen.',
  'the password is wrong': 'das Passwort ist falsch',
  'Give your current password.': 'Das jetzige Passwort angeben.',
  'this password was in use before': 'dieses Passwort war schon in Gebrauch',
  'Take one that you have not had lately.': 'Eines nehmen, das zuletzt nicht in Gebrauch war.',
  'too many people prove who they are at this moment': 'gerade weisen sich zu viele Menschen aus',
  'Try again in a few seconds.': 'In ein paar Sekunden noch einmal versuchen.',
  'what the catalog holds of a password is damaged':
    'was der Katalog von einem Passwort enthält, ist beschädigt',
  'Set a new password for this user.': 'Diesem Konto ein neues Passwort setzen.',
  'Take four or more words that do not belong together.':
    'Vier oder mehr Wörter nehmen, die nichts miteinander zu tun haben.',
  'Look at the list of policies; "holdfast config apply" makes them.':
    'In der Liste der Richtlinien nachsehen; „holdfast config apply“ legt sie an.',
  'this is too long for somebody to approve it': 'das ist zu lang, als dass jemand zustimmen könnte',
  'Ask for less at a time, or do it on the machine itself.':
    'Weniger auf einmal verlangen oder es auf dem Rechner selbst tun.',
  'nobody asked for approval "{1}"': 'niemand hat um die Zustimmung „{1}“ gebeten',
  'Look at the list of approvals.': 'Die Liste zeigt sie: holdfast approval list --all',
  '"{1}" waits for nobody any more': '„{1}“ wartet auf niemanden mehr',
  'It was decided, or its time is over; ask anew.': 'Neu fragen; das ist entschieden oder abgelaufen.',
  '"{1}" asks for a second person': '„{1}“ verlangt eine zweite Person',
  'Ask for an approval of exactly this; another administrator approves it, and you do it within an hour.':
    'Um Zustimmung zu genau dem bitten; jemand anders mit der Rolle admin stimmt zu.',
  'this asks for another person': 'das verlangt eine andere Person',
  'Another administrator, whose account, password and role are a day older than the request, approves it in a session.':
    'Zustimmen muss jemand anders mit der Rolle admin, dessen Konto, Passwort und Rolle einen Tag älter sind als die Frage.',
  '"{1}" has no session "{2}"': '„{1}“ hat keine Sitzung „{2}“',
  'Look at the list of sessions; it may have ended.': 'Die Sitzungen ansehen; sie kann zu Ende sein.',
  'the link for the first account is not, or no longer, good':
    'der Link für das erste Konto gilt nicht oder nicht mehr',
  'Start "holdfast up" again for a new link, or make the account with "holdfast user add".':
    '„holdfast up“ neu starten gibt einen neuen Link; oder das Konto mit „holdfast user add“ anlegen.',
  'there were too many tries': 'es waren zu viele Versuche',
  'Wait a few minutes, then try again.': 'Einige Minuten warten, dann noch einmal versuchen.',
  'the role "{1}" is for everything or nothing': 'die Rolle „{1}“ gilt für alles oder nichts',
  'it names no policy and no repository': 'es ist weder eine Richtlinie noch ein Repository genannt',
  '"{1}" is no absolute path': '„{1}“ ist kein absoluter Pfad',
  '"{1}" may not do "{2}"': '„{1}“ darf nicht „{2}“',
  '"{1}" asks for a fresh proof, which only a sensitive token stands for':
    '„{1}“ verlangt, sich frisch auszuweisen, was nur ein Token für Heikles ersetzt',
  '"{1}" is no name for a token': '„{1}“ ist kein Name für ein Token',
  'it may last {1} days at most': 'es darf höchstens {1} Tage gelten',
  'a token makes no tokens': 'ein Token macht keine Token',
  'policy "{1}"': 'Richtlinie „{1}“',
  'token "{1}" of yours': 'eigenes Token „{1}“',
  'run "{1}"': 'Lauf „{1}“',
  'task "{1}"': 'Aufgabe „{1}“',
  'alert "{1}"': 'Meldung „{1}“',
  'recovery point "{1}"': 'Wiederherstellungspunkt „{1}“',
  'channel "{1}"': 'Kanal „{1}“',
  'repository "{1}"': 'Repository „{1}“',
  'the password has fewer than {1} characters': 'das Passwort hat weniger als {1} Zeichen',
  'the password has more than {1} characters': 'das Passwort hat mehr als {1} Zeichen',
  'the password holds characters that cannot be typed':
    'das Passwort enthält Zeichen, die sich nicht tippen lassen',
  'the password needs a letter and a digit': 'das Passwort braucht einen Buchstaben und eine Ziffer',
  'the password is one of the first that others would try':
    'das Passwort ist eines der ersten, die andere versuchen würden',
};
