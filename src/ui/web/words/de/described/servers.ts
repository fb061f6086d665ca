/** What the settings of broker, gateways, InfluxDB and centre are for, in German, by their path; of a section by its name. */

export const servers = {
  mqtt: 'Der Broker, an den die Gateways senden.',
  'mqtt.mode':
    '`embedded`: die Box ist selbst der Broker, an den die Gateways senden. `external`: sie ist Client des Brokers unter `url`.',
  'mqtt.embedded_host':
    'Adresse, an der der eingebaute Broker zu erreichen ist. `0.0.0.0` oder `::` öffnet ihn für das Netz, für Gateways, die einen Benutzer haben (`broker-user add`).',
  'mqtt.embedded_port': 'Port des eingebauten Brokers.',
  'mqtt.url': 'Der externe Broker; `mqtts://` für TLS. Name und Passwort haben eigene Einstellungen.',
  'mqtt.username': 'Benutzername beim Broker.',
  'mqtt.password': 'Passwort beim Broker.',
  'mqtt.ca_file':
    'PEM-Datei der Stelle, die das Zertifikat des Brokers unterschrieben hat, wenn das System sie nicht kennt.',
  'mqtt.cert_file': 'PEM-Datei des Client-Zertifikats; braucht `key_file`.',
  'mqtt.key_file': 'PEM-Datei des Schlüssels zum Client-Zertifikat; braucht `cert_file`.',
  'mqtt.client_id':
    'Name der Sitzung, die der Broker für uns behält. Keine zwei Clients dürfen ihn teilen. Nach einer Änderung wird die vorige Sitzung geleert und beendet.',
  'mqtt.protocol': 'MQTT-Version; `auto` versucht 5, dann 3.1.1.',
  'mqtt.topic_prefixes':
    'Was Bridges in ihren Topics vor `gateway/` stellen dürfen, außer nichts; anderes wird abgewiesen. Leer: alles, und Kommandos gehen dann dorthin, woher Frames unserer Geräte kamen. Einer mit `/` muss bei `external` genannt werden: der Broker wird namentlich danach gefragt.',
  'mqtt.keepalive_s': 'Nach so vielen Sekunden Stille wird der Broker gefragt, ob er noch da ist.',
  influx: 'Die InfluxDB neben der Box.',
  'influx.url': 'InfluxDB 2.x. Ohne Angabe wird nichts in InfluxDB geschrieben, und das Log behält alles.',
  'influx.org': 'Organisation in InfluxDB.',
  'influx.bucket': 'Bucket, in den die Messwerte gehen.',
  'influx.token': 'API-Token, das in den Bucket schreiben darf.',
  'influx.retention_days':
    'So lange behält InfluxDB die Messwerte, in dem Bucket, den die Box anlegt, wenn es keinen gibt und das Token es erlaubt.',
  'influx.measurement': 'Measurement, unter dem die Messwerte geschrieben werden.',
  'influx.gzip': 'Komprimieren, was gesendet wird.',
  'influx.batch_max_records': 'Messwerte in einer Anfrage, höchstens.',
  'influx.batch_max_bytes':
    'Bytes in einer Anfrage vor der Kompression, höchstens (ungefähr: ein Messwert wird nie geteilt).',
  'influx.batch_max_age_ms': 'So lange wartet der älteste Messwert, bis eine Anfrage voll ist.',
  'influx.timeout_ms': 'So lange darf eine Anfrage dauern, bis sie noch einmal versucht wird.',
  centre: 'Der Redis der Zentrale.',
  'centre.url':
    'Redis der Zentrale; `rediss://` für TLS. Ohne dies, `sentinels` und `cluster_nodes` wird nichts weitergegeben, und das Log behält alles.',
  'centre.sentinels':
    'Redis-Sentinels, die nach dem Master gefragt werden, statt `url`; braucht `master_name`.',
  'centre.master_name': 'Name, unter dem die Sentinels den Master kennen.',
  'centre.cluster_nodes':
    'Knoten eines Redis-Clusters, statt `url` und `sentinels`: so viele, wie übrig sein können, wenn andere ausgefallen sind. Der Knoten mit den Schlüsseln dieses Standorts wird von jedem aus gefunden.',
  'centre.username': 'Benutzername bei Redis.',
  'centre.password': 'Passwort bei Redis.',
  'centre.sentinel_username': 'Benutzername bei den Sentinels.',
  'centre.sentinel_password': 'Passwort bei den Sentinels.',
  'centre.tls':
    'Mit den Sentinels und dem Master oder den Knoten des Clusters TLS sprechen. Mit `url` entscheidet das Schema.',
  'centre.ca_file':
    'PEM-Datei der Stelle, die das Zertifikat der Zentrale unterschrieben hat, wenn das System sie nicht kennt.',
  'centre.cert_file':
    'PEM-Datei des Zertifikats, das diese Box der Zentrale zeigt, wenn die eines verlangt; braucht `key_file`. Beide werden bei jeder Verbindung gelesen.',
  'centre.key_file': 'PEM-Datei des Schlüssels zu diesem Zertifikat; braucht `cert_file`.',
  'centre.batch_max_records': 'Datensätze, die zusammen gesendet werden, höchstens.',
  'centre.compression':
    'Sendet Datensätze zusammen und komprimiert in einem Eintrag: weit weniger Bytes auf der Leitung und weniger Speicher bei der Zentrale, aber mit redis-cli nicht zu lesen; wer den Stream liest, muss Blöcke kennen (docs/sync.md).',
  'centre.max_delay_seconds':
    'So lange darf ein neuer Datensatz auf andere warten, ehe er mit ihnen gesendet wird. Länger komprimiert besser; was voll ist, wartet nicht.',
  'centre.max_bytes_per_second':
    'Bytes in der Sekunde, die das Log auf der Leitung zur Zentrale brauchen darf, in beiden Richtungen, ohne das, was TCP und TLS dazutun. Ohne Angabe so schnell, wie es geht.',
  'centre.max_bytes_per_day':
    'Bytes, die zwischen zwei Mitternachten nach der Zeit des Standorts über die Leitung gehen dürfen; sind sie verbraucht, wartet das Log auf den nächsten Tag. Gezählt wie bei `max_bytes_per_second`.',
  'centre.windows':
    'Wann das Log gesendet werden darf, nach der Zeit des Standorts (`site.time_zone`); ein genannter Tag ist der, an dem das Zeitfenster beginnt. Ohne Angabe immer.',
  'centre.min_replicas':
    'So viele Replikate müssen etwas haben, ehe es als zugestellt gilt (Redis WAIT). 0: das Wort des Masters genügt, und was er nicht weitergegeben hatte, als er ausfiel, wird nur dann noch einmal gesendet, wenn der Stream es zeigt.',
  'centre.forget':
    'Wann ein Datensatz als zugestellt gilt, sodass die Box ihn entfernen darf: `sent`, sobald der Redis der Zentrale ihn hat; `collected`, sobald alles, was dort sammelt, ihn gespeichert hat (docs/sync.md). Bis dahin behält ihn das Log so, wie es behält, was nie gesendet wurde.',
  'centre.commands':
    'Was die Zentrale von dieser Box verlangen darf (docs/commands.md); eine leere Liste: nichts, und die Box sieht nicht nach. Der Vorgabewert sieht nur an und sichert: wer in den Redis der Zentrale kommt, kann dann an keinem Standort ein Ventil bewegen oder ein Gerät ändern.',
  'centre.command_settings':
    'Einstellungen, die die Zentrale mit dem Kommando `settings-put` ändern darf, wenn `commands` es zulässt: Pfade, oder Abschnitte für alle darin. Nie Geheimnisse, Benutzer oder was die Zentrale darf. Was einen Server nennt, entscheidet, wem das Passwort dafür gezeigt wird: eine solche Einstellung nur nennen, wenn wer in den Redis der Zentrale schreibt es kennen darf.',
  'centre.stream_prefix': 'Erster Teil der Namen der Streams, `<stream_prefix>:{<site.id>}:log`.',
  notify: 'Die Server, durch die Menschen von Alarmen erfahren.',
  'notify.smtp_host':
    'Mailserver, dem die Nachrichten übergeben werden. Ohne Angabe wird keine E-Mail gesendet.',
  'notify.smtp_port': 'Port des Mailservers.',
  'notify.smtp_security':
    '`starttls`: nichts wird gesagt, ehe die Verbindung verschlüsselt ist. `tls`: von Anfang an verschlüsselt, meist Port 465. `none`: unverschlüsselt, für einen Server auf dieser Maschine.',
  'notify.smtp_username': 'Benutzername beim Mailserver.',
  'notify.smtp_password': 'Passwort beim Mailserver.',
  'notify.from': 'Adresse, von der E-Mails kommen; wird mit `smtp_host` gebraucht.',
  'notify.ca_file':
    'PEM-Datei der Stelle, die das Zertifikat des Mailservers und der Webhooks unterschrieben hat, wenn das System sie nicht kennt.',
  'notify.timeout_ms':
    'So lange darf ein Server für eine Nachricht brauchen, bis sie noch einmal versucht wird.',
  'notify.pages_url':
    'Wo man die Seiten öffnet; Nachrichten verweisen dorthin. Ohne Angabe haben sie keinen Link.',
  'notify.mqtt_topic':
    'Erster Teil der Topics, unter denen Nachrichten beim Broker der Gateways veröffentlicht werden; die Adresse einer Person sagt den Rest.',
  webhooks: 'Webhooks, durch die Menschen von Alarmen erfahren.',
  gateway: 'Wie LoRaWAN-Frames gehört werden.',
  'gateway.region':
    'Regionale LoRaWAN-Parameter der Gateways und Geräte des Standorts. Geräte von ISM2400 werden gehört, und ihnen wird nie geantwortet: die brauchen `transmit = false`.',
  'gateway.sub_band':
    'Welche acht Kanäle die Gateways hören, in Regionen mit festen Kanälen (US915, AU915, und CN470, das 12 hat): 2 ist, was andere FSB2 oder `us915_1` nennen. Ohne Angabe alle.',
  'gateway.transmit':
    'Geräten antworten: Joins, Bestätigungen, Downlinks. `false`, wenn das ein anderer Netzwerkserver tut.',
  'gateway.net_id': 'NetID des Netzes, 6 Hex-Ziffern; `000000` und `000001` sind für private Netze.',
  'gateway.adr':
    'Datenrate und Leistung von Geräten steuern, die darum bitten und deren Profil nichts anderes sagt.',
  'gateway.device_status_hours': 'Wie oft Geräte nach ihrer Batterie gefragt werden; 0: nie.',
  'gateway.dedup_window_ms': 'So lange wird auf andere Gateways gewartet, die den gleichen Frame melden.',
} as const;
