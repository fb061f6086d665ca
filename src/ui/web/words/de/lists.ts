/** Words about gateways, readings, unknown devices, in German. */
import type { lists as english } from '../en/lists.ts';
import type { Words } from '../words.ts';

export const lists: Words<typeof english> = {
  'gateways.title': 'Gateways',
  'gateways.empty': 'Noch kein Gateway gehört',
  'gateways.uplinks': { one: '{count} Uplink', other: '{count} Uplinks' },
  'gateways.never': 'nie gesehen',
  'gateways.qos0':
    'Mit QoS 0 gehört: bei einer Unterbrechung gehen Frames verloren. In seiner Gateway Bridge qos=1 setzen.',
  'strangers.title': 'Unbekannte Geräte',
  'strangers.empty': 'Keine: jeder gehörte Frame gehört zu einem angelegten Gerät.',
  'strangers.hint':
    'Hier gehört, aber nicht eingelassen. Vielleicht vom Nachbarn, vielleicht ein eigenes, das nicht oder mit einem anderen Schlüssel angelegt ist.',
  'readings.title': 'Letzte Messwerte',
  'readings.empty': 'Noch kein Messwert. Der erste erscheint hier von selbst.',
  'readings.time': 'Zeit',
  'readings.device': 'Gerät',
  'readings.values': 'Werte',
  'readings.counter': 'FCnt',
  'refused.title': 'Abgewiesen',
  'refused.hint': 'Nachrichten und Frames, die nicht angenommen wurden, nach Grund.',
};
