/** Why the box said no, and what is wrong with an input, in German. */
import type { InputCode, ProblemCode } from '../../../../../model/problem-codes.ts';
import type { Text } from '../../words.ts';

type RefusalKey = `problem.${ProblemCode}` | `input.${InputCode}`;

export const refusals: Readonly<Record<RefusalKey, Text>> = {
  'problem.access-open':
    'Es gibt keine Konten: der Zugang zu dieser Box steht jedem offen, der sie erreicht (access.mode in den Einstellungen).',
  'problem.alarm-invalid': 'So geht das nicht. {detail}',
  'problem.alarm-not-started': 'Die Box startet oder endet gerade. Gleich noch einmal versuchen.',
  'problem.alarm-state':
    'In diesem Zustand ist nichts zu tun: der Alarm ist normal, oder jemand war schneller.',
  'problem.alarm-unknown': 'Das gibt es nicht (mehr): die Regel, das Gerät oder der Bereich ist weg.',
  'problem.backups-off': 'Diese Box macht keine Sicherungen (backup.enabled in den Einstellungen).',
  'problem.bad-path': 'Diese Adresse ist nicht zu verstehen.',
  'problem.body-too-large': 'Das ist zu groß.',
  'problem.busy': 'Gerade ist zu viel zugleich. In einigen Sekunden noch einmal versuchen.',
  'problem.changed-meanwhile':
    'Inzwischen hat jemand anders etwas geändert. Neu laden und noch einmal versuchen; nichts wurde überschrieben.',
  'problem.codec-in-use': 'Geräte oder ein Profil benutzen diesen Codec. Ihnen zuerst einen anderen geben.',
  'problem.codec-name':
    'Das ist kein Name für einen Codec: Buchstaben, Ziffern und - _ . sind erlaubt, und kein eingebauter darf so heißen.',
  'problem.codec-owned-elsewhere':
    'Dieser Codec gehört zu einer Datei oder zur Box und wird hier nicht geändert.',
  'problem.codec-unknown': 'Diesen Codec gibt es nicht.',
  'problem.cross-origin':
    'Änderungen werden nur von den Seiten dieser Box angenommen. Die Seite ist eine von {origin}, und die Box wurde als {host} gefragt. Ist beides diese Box hinter einem Reverse Proxy, muss er den Host-Header weitergeben, mit dem er gefragt wird.',
  'problem.cursor-gone': 'Das Log geht von dort nicht weiter. Von vorn beginnen.',
  'problem.device-exists': 'Dieses Gerät ist schon eingetragen.',
  'problem.device-owned-elsewhere':
    'Dieses Gerät ist in der Konfigurationsdatei oder im ChirpStack des Standorts eingetragen. Dort ändern.',
  'problem.device-unknown': 'Kein Gerät hat diese DevEUI. Eine DevEUI hat 16 Hex-Ziffern.',
  'problem.disk-full': 'Die Platte ist voll.',
  'problem.downlink-unknown': 'Der Downlink ist nicht in der Schlange oder schon unterwegs.',
  'problem.exists': 'Das gibt es schon; Namen, die sich nur in Groß und Klein unterscheiden, sind einer.',
  'problem.forbidden': 'Das darf dieser Benutzer nicht.',
  'problem.full': 'Es ist kein Platz mehr: zuerst etwas entfernen.',
  'problem.influx-busy': 'Das Log wird schon noch einmal geschrieben. Das Ende abwarten oder es beenden.',
  'problem.influx-idle': 'Das Log wird gerade nicht noch einmal geschrieben.',
  'problem.influx-no-answer':
    'InfluxDB antwortet nicht; sein eigener Zustand sagt, warum. Später noch einmal versuchen.',
  'problem.influx-not-configured': 'Es ist kein InfluxDB eingerichtet (influx.url).',
  'problem.internal': 'Hier ging etwas schief. Das Log der Box sagt mehr.',
  'problem.invalid-body': 'Die Eingabe hat Fehler.',
  'problem.invalid-query': 'Die Anfrage hat einen Fehler.',
  'problem.last-admin':
    'Das ist der letzte Administrator. Zuerst jemand anderen dazu machen: ohne einen hätte die Box keinen Besitzer.',
  'problem.malformed-json': 'Die Eingabe ist kein gültiges JSON.',
  'problem.media-type': 'Diese Art von Inhalt wird hier nicht angenommen.',
  'problem.method-not-allowed': 'Das geht hier nicht.',
  'problem.model-not-possible': 'Dieses Modell lässt sich nicht übernehmen. {detail}',
  'problem.model-unknown': 'Der Gerätekatalog der Box hat dieses Modell nicht.',
  'problem.no-network-server':
    'Diese Box sendet an dieses Gerät nicht selbst; das tut der Netzwerkserver, der es führt.',
  'problem.no-room': '{detail}',
  'problem.no-session': 'Das Gerät ist noch nicht beigetreten: es kann nichts an es gesendet werden.',
  'problem.not-a-picture': 'Das ist kein PNG, JPEG, WebP oder SVG, oder es ist abgeschnitten.',
  'problem.not-configured': 'In den Einstellungen ist kein solcher Server genannt.',
  'problem.not-confirmed': 'Um Leitungen absichtlich zu trennen, gehört die ID des Standorts dazu.',
  'problem.not-found': 'Das gibt es hier nicht (mehr).',
  'problem.not-heard-here':
    'Seitdem ist kein Messwert des Geräts gekommen. Seine Taste drücken oder auf den nächsten warten.',
  'problem.not-on-disk':
    'Es gilt fürs Erste, aber ein Stromausfall kann es zurücknehmen: es ließ sich noch nicht auf die Platte schreiben.',
  'problem.not-possible': 'So lässt sich das nicht senden: Port, Länge oder Inhalt passen nicht.',
  'problem.not-quarantined':
    'Dieser Datensatz ist nicht in Quarantäne. Vielleicht wurde er inzwischen geschrieben oder verworfen.',
  'problem.not-ready': 'Messwerte lassen sich nicht speichern.',
  'problem.not-rehearsed': 'Die Ausfallprobe kann so nicht beginnen; es wurde nichts getrennt.',
  'problem.not-restored': 'Nicht zurückgespielt; nichts wurde geändert. {detail}',
  'problem.not-updated': 'Nicht aktualisiert; nichts wurde geändert. {detail}',
  'problem.nothing-to-undo':
    'Seit dem Start der Box wurde nichts importiert, oder es wurde schon zurückgenommen.',
  'problem.notify-in-use':
    'Das wird noch genannt: in einer Gruppe oder einer Regel. Zuerst dort herausnehmen.',
  'problem.pages-missing': 'Die Seiten sind nicht gebaut.',
  'problem.precondition-required':
    'Es fehlt, welcher Stand gemeint ist. Neu laden und noch einmal versuchen.',
  'problem.profile-in-use': 'Geräte haben dieses Profil. Ihnen zuerst ein anderes geben.',
  'problem.profile-name':
    'Der Name eines Profils hat 1 bis 100 Zeichen und keinen Schrägstrich, zuerst ein Buchstabe oder eine Ziffer.',
  'problem.profile-unknown': 'Dieses Profil gibt es nicht.',
  'problem.proxy-unknown':
    'Hier muss sich niemand anmelden, weil nur dieser Rechner hereinkommen sollte; ein Reverse Proxy lässt andere herein. Seine Adresse in http.trusted_proxies eintragen, dann melden sich alle an, oder access.mode = "open" setzen.',
  'problem.queue-full': 'Für dieses Gerät warten schon so viele Downlinks, wie es gibt.',
  'problem.rehearsal-idle': 'Es ist keine Leitung getrennt.',
  'problem.settings-no-trial': 'Nichts ist auf Probe: es wurde schon behalten oder zurückgenommen.',
  'problem.settings-nothing': 'Es ist nichts gesichert, das nicht schon gilt.',
  'problem.settings-on-trial':
    'Andere Einstellungen sind auf Probe. Sie zuerst behalten oder warten, bis sie zurückgenommen sind.',
  'problem.settings-stale':
    'Jemand anders hat Einstellungen gesichert. Sie neu laden; nichts wurde überschrieben.',
  'problem.sink-unavailable':
    'Das Ziel nimmt jetzt keine Datensätze an. Sie bleiben in Quarantäne; später noch einmal versuchen.',
  'problem.sink-unknown': 'Ein solches Ziel mit Quarantäne gibt es nicht.',
  'problem.tls-required': 'Hier ist TLS nötig: mit https:// noch einmal fragen.',
  'problem.too-many': 'Es sind so viele, wie es sein können. Zuerst einen entfernen.',
  'problem.too-many-gateways':
    'Mehr Gateways lassen sich nicht notieren. Solche entfernen, die es nicht mehr gibt.',
  'problem.too-many-pixels': 'Es hat mehr als 25 Millionen Pixel: zuerst verkleinern.',
  'problem.too-many-profiles': 'Mehr Profile können es nicht sein. Zuerst eines entfernen.',
  'problem.too-many-requests': 'Zu viele Versuche. In {seconds} s noch einmal.',
  'problem.too-many-spots': 'Mehr Punkte lassen sich nicht behalten. Exportieren und alte entfernen.',
  'problem.too-many-streams': 'Zu viele Seiten sind offen. Eine schließen oder später noch einmal versuchen.',
  'problem.too-many-waiting': 'Zu viele warten auf Datensätze. Später noch einmal versuchen.',
  'problem.unauthenticated': 'Nicht angemeldet. Anmelden und noch einmal versuchen.',
  'problem.unclaimed':
    'Diese Box hat noch keinen Besitzer: ihre Seiten öffnen und den Einmalcode aus dem Log des ersten Starts eingeben.',
  'problem.unknown-frame':
    'Diesen Frame gibt es nicht mehr: nur die neuesten paar hundert seit dem Start werden behalten.',
  'problem.unknown-gateway':
    'Dieses Gateway wurde seit dem Start nicht gehört und ist nicht notiert. Es heißt wie seine EUI, 16 Hex-Ziffern.',
  'problem.unknown-host':
    'Dieser Hostname ist der Box nicht bekannt: die IP-Adresse nehmen oder den Namen in die Einstellungen eintragen (http.names).',
  'problem.unknown-spot': 'Diesen Punkt gibt es nicht; vielleicht wurde er entfernt.',
  'problem.update-refused': 'Diese Datei wird nicht genommen. {detail}',
  'problem.upload-offset': 'Das Stück gehört an eine andere Stelle der Datei. Noch einmal senden.',
  'problem.upload-refused': 'Die Datei wurde nicht genommen. {detail}',
  'problem.upload-unknown': 'Zuerst die Datei bringen, vollständig.',
  'problem.wrong-code':
    'Das ist nicht oder nicht mehr der Code. `webscada-edge reset-admin` auf der Box macht einen neuen.',
  'problem.wrong-password': 'Kein Benutzer dieses Namens hat dieses Passwort.',
  'input.type': 'fehlt oder ist von anderer Art (erwartet: {expected})',
  'input.shorter': 'braucht mindestens {limit} Zeichen',
  'input.longer': 'darf höchstens {limit} Zeichen haben',
  'input.smaller': 'muss mindestens {limit} sein',
  'input.larger': 'darf höchstens {limit} sein',
  'input.fewer': 'braucht mindestens {limit} Einträge',
  'input.more': 'darf höchstens {limit} Einträge haben',
  'input.hex': 'muss {digits} Hex-Ziffern haben',
  'input.format': 'hat nicht die verlangte Form',
  'input.unknown-keys': 'enthält Unbekanntes: {keys}',
  'input.choice': 'muss eines von diesen sein: {options}',
  'input.proto': 'darf nichts enthalten, das __proto__ heißt',
  'input.order': 'muss später sein als der Anfang',
  'input.future': 'liegt in der Zukunft',
  'input.profile': 'ein solches Profil gibt es nicht',
  'input.codec': 'muss einer von diesen sein: {options}',
  'input.key-missing': 'wird gebraucht: noch ist kein Schlüssel bekannt',
  'input.changed-setting': '{detail}',
  'input.told': '{detail}',
  'input.sentence': '{detail}',
};
