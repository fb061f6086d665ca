/** What is wrong with a store or a backup of one, and why a copy of it did not leave the box, in German. */
import type { DAMAGE_TEXTS } from '../../../../../model/said/damage-texts.ts';
import type { Words } from '../../words.ts';

export const damage: Words<typeof DAMAGE_TEXTS> = {
  'damage.in': '{name}:',
  'damage.checksum': 'Datensatz {seq} passt nicht zu seiner Prüfsumme',
  'damage.unreadable': 'Datensatz {seq} ist nicht zu lesen: {error}',
  'damage.inUse': 'er wurde im Betrieb beschädigt gefunden; der nächste Start repariert ihn',
  'damage.wal': 'das Write-Ahead-Log ist vor den letzten Commits beschädigt',
  'damage.state': 'der Zustand {key} ist beschädigt',
  'damage.row': 'eine Zeile von {table} passt nicht zu ihrer Prüfsumme',
  'damage.rollup': 'Stundenwert {key} passt nicht zu seiner Prüfsumme',
  'damage.missing': '{number} Datensätze fehlen',
  'backup.noAnswer': 'der Ordner der Sicherungen antwortet nicht: eine Freigabe, deren Server weg ist?',
  'backup.tryRoom':
    'der Platz fehlt: auf der Platte des Speichers sind {free} MB frei, und {wanted} MB werden neben der Reserve gebraucht',
  'backup.tryNothing': 'es kam kein Speicher dabei heraus',
  'backup.tryRecords': '{records} von {wanted} Datensätzen kamen wieder',
  'copy.noKey': 'Kopien werden verschlüsselt, und noch gibt es keinen Wiederherstellungsschlüssel',
  'copy.noKey.todo': 'sudo webscada-edge backup key macht einen und druckt ihn einmal',
  'copy.noFolder': '{folder} ist nicht da',
  'copy.noFolder.todo': 'ist das Medium eingehängt? backup.copy_dir nennt es',
  'copy.noRoom': 'der Platz zum Verschlüsseln fehlt',
  'copy.noRoom.todo': 'auf der Platte der Sicherungen Platz schaffen',
  'copy.gone': '{place} hat nicht, was gesendet wurde: {key} ist nicht da',
  'copy.size': '{place} hat nicht, was gesendet wurde: {key} hat {found} Bytes, nicht {size}',
  'copy.checksum': '{place} hat nicht, was gesendet wurde: {key} hat eine andere Prüfsumme',
  'copy.differs': '{place} hat nicht, was gesendet wurde: {key} ist von Byte {from} bis {to} anders',
  'copy.unlike.todo': 'es meldete, alles sei gut: ihm keine Sicherung anvertrauen, bevor das geklärt ist',
  'copy.unreachable': '{place} ist nicht zu erreichen: {error}',
  'copy.unreachable.todo': 'backup.s3_url, die Leitung und den Nameserver prüfen',
  'copy.tls': '{place} zeigt ein Zertifikat, dem nicht vertraut wird: {error}',
  'copy.tls.todo':
    'backup.s3_url und die Uhr der Box prüfen; bei einer eigenen Zertifizierungsstelle deren Datei dem Dienst als NODE_EXTRA_CA_CERTS nennen (docs/influxdb.md)',
  'copy.answers': '{place} antwortet auf {method} mit {answer}',
  'copy.answers.todo': 'den Server ansehen; es wird wieder versucht',
  'copy.clock.todo': 'die Uhr der Box und die des Servers sind Minuten auseinander: richtig stellen',
  'copy.region.todo':
    'backup.s3_region auf {region} setzen; ist die Adresse die einer anderen Region, auch backup.s3_url',
  'copy.moved.todo':
    'es wird zu {location} weitergeschickt: die Adresse des Buckets dort in backup.s3_url eintragen; ist es eine Anmeldeseite, liegt ein Portal dazwischen',
  'copy.rights.todo':
    'backup.s3_access_key, s3_secret_key und s3_region prüfen, was sie im Bucket dürfen, und die Uhr der Box',
  'copy.bucket.todo': 'gibt es den Bucket? backup.s3_url ist https://host/bucket/prefix',
  'copy.long': 'die Antwort des Buckets ist zu lang',
  'copy.noParts': '{place} beginnt keinen Upload in Teilen',
  'copy.server.todo': 'ist es ein S3-Server?',
  'copy.many': 'der Bucket hat weit mehr Objekte, als diese Box gemacht hat',
  'copy.many.todo': 'jedem Standort ein eigenes Präfix geben',
  'copy.full.todo':
    'das Medium ist voll: ein größeres, oder backup.keep_daily, keep_weekly, keep_monthly senken',
};
