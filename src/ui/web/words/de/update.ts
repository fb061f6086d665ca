/** Words about an update from a file, in German. */
import type { update as english } from '../en/update.ts';
import type { Words } from '../words.ts';

export const update: Words<typeof english> = {
  'update.title': 'Aktualisierung',
  'update.runs': 'Version {version} ({commit}) läuft, für linux-{arch}.',
  'update.place.plain': 'Sie lässt sich von hier aus austauschen.',
  'update.refused': 'Die zuletzt verlangte Version wurde nicht eingesetzt:',
  'update.place.byRequest':
    'Sie ist für die ganze Maschine installiert und darf sich nicht selbst austauschen, aber der Administrator der Maschine lässt sie darum bitten: Eine unterschriebene, neuere Version, die Sie herbringen, setzt das System ein.',
  'update.place.system':
    'Sie ist für die ganze Maschine installiert und darf sich nicht selbst austauschen. Bringen Sie die neue Version zur Prüfung her; der Administrator der Maschine setzt sie dann mit einem Befehl ein, der gezeigt wird.',
  'update.place.container':
    'Sie läuft in einem Container: Eine andere Version ist ein anderes Image. Ändern Sie dessen Tag in Site-Datei, Chart oder Compose-Datei und rollen Sie das aus.',
  'update.place.elsewhere':
    'Sie ist nicht installiert, oder der Dienst darf sein eigenes Programm nicht schreiben. Eine Datei lässt sich hier prüfen, einsetzen müssen Sie sie von Hand.',
  'update.last.upgraded': '{to} hat {from} ersetzt und sich bewährt.',
  'update.last.taken_back': '{to} wurde zurückgenommen, und {from} läuft wieder.',
  'update.last.rolled_back': '{from} wurde zugunsten von {to} verlassen.',
  'update.underWay':
    'Die neue Version wird mit den Einstellungen erprobt und eingesetzt; dann startet die Box neu und wird beobachtet.',
  'update.away':
    'Die Box startet neu. Geht es ihr mit der neuen Version nicht gut, kommt die vorige binnen Minuten von selbst zurück.',
  'update.file': 'Neue Version und ihre .sig-Datei wählen',
  'update.pair': 'Es braucht zwei Dateien: das Programm und die mit .sig hinter dem Namen.',
  'update.noKey': 'Dieser Build hat keinen Schlüssel, um eine Version zu prüfen, also nimmt er keine an.',
  'update.candidate': 'Version {version} ist da',
  'update.signed': 'Mit dem Schlüssel unserer Versionen signiert, und die Datei ist die signierte.',
  'update.older': 'Sie ist älter als die laufende, die den Speicher geändert haben kann.',
  'update.same': 'Es ist die Version, die läuft.',
  'update.how':
    'Zuerst wird gesichert. Die Box ist einige Sekunden weg; der Broker der Gateways hebt auf, was solange kommt.',
  'update.go': 'Einsetzen',
  'update.byHand': 'Sie liegt geprüft auf der Box. Auf der Maschine:',
};
