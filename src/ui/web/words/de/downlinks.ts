/** Words about what is sent to a device, in German. */
import type { downlinks as english } from '../en/downlinks.ts';
import type { Words } from '../words.ts';

export const downlinks: Words<typeof english> = {
  'downlinks.title': 'Downlinks',
  'downlinks.none': 'Keiner wartet, und in letzter Zeit wurde keiner gesendet.',
  'downlinks.hint': 'Ein Gerät der Klasse A bekommt ihn gleich nach seinem nächsten Uplink.',
  'downlinks.byObject': 'Mit Werten',
  'downlinks.example': 'Ausgehen von',
  'downlinks.json': 'Werte, als JSON',
  'downlinks.badJson': 'Das ist kein JSON-Objekt, etwa {"valve": "open"}.',
  'downlinks.portByCodec': 'Port; leer, wo der Codec ihn nennt',
  'downlinks.keep': 'Als Taste behalten',
  'downlinks.keepName': 'Name der Taste',
  'downlinks.kept': 'Behalten: eine Taste bei jedem Gerät mit dem Profil {profile}.',
  'downlinks.confirmed': 'Bestätigt: das Gerät quittiert ihn',
  'downlinks.mark': 'bestätigt',
  'downlinks.queue': 'Einreihen',
  'downlinks.cancel': 'Abbrechen',
  'downlinks.port': 'Port {port}',
  'downlinks.tries': { one: '{count} Versuch', other: '{count} Versuche' },
  'downlinks.waiting': 'Wartet',
  'downlinks.queued': 'Eingereiht',
  'downlinks.sent': 'Unterwegs',
  'downlinks.gateway_ack': 'Von einem Gateway gesendet',
  'downlinks.device_ack': 'Vom Gerät quittiert',
  'downlinks.retry': 'Wird noch einmal gesendet',
  'downlinks.failed': 'Fehlgeschlagen',
  'downlinks.expired': 'Verfallen',
  'downlinks.cancelled': 'Abgebrochen',
};
