/** What the box says of the way to its centre, in German. */
import type { CENTRE_TEXTS } from '../../../../../model/said/centre-texts.ts';
import type { Words } from '../../words.ts';

export const centre: Words<typeof CENTRE_TEXTS> = {
  'centre.off': 'keine Zentrale eingerichtet; das Log behält alles',
  'centre.notYet': 'noch nicht mit der Zentrale verbunden',
  'centre.connecting': 'verbindet sich mit der Zentrale',
  'centre.everything': 'alles ist bei der Zentrale',
  'centre.delivering': 'liefert ab',
  'centre.deliveringSlowly': 'liefert mit so vielen Bytes ab, wie es darf',
  'centre.waits': 'wartet auf seine Zeit',
  'centre.waitsWindow': 'wartet auf sein Zeitfenster, das um {at} öffnet; das Log behält den Rest',
  'centre.waitsDay': 'wartet: die {bytes} Bytes von heute sind verbraucht; weiter geht es um {at}',
  'centre.stuck': 'holt nicht auf',
  'centre.doneAbout': 'fertig gegen {at}',
  'centre.held': {
    one: '{count} gesendeter Datensatz bleibt hier, bis die Zentrale ihn gespeichert hat',
    other: '{count} gesendete Datensätze bleiben hier, bis die Zentrale sie gespeichert hat',
  },
  'centre.heldNobody': {
    one: '{count} gesendeter Datensatz bleibt hier, bis die Zentrale ihn gespeichert hat (niemand sammelt dort den Stream dieses Standorts ein)',
    other:
      '{count} gesendete Datensätze bleiben hier, bis die Zentrale sie gespeichert hat (niemand sammelt dort den Stream dieses Standorts ein)',
  },
  'centre.heldSilent': {
    one: '{count} gesendeter Datensatz bleibt hier, bis die Zentrale ihn gespeichert hat (einer der Sammelnden hat nicht gesagt, was er gespeichert hat)',
    other:
      '{count} gesendete Datensätze bleiben hier, bis die Zentrale sie gespeichert hat (einer der Sammelnden hat nicht gesagt, was er gespeichert hat)',
  },
  'centre.heldEarlier': {
    one: '{count} gesendeter Datensatz bleibt hier, bis die Zentrale ihn gespeichert hat (was sie sagt, ist aus einer früheren Epoche dieses Standorts)',
    other:
      '{count} gesendete Datensätze bleiben hier, bis die Zentrale sie gespeichert hat (was sie sagt, ist aus einer früheren Epoche dieses Standorts)',
  },
  'centre.heldAhead': {
    one: '{count} gesendeter Datensatz bleibt hier, bis die Zentrale ihn gespeichert hat (was sie sagt, liegt vor diesem Log)',
    other:
      '{count} gesendete Datensätze bleiben hier, bis die Zentrale sie gespeichert hat (was sie sagt, liegt vor diesem Log)',
  },
  'centre.heldNotAsked': {
    one: '{count} gesendeter Datensatz bleibt hier, bis die Zentrale ihn gespeichert hat (noch nicht gefragt)',
    other:
      '{count} gesendete Datensätze bleiben hier, bis die Zentrale sie gespeichert hat (noch nicht gefragt)',
  },
  'centre.heldCannotAsk': {
    one: '{count} gesendeter Datensatz bleibt hier, bis die Zentrale ihn gespeichert hat (sie lässt sich nicht fragen)',
    other:
      '{count} gesendete Datensätze bleiben hier, bis die Zentrale sie gespeichert hat (sie lässt sich nicht fragen)',
  },
  'centre.NOAUTH': 'die Zentrale verlangt ein Passwort',
  'centre.NOAUTH.todo': 'Benutzer und Passwort dieses Standorts im Abschnitt centre setzen',
  'centre.WRONGPASS': 'die Zentrale weist Benutzername oder Passwort ab',
  'centre.WRONGPASS.todo': 'Benutzer und Passwort im Abschnitt centre berichtigen',
  'centre.NOPERM': 'der Benutzer der Zentrale darf nicht, was der Standort braucht',
  'centre.NOPERM.todo': 'ihm die beiden Schlüssel des Standorts und die Befehle aus docs/sync.md erlauben',
  'centre.DENIED': 'der Protected Mode der Zentrale weist uns ab',
  'centre.DENIED.todo': 'bei der Zentrale ein Passwort und eine Bind-Adresse setzen',
  'centre.OOM': 'das Redis der Zentrale hat keinen Arbeitsspeicher mehr',
  'centre.OOM.todo': 'maxmemory erhöhen oder die schon gelesenen Streams kürzen',
  'centre.READONLY': 'der erreichte Server ist eine Replik',
  'centre.READONLY.todo':
    'nichts, wenn gerade umgeschaltet wird; sonst den Master oder die Sentinels angeben',
  'centre.MASTERDOWN': 'der erreichte Server ist eine Replik ohne ihren Master',
  'centre.MASTERDOWN.todo': 'das Umschalten abwarten oder nach dem Master sehen',
  'centre.LOADING': 'das Redis der Zentrale lädt noch seine Daten',
  'centre.LOADING.todo': 'nichts: es geht von selbst weiter',
  'centre.BUSY': 'das Redis der Zentrale ist mit einem Skript beschäftigt',
  'centre.BUSY.todo': 'wenn es anhält, dort nach einem Skript suchen, das nicht endet',
  'centre.CLUSTERDOWN': 'der Redis Cluster der Zentrale ist ausgefallen',
  'centre.CLUSTERDOWN.todo': 'nach dem Cluster sehen: Slots ohne Master',
  'centre.TRYAGAIN': 'der Redis Cluster der Zentrale verschiebt Slots',
  'centre.TRYAGAIN.todo': 'nichts: es geht von selbst weiter',
  'centre.MISCONF': 'das Redis der Zentrale kann nicht auf seine Platte sichern',
  'centre.MISCONF.todo': 'nach der Platte des Redis der Zentrale sehen',
  'centre.NOREPLICAS': 'zu wenige Repliken bei der Zentrale haben die Daten',
  'centre.NOREPLICAS.todo': 'nach den Repliken sehen oder weniger Repliken verlangen',
  'centre.MOVED':
    'der erreichte Server ist ein Knoten eines Redis Cluster, der die Schlüssel dieses Standorts nicht hat',
  'centre.MOVED.todo': 'die Knoten des Clusters in centre.cluster_nodes statt in centre.url angeben',
  'centre.ASK': 'der Redis Cluster der Zentrale verschiebt die Schlüssel dieses Standorts',
  'centre.ASK.todo': 'seine Knoten in centre.cluster_nodes angeben',
  'centre.CROSSSLOT': 'der Redis Cluster der Zentrale hält die Schlüssel eines Befehls getrennt',
  'centre.CROSSSLOT.todo':
    'seine Knoten in centre.cluster_nodes angeben; docs/sync.md sagt, welche Schlüssel sich einen Slot teilen',
  'centre.WRONGTYPE': 'unter einem Schlüssel dieses Standorts liegt etwas, das kein Stream ist',
  'centre.WRONGTYPE.todo': 'ein anderes Präfix wählen oder den Schlüssel bei der Zentrale entfernen',
  'centre.reply': 'das Redis der Zentrale antwortet mit dem Fehler {code}',
  'centre.reply.todo': 'ins Log des Redis der Zentrale sehen; docs/sync.md nennt die Versionen, die gehen',
  'centre.ECONNREFUSED': 'an der Adresse der Zentrale lauscht nichts',
  'centre.ECONNREFUSED.todo': 'Adresse und Port prüfen, und ob Redis läuft',
  'centre.ENOTFOUND': 'der Name der Zentrale ist unbekannt',
  'centre.ENOTFOUND.todo': 'den Namen und den Namensserver (DNS) prüfen',
  'centre.EAI_AGAIN': 'der Namensserver antwortet nicht',
  'centre.EAI_AGAIN.todo': 'die Leitung und den Namensserver (DNS) prüfen',
  'centre.ECONNRESET': 'die Leitung zur Zentrale wurde unterbrochen',
  'centre.ECONNRESET.todo': 'nichts: es geht von selbst weiter',
  'centre.ETIMEDOUT': 'die Zentrale antwortet nicht',
  'centre.ETIMEDOUT.todo': 'Leitung, Adresse und Firewall prüfen',
  'centre.EHOSTUNREACH': 'es gibt keinen Weg zur Zentrale',
  'centre.EHOSTUNREACH.todo': 'Leitung und Routen prüfen',
  'centre.ENETUNREACH': 'es gibt kein Netz',
  'centre.ENETUNREACH.todo': 'die Leitung prüfen',
  'centre.ENOENT': 'eine Zertifikatsdatei aus den Einstellungen fehlt',
  'centre.ENOENT.todo': 'die Dateinamen prüfen',
  'centre.EACCES': 'eine Zertifikatsdatei aus den Einstellungen darf nicht gelesen werden',
  'centre.EACCES.todo': 'ihren Besitzer und ihre Rechte prüfen',
  'centre.LINE': 'die Leitung zur Zentrale brach ab oder verstummte',
  'centre.LINE.todo': 'die Leitung prüfen; es geht von selbst weiter',
  'centre.tls.theirs': 'dem Zertifikat der Zentrale wird nicht vertraut',
  'centre.tls.theirs.todo':
    'die CA-Datei angeben, die es signiert hat (centre.ca_file), und Namen, Daten und die Uhr dieser Box prüfen',
  'centre.tls.ours_refused': 'die Zentrale weist das Zertifikat dieser Box ab',
  'centre.tls.ours_refused.todo':
    'centre.cert_file muss von der CA signiert sein, der die Zentrale vertraut (ihre tls-ca-cert-file), und darf nicht abgelaufen sein; seine Daten und die Uhr der Zentrale prüfen',
  'centre.tls.ours_missing': 'die Zentrale verlangt ein Client-Zertifikat und bekam keines',
  'centre.tls.ours_missing.todo':
    'centre.cert_file und centre.key_file setzen oder bei der Zentrale tls-auth-clients optional',
  'centre.tls.own_files': 'ein Zertifikat oder Schlüssel dieser Box für die Zentrale ist nicht zu gebrauchen',
  'centre.tls.own_files.todo':
    'centre.ca_file, centre.cert_file und centre.key_file prüfen: PEM, vollständig, der Schlüssel ohne Passphrase und zum Zertifikat gehörend',
  'centre.tls.no_tls': 'die Zentrale spricht an dieser Adresse kein TLS',
  'centre.tls.no_tls.todo': 'den TLS-Port der Zentrale nehmen oder redis:// ohne TLS',
  'centre.tls.other': 'diese Box und die Zentrale werden sich über TLS nicht einig',
  'centre.tls.other.todo': 'ins Log des Redis der Zentrale sehen: tls-protocols, tls-ciphers, Zertifikate',
  'centre.closed': 'die Zentrale hat die Leitung beendet',
  'centre.closed.todo':
    'nichts: es geht von selbst weiter; wenn es anhält, ins Log des Redis der Zentrale sehen',
  'centre.unasked': 'die Zentrale sendet Antworten, nach denen niemand gefragt hat',
  'centre.unasked.todo':
    'nachsehen, was an der Adresse der Zentrale antwortet: es verhält sich nicht wie ein Redis',
  'centre.noRedis': 'was an der Adresse der Zentrale antwortet, spricht nicht wie ein Redis',
  'centre.noRedis.todo':
    'nachsehen, was an der Adresse der Zentrale antwortet: es verhält sich nicht wie ein Redis',
  'centre.largeReply':
    'die Zentrale sendet eine Antwort von {bytes} Bytes; keine, nach der dieser Standort fragt, ist so groß',
  'centre.largeReply.whole':
    'die Zentrale sendet eine Antwort von mehr als {bytes} Bytes; keine, nach der dieser Standort fragt, ist so groß',
  'centre.largeReply.line':
    'die Zentrale sendet eine Antwort, deren erste Zeile länger ist als {bytes} Bytes; keine, nach der dieser Standort fragt, ist so groß',
  'centre.largeReply.elements':
    'die Zentrale sendet eine Antwort mit {elements} Elementen; keine, nach der dieser Standort fragt, ist so groß',
  'centre.largeReply.deep':
    'die Zentrale sendet eine Antwort mit mehr als {depth} ineinander verschachtelten Arrays; keine, nach der dieser Standort fragt, ist so groß',
  'centre.largeReply.todo':
    'nach fremden Einträgen im Stream oder Register dieses Standorts suchen; sonst nachsehen, was an der Adresse der Zentrale antwortet',
  'centre.foreignEvent':
    'der Ereignis-Stream dieses Standorts enthält einen Eintrag, den dieser Standort nicht geschrieben hat',
  'centre.foreignEvent.todo':
    'nachsehen, wer sonst hineinschreibt; dann den Stream bei der Zentrale entfernen: das Log des Standorts hat alles',
  'centre.internal': 'das Log ist für die Zentrale nicht lesbar: {error}',
  'centre.internal.todo': 'ins Log dieser Box sehen',
  'commands.internal': 'ein Befehl kann nicht angenommen werden: {error}',
  'commands.internal.todo': 'ins Log dieser Box sehen',
  'centre.rehearsal': 'die Leitung ist absichtlich getrennt, durch eine Ausfallprobe dieser Box',
  'centre.rehearsal.todo': 'nichts: sie endet von selbst; früher mit webscada-edge rehearse --stop',
  'centre.twoBoxes':
    'zwei Boxen benutzen eine Standort-ID: eine andere schreibt in den Stream dieses Standorts; nichts ist verloren, diese Box behält ihre Messwerte',
  'centre.twoBoxes.todo': 'jeder Box eine eigene Standort-ID geben oder die andere abschalten',
  'centre.fewReplicas': 'nur {replicas} von {wanted} Repliken bei der Zentrale haben die Daten',
  'centre.fewReplicas.todo': 'nach den Repliken sehen oder centre.min_replicas senken',
  'centre.oddBatch': 'die Zentrale beantwortet eine Lieferung mit etwas, das kein Redis antwortet',
  'centre.oddBatch.todo': 'nachsehen, was an der Adresse der Zentrale antwortet',
  'centre.oddId': 'der Stream dieses Standorts bei der Zentrale enthält eine ID, die kein Standort vergibt',
  'centre.oddId.todo':
    'nachsehen, wer sonst in diesen Stream schreibt; dann eine andere Standort-ID wählen oder den Stream entfernen',
  'centre.oldName':
    'der Stream dieses Standorts soll seinen neuen Namen bekommen, und der Benutzer der Zentrale darf ihn nicht geben; nichts ist verloren',
  'centre.oldName.todo':
    'im Redis der Zentrale, für den Benutzer dieses Standorts: ACL SETUSER <user> {keys} +exists +renamenx',
  'centre.takenOver': 'andere Boxen übernehmen immer wieder den Stream dieses Standorts',
  'centre.takenOver.todo': 'jeder Box eine eigene Standort-ID geben',
  'centre.epoch':
    'die Zentrale will diesen Standort von Epoche {ours} auf {theirs} bringen; so weit kommt kein Standort',
  'centre.epoch.todo':
    'nachsehen, wer sonst in Stream und Register dieses Standorts schreibt; dann beide Schlüssel bei der Zentrale entfernen oder eine andere Standort-ID wählen',
  'centre.circles': 'die Knoten des Redis Cluster der Zentrale schicken diesen Standort im Kreis',
  'centre.circles.todo':
    'nichts, wenn gerade Slots verschoben werden; sonst nach dem Cluster sehen: redis-cli --cluster check',
  'centre.url': 'die URL der Zentrale ist nicht zu verstehen',
  'centre.url.todo':
    'redis://host:6379/0 schreiben, oder rediss:// für TLS; Sonderzeichen des Passworts mit Prozent kodieren',
  'centre.sentinel': 'kein Sentinel kennt den Master',
  'centre.sentinel.todo': 'den Namen des Masters prüfen: die Sentinels kennen „{name}“ nicht',
  'centre.askingSentinel': 'Frage an einen Sentinel:',
  'centre.node': 'die Zentrale nennt einen Knoten, den es nicht geben kann',
  'centre.node.todo': 'nach dem Cluster sehen',
  'commands.off': 'die Zentrale darf von dieser Box nichts verlangen',
  'commands.taken': 'Befehle der Zentrale werden angenommen',
  'commands.unreadable': 'Befehle der Zentrale sind nicht lesbar:',
};
