/** Words about the first page: what needs attention and what to do, in German. */
import type { site as english } from '../en/site.ts';
import type { Words } from '../words.ts';

export const site: Words<typeof english> = {
  'concern.part': '{part}: {state}',
  'concern.alarm': { one: '{count} Alarm', other: '{count} Alarme' },
  'concern.gatewayOffline': { one: '{count} Gateway offline', other: '{count} Gateways offline' },
  'concern.gatewayQos0': { one: '{count} Gateway mit QoS 0', other: '{count} Gateways mit QoS 0' },
  'concern.noGateway': 'kein Gateway gehört',
  'concern.stale': { one: '{count} Gerät veraltet', other: '{count} Geräte veraltet' },
  'concern.silent': { one: '{count} Gerät nie gehört', other: '{count} Geräte nie gehört' },
  'concern.refused': { one: '{count} Gerät abgewiesen', other: '{count} Geräte abgewiesen' },
  'concern.undecoded': { one: '{count} Gerät nicht dekodiert', other: '{count} Geräte nicht dekodiert' },
  'concern.beyond': {
    one: '{count} Wert außerhalb seiner Grenze',
    other: '{count} Werte außerhalb ihrer Grenzen',
  },
  'concern.lowBattery': {
    one: '{count} Gerät mit schwacher Batterie',
    other: '{count} Geräte mit schwacher Batterie',
  },
  'concern.quarantined': {
    one: '{count} Datensatz in Quarantäne',
    other: '{count} Datensätze in Quarantäne',
  },
  'concern.exposed': 'offen für das ganze Netz',
  'concern.away': 'Zentrale nicht erreichbar',
  'concern.waitGateway': 'wartet auf seine Gateways',
  'concern.waitDevices': {
    one: '{count} Gerät noch nicht gehört',
    other: '{count} Geräte noch nicht gehört',
  },
  'concern.unknownJoin': {
    one: '{count} unbekanntes Gerät will beitreten',
    other: '{count} unbekannte Geräte wollen beitreten',
  },
  'todo.stale': 'Dreimal so lange wie üblich nicht gehört. Batterie, Antenne und das nächste Gateway prüfen.',
  'todo.silent':
    'Hier angelegt und nie gehört. Ist es eingeschaltet, tritt es diesem Netz bei, ist ein Gateway in der Nähe?',
  'todo.refused':
    'Sein Schlüssel oder sein Zähler passt nicht zu dem, was hier eingetragen ist. Was genau, steht auf der Seite des Geräts.',
  'todo.undecoded': 'Sein Codec versteht nicht, was es sendet. Die Bytes bleiben erhalten; siehe Codec.',
  'todo.beyond': 'Messwerte außerhalb der gesetzten Grenzen.',
  'todo.lowBattery': 'Beim nächsten Besuch neue Batterien mitbringen.',
  'todo.gatewayOffline':
    'Hat es Strom, und steht sein Netz? Geräte, die nur dieses Gateway hört, schweigen solange.',
  'todo.gatewayQos0': 'Bei einer Unterbrechung gehen Frames verloren. In seiner Gateway Bridge qos=1 setzen.',
  'todo.noGateway': 'Nichts kann empfangen werden. Die Gateway Bridge jedes Gateways auf diese Box richten.',
  'todo.quarantined': 'Endgültig abgelehnte Datensätze. Noch einmal versuchen oder verwerfen.',
  'todo.exposed':
    'Jeder, der diese Box erreicht, kann sie verändern. In ihren Einstellungen access.mode setzen.',
  'todo.unknownJoin': 'Eines vom Nachbarn, oder ein eigenes, das noch nicht angelegt ist.',
  'site.attention': 'Braucht Aufmerksamkeit',
  'site.values': 'Werte',
  'site.allDevices': { one: '{count} Gerät', other: 'Alle {count} Geräte' },
  'site.parts': 'Der Rest des Standorts',
  'site.gateways': { one: '{online} von {count} online', other: '{online} von {count} online' },
  'site.more': 'und {count} weitere',
  'steps.title': 'Drei Schritte zum ersten Wert',
  'steps.gateway': 'Ein Gateway ist zu hören',
  'steps.device': 'Ein Gerät ist angelegt',
  'steps.value': 'Der erste Wert ist da',
  'steps.done': 'erledigt',
  'steps.open': 'offen',
  'steps.gatewayHint':
    'Die ChirpStack Gateway Bridge jedes Gateways auf den MQTT-Broker dieses Standorts richten.',
  'steps.gatewayAt': 'Die ChirpStack Gateway Bridge jedes Gateways auf {url} richten.',
  'steps.valueHint':
    'Das Gerät in der Nähe eines Gateways einschalten oder seine Taste drücken. Sein erster Wert erscheint hier von selbst.',
  'flag.refused': 'Abgewiesen',
  'flag.beyond': 'Grenze verletzt',
  'flag.stale': 'Veraltet',
  'flag.silent': 'Nie gehört',
  'flag.neverJoined': 'Nie beigetreten',
  'flag.undecoded': 'Nicht dekodiert',
  'flag.lowBattery': 'Batterie schwach',
  'flag.lowMargin': 'Wenig Reserve',
  'away.detail': 'Die Messwerte werden hier aufbewahrt und folgen von selbst.',
};
