/** Words about why a device is silent, in German. */
import type { silence as english } from '../en/silence.ts';
import type { Words } from '../words.ts';

export const silence: Words<typeof english> = {
  'silence.noKey.knocked': 'sein AppKey fehlt: es hat {times} angeklopft, zuletzt {ago}',
  'silence.noKey': 'sein AppKey fehlt, darum kann es nicht eingelassen werden',
  'silence.refused.join_wrong_mic': 'sein AppKey passt nicht: es hat {times} angeklopft, zuletzt {ago}',
  'silence.refused.join_wrong_join_eui':
    'es fragt mit einer anderen JoinEUI als der eingetragenen: es hat {times} angeklopft, zuletzt {ago}',
  'silence.refused.join_not_served':
    'es hat {times} angeklopft, aber in seiner Region wird von hier nicht gesendet, zuletzt {ago}',
  'silence.refused.join_nonces_used_up':
    'es ist zu oft beigetreten: es hat {times} angeklopft, zuletzt {ago}',
  'silence.refused.join_dev_nonce_used':
    'es hat {times} mit einer Nummer (DevNonce) angeklopft, die es schon benutzt hat, zuletzt {ago}',
  'silence.refused.join_dev_nonce_not_greater':
    'es hat {times} angeklopft, und seine Nummer (DevNonce) geht nicht von der letzten weiter, zuletzt {ago}',
  'silence.refused.join_too_late':
    'es hat {times} angeklopft, aber jedes Mal zu spät für eine Antwort, zuletzt {ago}',
  'silence.refused.join_duty_cycle':
    'es hat {times} angeklopft, aber kein Gateway darf so bald senden (Duty Cycle), zuletzt {ago}',
  'silence.refused.join_no_gateway':
    'es hat {times} angeklopft, aber kein Gateway kann ihm antworten, zuletzt {ago}',
  'silence.refused.wrong_mic': {
    one: 'seine Sitzungsschlüssel passen nicht: {count} Frame unter seiner Adresse, zuletzt {ago}',
    other: 'seine Sitzungsschlüssel passen nicht: {count} Frames unter seiner Adresse, zuletzt {ago}',
  },
  'silence.refused.replay': {
    one: 'sein Rahmenzähler ging zurück: {count} Frame, zuletzt {ago}',
    other: 'sein Rahmenzähler ging zurück: {count} Frames, zuletzt {ago}',
  },
  'silence.refused.otherJoin': 'abgewiesen ({reason}): {times}, zuletzt {ago}',
  'silence.refused.otherFrame': {
    one: 'abgewiesen ({reason}): {count} Frame, zuletzt {ago}',
    other: 'abgewiesen ({reason}): {count} Frames, zuletzt {ago}',
  },
  'silence.joinsOnly': 'es wurde {times} eingelassen, zuletzt {ago}, und hat seitdem keinen Wert gesendet',
  'silence.joined': 'es ist {ago} beigetreten',
  'silence.joinedSilent': '{ago} beigetreten und seitdem keinen Wert gesendet',
  'silence.broker': 'kein Gateway ist zu hören: {trouble}',
  'silence.noGateway.never': 'kein Gateway wurde gehört, seit die Box {ago} gestartet ist',
  'silence.noGateway.offline': {
    one: 'das Gateway ist offline',
    other: 'alle {count} Gateways sind offline',
  },
  'silence.noGateway.offlineSince': {
    one: 'das Gateway ist offline, letztes Zeichen {ago}',
    other: 'alle {count} Gateways sind offline, letztes Zeichen {ago}',
  },
  'silence.lookalike.typo': 'nie gehört, aber {devEui} will beitreten, fast diese DevEUI',
  'silence.lookalike.reversed': 'nie gehört, aber {devEui} will beitreten, diese DevEUI rückwärts gelesen',
  'silence.gatewayOffline': {
    one: 'sein Gateway {gateway} ist offline, letztes Zeichen {ago}',
    other: 'die {count} Gateways, die es gehört haben, sind offline, letztes Zeichen {ago}',
  },
  'silence.gatewayOffline.never': {
    one: 'sein Gateway {gateway} wurde seit dem Start der Box nicht gehört',
    other: 'die {count} Gateways, die es gehört haben, wurden seit dem Start der Box nicht gehört',
  },
  'silence.boxStarted': 'die Box ist {ago} gestartet, zu kurz, um etwas zu sagen',
  'silence.battery': 'es meldete zuletzt, dass seine Batterie {percent} % hat',
  'silence.falling': 'sein Signal fiel zuvor von {before} auf {margin} dB über der Grenze',
  'silence.neverHeard.join': {
    one: 'nie gehört: kein Join-Request von ihm, seit die Box {ago} gestartet ist, bei {count} Gateway online',
    other:
      'nie gehört: kein Join-Request von ihm, seit die Box {ago} gestartet ist, bei {count} Gateways online',
  },
  'silence.neverHeard.frame': {
    one: 'nie gehört: kein Frame von ihm, seit die Box {ago} gestartet ist, bei {count} Gateway online',
    other: 'nie gehört: kein Frame von ihm, seit die Box {ago} gestartet ist, bei {count} Gateways online',
  },
  'silence.never': 'nie gehört',
  'silence.last': 'zuletzt gehört {ago}',
  'silence.last.over': 'zuletzt gehört {ago}, {margin} dB über der Grenze',
  'silence.last.below': 'zuletzt gehört {ago}, {margin} dB unter der Grenze',
  'silence.usually': 'üblich alle {every}',
  'silence.expected': 'erwartet alle {every}',
  'silence.gateways.online': { one: '{count} Gateway ist online', other: '{count} Gateways sind online' },
  'silence.gateways.own': { one: 'sein Gateway ist online', other: '{count} seiner Gateways sind online' },
  'silence.gateways.hear': {
    one: 'sein Gateway hörte {ago} andere Geräte',
    other: '{count} seiner Gateways hörten {ago} andere Geräte',
  },
  'silence.todo.no_key': 'Seinen AppKey eintragen: er kommt vom Hersteller, in keinem Code steht er.',
  'silence.todo.join_wrong_mic': 'Den AppKey eintragen, den sein Hersteller dafür nennt.',
  'silence.todo.join_wrong_join_eui': 'Die JoinEUI (AppEUI) eintragen, die es hat.',
  'silence.todo.join_not_served':
    'Die Region seines Profils prüfen, und ob am Standort gesendet werden darf.',
  'silence.todo.join_nonces_used_up': 'Entfernen und neu hinzufügen.',
  'silence.todo.join_dev_nonce_used': 'Wurde es zurückgesetzt oder getauscht: entfernen und neu hinzufügen.',
  'silence.todo.join_dev_nonce_not_greater':
    'Wurde es zurückgesetzt oder getauscht: entfernen und neu hinzufügen.',
  'silence.todo.join_too_late': 'Die Leitung zwischen Gateway und Box ist zu langsam: diese prüfen.',
  'silence.todo.join_duty_cycle': 'Es bekommt später Antwort; wenn nicht, wird zu viel gesendet.',
  'silence.todo.join_no_gateway': 'Prüfen, ob sein Gateway Downlinks annimmt.',
  'silence.todo.wrong_mic':
    'Seine Schlüssel neu eintragen oder es neu beitreten lassen. Ein anderes Gerät kann dieselbe Adresse haben.',
  'silence.todo.replay':
    'Es wurde neu gestartet, oder jemand wiederholt seine Frames. Neu beitreten lassen oder im Profil erlauben, dass der Zähler neu beginnt.',
  'silence.todo.joins_only':
    'Vielleicht hört es die Antwort nicht: es oder eine Antenne näher bringen und den Sender des Gateways prüfen.',
  'silence.todo.weak': 'Es ist zu hören, aber nur knapp: ein besserer Platz oder eine Antenne hilft.',
  'silence.todo.broker': 'Zuerst nach dem MQTT-Broker sehen.',
  'silence.todo.no_gateway': 'Zuerst nach den Gateways sehen.',
  'silence.todo.lookalike': 'Die DevEUI mit der auf dem Gerät vergleichen.',
  'silence.todo.gateway_offline': 'Zuerst nach dem Gateway sehen.',
  'silence.todo.box_started': 'Auf seinen nächsten Frame warten.',
  'silence.todo.battery': 'Seine Batterie wechseln.',
  'silence.todo.weak_signal':
    'Seine Frames kommen vielleicht nicht mehr an: ein besserer Platz oder eine Antenne hilft.',
  'silence.todo.falling_signal':
    'Etwas ist zwischen es und das Gateway gekommen, oder seine Antenne oder Batterie lässt nach.',
  'silence.todo.never_heard':
    'Nahe am Gateway einschalten oder beitreten lassen und die DevEUI mit der auf dem Gerät vergleichen.',
  'silence.todo.unexplained':
    'Nichts, was hier zu sehen ist, erklärt es: das Gerät selbst ansehen, seinen Strom und seinen Platz.',
  'why.times': { one: 'einmal', other: '{count}-mal' },
};
