/** What the box says of its MQTT broker, in German. */
import type { BROKER_TEXTS } from '../../../../../model/said/broker-texts.ts';
import type { Words } from '../../words.ts';

export const broker: Words<typeof BROKER_TEXTS> = {
  'broker.starting': 'der Broker startet',
  'broker.connecting': 'verbindet sich mit {url}',
  'broker.connected': 'verbunden mit {url} (MQTT {version})',
  'broker.tls.theirs':
    'dem Zertifikat des Brokers wird nicht vertraut: die CA angeben, die es signiert hat (mqtt.ca_file), seine Namen und Daten und die Uhr dieser Box prüfen',
  'broker.tls.ours_refused':
    'der Broker weist unser Zertifikat ab: mqtt.cert_file muss von der CA signiert sein, der er vertraut, und darf nicht abgelaufen sein; die Uhr dort prüfen',
  'broker.tls.ours_missing':
    'der Broker verlangt ein Client-Zertifikat: mqtt.cert_file und mqtt.key_file setzen',
  'broker.tls.own_files':
    'mqtt.ca_file, mqtt.cert_file und mqtt.key_file prüfen: PEM, vollständig, zueinander passend',
  'broker.tls.no_tls':
    'der Broker spricht an diesem Port kein TLS: seinen TLS-Port nehmen oder mqtt:// ohne „s“',
  'broker.tls.other': 'ins Log des Brokers sehen: er und die Box werden sich über TLS nicht einig',
  'broker.rehearsal': 'die Leitung ist absichtlich getrennt, durch eine Ausfallprobe dieser Box',
  'broker.rehearsal.todo': 'nichts: sie endet von selbst; früher mit webscada-edge rehearse --stop',
  'broker.version': 'der Broker weist diese MQTT-Version ab',
  'broker.version.todo': 'mqtt.protocol auf "3.1.1" setzen',
  'broker.clientId': 'der Broker weist unsere Client-ID ab',
  'broker.clientId.todo': 'mqtt.client_id setzen',
  'broker.password': 'der Broker weist Benutzer oder Passwort ab',
  'broker.password.todo': 'mqtt.username und mqtt.password prüfen',
  'broker.access': 'der Broker lässt uns nicht ein',
  'broker.access.todo': 'mqtt.username, mqtt.password und seine Zugriffsliste prüfen',
  'broker.banned': 'der Broker hat uns gesperrt',
  'broker.banned.todo':
    'den Grund im Log des Brokers suchen und unseren Benutzer und unsere Client-ID dort wieder zulassen',
  'broker.quota': 'der Broker lässt keine weiteren Clients ein: ein Kontingent ist erschöpft',
  'broker.quota.todo': 'die Grenzen des Brokers für Clients und Sitzungen prüfen',
  'broker.busy': 'der Broker läuft und bedient zurzeit niemanden',
  'broker.busy.todo': 'ins Log des Brokers sehen; es wird von selbst wieder versucht',
  'broker.elsewhere': 'der Broker schickt uns zu einem anderen Server',
  'broker.elsewhere.todo':
    'mqtt.url auf den Server setzen, der uns bedient; die Box folgt keinem Broker irgendwohin',
  'broker.unreachable': 'keine Verbindung zu {url}: {error}',
  'broker.unreachable.todo': 'läuft der Broker, und stimmt die Adresse?',
  'broker.unanswered': 'was unter {url} lauscht, nimmt die Verbindung an und antwortet nicht',
  'broker.unanswered.todo':
    'ist es ein MQTT-Broker, mit TLS (mqtts://) oder ohne, wie mqtt.url sagt, und spricht er unsere Version? mqtt.protocol',
  'broker.files': 'eine Verbindung zu {url} ist nicht möglich: {error}',
  'broker.files.todo':
    'mqtt.ca_file, mqtt.cert_file und mqtt.key_file prüfen: PEM, vollständig, der Schlüssel ohne Passphrase und zum Zertifikat gehörend',
  'broker.file': '{setting} ist nicht lesbar: {error}',
  'broker.file.todo': 'den Pfad berichtigen oder unserem Benutzer das Lesen erlauben',
  'broker.noMqtt': 'was der Broker unter {url} sendet, ist kein MQTT: {what}',
  'broker.noMqtt.todo': 'ist es ein MQTT-Broker?',
  'broker.oversize':
    'der Broker sendet {megabytes} MB auf {topic}, die verworfen werden; andere Nachrichten warten',
  'broker.oversize.todo': 'ein Gateway sendet wenige Kilobyte: herausfinden, wer das veröffentlicht',
  'broker.commandsRefused': 'der Broker weist unsere Befehle ab: seine Zugriffsliste',
  'broker.commandsRefused.todo':
    'unserem Benutzer in der Zugriffsliste des Brokers erlauben, gateway/+/command/# zu schreiben',
  'broker.refuses': 'der Broker unter {url} weist die Verbindung ab: {error}',
  'broker.refuses.todo': 'der Broker läuft und nimmt uns so nicht: sein Log sagt mehr',
  'broker.goodbye': 'der Broker unter {url} hat die Verbindung beendet: {why}',
  'broker.goodbye.todo': 'Log und Einstellungen des Brokers ansehen; es wird von selbst wieder versucht',
  'broker.subscriptionRefused': 'der Broker weist unser Abonnement ab: {what}',
  'broker.subscriptionRefused.todo':
    'unserem Benutzer in der Zugriffsliste des Brokers erlauben, diese Topics zu lesen; ein Broker ohne Platzhalter (+) ist nicht zu gebrauchen',
  'broker.qos0':
    'der Broker liefert nur mit QoS 0: was kommt, während Leitung oder Box ausfallen, geht verloren',
  'broker.qos0.todo': 'QoS 1 für unseren Benutzer und Listener erlauben (Mosquitto: max_qos)',
  'broker.shortSession':
    'der Broker hält unsere Sitzung nur {seconds} s: was kommt, während die Box länger fort ist, geht verloren',
  'broker.shortSession.todo':
    'die Grenze des Brokers, wie lange er Sitzungen hält (Session Expiry), auf Tage anheben',
  'broker.notSubscribed': 'der Broker unter {url} lässt uns ein und antwortet nicht auf unser Abonnement',
  'broker.notSubscribed.todo': 'ins Log des Brokers sehen; es wird von selbst wieder versucht',
  'broker.hungUp': 'der Broker unter {url} hat die Verbindung beendet',
  'broker.hungUp.todo': 'läuft der Broker, und ist unsere Client-ID doppelt vergeben?',
  'broker.hungUpEarly': 'der Broker unter {url} beendet die Verbindung, bevor er antwortet',
  'broker.hungUpEarly.todo':
    'ist es ein MQTT-Broker, und spricht er unsere Version? mqtt.protocol; sonst ins Log des Brokers sehen',
  'broker.nothingCame':
    'mit dem Broker verbunden und abonniert, aber in {minutes} Minuten ist nichts gekommen',
  'broker.nothingCame.todo':
    'veröffentlicht eine Gateway Bridge auf diesem Broker, und darf unser Benutzer laut seiner Zugriffsliste gateway/# lesen?',
  'broker.sessionLost':
    'der Broker hat unsere Sitzung vergessen: was er für uns aufhob und was kam, während wir fort waren, ist verloren',
  'broker.sessionLost.todo':
    'ihn Sitzungen auf der Platte halten lassen (Mosquitto: persistence true, autosave_interval) und in seinem Log nachsehen, warum er neu gestartet ist',
  'broker.clientIdTwice':
    'ein anderer Client mit unserer Client-ID {clientId} übernimmt immer wieder unsere Verbindung',
  'broker.clientIdTwice.todo':
    'den anderen anhalten (eine zweite Box, eine Kopie dieser) oder jedem eine eigene site.id oder mqtt.client_id geben',
  'broker.ended':
    'der Broker beendet unsere Verbindung immer wieder, kurz nachdem er uns als {clientId} eingelassen hat',
  'broker.ended.todo':
    'wahrscheinlich hat ein anderer Client unsere Client-ID: den anderen anhalten (eine zweite Box, eine Kopie dieser) oder jedem eine eigene site.id oder mqtt.client_id geben; sonst ins Log des Brokers sehen',
  'broker.cannotListen': 'an {url} kann nicht gelauscht werden: {error}',
  'broker.cannotListen.todo':
    'läuft ein anderer Broker? mqtt.embedded_port setzen oder mqtt.mode = "external"',
  'broker.privilegedPort.todo':
    'Ports unter 1024 gehören root: mqtt.embedded_port auf 1024 oder mehr setzen (üblich ist 1883) oder es erlauben: AmbientCapabilities=CAP_NET_BIND_SERVICE in einem Drop-in der Unit',
  'broker.local':
    'Lauscht auf {url}, nur für eine Gateway Bridge auf dieser Maschine; mqtt.embedded_host öffnet ihn für das Netz.',
  'broker.open':
    'Lauscht auf die Gateways des Netzes. Offen für das Netz und nicht verschlüsselt; Gateways mit Benutzer: {users}.',
  'broker.usersUnreadable':
    'Lauscht auf die Gateways des Netzes. Offen für das Netz und nicht verschlüsselt; niemand wird eingelassen: die Benutzer in {file} sind nicht lesbar: {error}',
  'broker.usersUnreadable.todo': 'webscada-edge broker-user list sagt, ob es behoben ist',
  'broker.noUser':
    'Lauscht auf die Gateways des Netzes. Offen für das Netz und nicht verschlüsselt; kein Gateway hat einen Benutzer, darum wird niemand eingelassen.',
  'broker.noUser.todo':
    'webscada-edge broker-user add GATEWAY_ID legt einen an; oder mqtt.embedded_host = "127.0.0.1" setzen',
};
