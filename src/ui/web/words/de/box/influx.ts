/** What the box says of its InfluxDB, in German. */
import type { INFLUX_TEXTS } from '../../../../../model/said/influx-texts.ts';
import type { Words } from '../../words.ts';

export const influx: Words<typeof INFLUX_TEXTS> = {
  'influx.off': 'InfluxDB: nicht eingerichtet; das Log behält alles',
  'influx.notAsked': 'InfluxDB unter {server} wurde noch nicht gefragt',
  'influx.writing': 'schreibt in den Bucket „{bucket}“ auf {server}',
  'influx.catchingUp': 'holt auf: {count} Datensätze zurück; frische gehen vor',
  'influx.held': 'Messwerte warten, bis die Zeit stimmt; das Log behält sie',
  'influx.again':
    'schreibt noch einmal ab {from}: {percent} %, {written} Datensätze geschrieben; frische gehen vor',
  'influx.againTo':
    'schreibt noch einmal von {from} bis {to}: {percent} %, {written} Datensätze geschrieben; frische gehen vor',
  'influx.store': 'Der Speicher ist nicht lesbar oder nicht beschreibbar; sein eigener Zustand sagt mehr',
  'influx.store.todo': 'Platz auf der Platte schaffen.',
  'influx.badUrl': 'Die Adresse von InfluxDB ist keine: sie sieht aus wie http://localhost:8086',
  'influx.badToken': 'Das Token von InfluxDB hat Zeichen, die kein Token hat',
  'influx.correct.todo': 'In den Einstellungen berichtigen; das Log behält alles.',
  'influx.busy': 'InfluxDB unter {server} ist ausgelastet ({status}: {reason})',
  'influx.busy.todo': 'Es wird wieder versucht, nicht früher als verlangt; nichts geht verloren.',
  'influx.failed': 'InfluxDB unter {server} hat einen Fehler ({status}: {reason})',
  'influx.reason': '{reason}',
  'influx.token': 'InfluxDB unter {server} nimmt das Token nicht an (401: {reason})',
  'influx.token.todo':
    'Ein Token mit Schreibrecht auf den Bucket „{bucket}“ der Organisation „{org}“ in die Einstellungen eintragen.',
  'influx.forbidden': 'Das Token darf nicht in den Bucket „{bucket}“ schreiben (403: {reason})',
  'influx.forbidden.todo':
    'Dem Token das Schreibrecht auf den Bucket „{bucket}“ der Organisation „{org}“ geben oder ein anderes nehmen.',
  'influx.noOrg': 'InfluxDB unter {server} hat keine Organisation „{org}“ (404: {reason})',
  'influx.noOrg.todo': 'Die Organisation (influx.org) in den Einstellungen berichtigen.',
  'influx.noBucket':
    'InfluxDB unter {server} hat keinen Bucket „{bucket}“ in der Organisation „{org}“ (404: {reason})',
  'influx.noBucket.todo': 'Den Bucket anlegen oder Organisation und Bucket in den Einstellungen berichtigen.',
  'influx.says200':
    'Was unter {server} antwortet, verhält sich nicht wie InfluxDB 2: ein Schreiben wird mit Status 200 beantwortet, nicht mit 204; niemand weiß, ob es gespeichert ist',
  'influx.says200.todo':
    'Die Adresse in den Einstellungen prüfen; vielleicht liegt ein Proxy oder eine Anmeldeseite dazwischen. Nichts zählt als abgeliefert, bis ein Schreiben mit 204 beantwortet wird.',
  'influx.foreign': 'Was unter {server} antwortet, verhält sich nicht wie InfluxDB 2 ({answer})',
  'influx.foreign.todo':
    'Die Adresse in den Einstellungen prüfen; vielleicht liegt ein Proxy oder eine Anmeldeseite dazwischen.',
  'influx.redirect': 'Was unter {server} antwortet, schickt weiter zu {location} ({status})',
  'influx.redirect.todo':
    'Ist dort InfluxDB, seine Adresse in influx.url eintragen, ohne /api/v2/write; ist es eine Anmeldeseite, liegt ein Portal oder ein Proxy dazwischen. Weiterleitungen wird nicht gefolgt: sie nähmen das Token mit.',
  'influx.wantsTls': 'InfluxDB unter {server} spricht TLS und wird unverschlüsselt gefragt',
  'influx.wantsTls.todo': 'In influx.url https:// statt http:// schreiben.',
  'influx.proxyLogin': 'Ein Proxy vor InfluxDB unter {server} verlangt eine eigene Anmeldung ({answer})',
  'influx.proxyLogin.todo':
    'Die Box am Proxy ohne eine durchlassen: was sie als Anmeldung sendet, ist das Token, nach dem InfluxDB fragt.',
  'influx.proxyRefuses': 'Ein Proxy vor InfluxDB unter {server} weist die Anfrage ab ({answer})',
  'influx.proxyRefuses.todo':
    'Den Grund zeigt das Log des Proxys; die Box muss /api/v2/write mit POST erreichen.',
  'influx.noPath': 'Unter {server} gibt es kein /api/v2/write ({answer})',
  'influx.noPath.todo':
    'Adresse und Pfad von influx.url prüfen: hinter einem Proxy fehlt vielleicht ein Pfad. InfluxDB 1 hat es ab 1.8.',
  'influx.noGzip': 'Was unter {server} antwortet, nimmt die Form nicht, in der gesendet wird ({answer})',
  'influx.noGzip.todo':
    'influx.gzip auf false setzen: ein Proxy oder Server nimmt vielleicht nichts Komprimiertes. Sonst zeigt sein Log den Grund.',
  'influx.refused': 'InfluxDB unter {server} weist die Verbindung ab: es läuft nicht oder lauscht woanders',
  'influx.unreachable': 'InfluxDB unter {server} ist über das Netz nicht erreichbar',
  'influx.unknown_host': 'InfluxDB unter {server} hat einen Namen, der sich nicht auflösen lässt',
  'influx.timeout': 'InfluxDB unter {server} antwortet nicht rechtzeitig',
  'influx.cut': 'InfluxDB unter {server} hat die Verbindung abgebrochen',
  'influx.rehearsal':
    'InfluxDB unter {server} wird nicht gefragt: die Leitung ist absichtlich getrennt, durch eine Ausfallprobe dieser Box',
  'influx.wait.todo': 'Das Log behält alles; es wird geschrieben, wenn InfluxDB wieder da ist.',
  'influx.tls': 'Dem Zertifikat von InfluxDB unter {server} wird nicht vertraut',
  'influx.tls.todo':
    'Das Datum der Maschine prüfen. Ist es eine eigene Zertifizierungsstelle: ihre Datei dem Dienst als NODE_EXTRA_CA_CERTS nennen (docs/influxdb.md); sie auf der Maschine zu hinterlegen genügt nicht.',
  'influx.no_tls': 'InfluxDB unter {server} spricht an diesem Port kein TLS',
  'influx.no_tls.todo': 'In influx.url http:// statt https:// schreiben, oder den Port, der TLS spricht.',
  'influx.refusesAll': 'InfluxDB unter {server} weist jeden Datensatz ab: {reason}',
  'influx.refusesAll.todo':
    'Schema und Aufbewahrung des Buckets „{bucket}“ und die Uhr des Servers prüfen; das Log behält alles, bis ein Datensatz angenommen wird.',
  'influx.quarantineFull':
    'die Quarantäne ist voll ({records} Datensätze, {megabytes} MB): was InfluxDB von jetzt an abweist, wird aufgegeben und zählt als verfallen',
  'influx.quarantineFull.todo':
    'Den Grund zeigt webscada-edge quarantine list; dann die Datensätze umtypen, erneut versuchen oder verwerfen.',
  'influx.byHand.todo': 'Das Token darf keine Buckets und Tasks anlegen. Mit einem, das darf:\n{commands}',
  'influx.otherServer.todo':
    'Dieser Server ist kein InfluxDB 2: er behält, was seine eigenen Einstellungen sagen. Für VictoriaMetrics:\n{command}',
  'influx.checkNothing': 'in letzter Zeit wurde nichts abgeliefert, das sich nachschlagen ließe',
  'influx.checkComplete': 'alle {looked} abgelieferten Messwerte, die nachgeschlagen wurden, sind da',
  'influx.checkAccepted': '{missing} fehlende Messwerte wurden so hingenommen',
  'influx.checkMissing':
    'InfluxDB hat verloren, was es quittiert hatte: {missing} von {looked} nachgeschlagenen Messwerten sind nicht da, der älteste von {since}',
  'influx.checkMissing.todo':
    'Noch einmal schreiben: webscada-edge influx rewind --from {from}\nOder, wenn sie absichtlich gelöscht wurden: webscada-edge influx check --accept',
  'influx.checkNoRight':
    'ob abgelieferte Messwerte noch da sind, lässt sich nicht prüfen: das Token darf den Bucket „{bucket}“ nicht lesen ({reason})',
  'influx.checkNoFlux':
    'ob abgelieferte Messwerte noch da sind, lässt sich nicht prüfen: dieser Server beantwortet Flux nicht wie InfluxDB 2',
  'influx.rewindEnded': 'beendet durch {by}',
  'influx.rewindRefused': 'InfluxDB weist jeden Datensatz ab: {reason}',
  'influx.checkNoFluxBecause':
    'ob abgelieferte Messwerte noch da sind, lässt sich nicht prüfen: dieser Server beantwortet Flux nicht wie InfluxDB 2 ({reason})',
};
