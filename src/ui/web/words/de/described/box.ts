/** What the settings of the box itself are for, in German, by their path; of a section by its name. */

export const box = {
  site: 'Der Ort, an dem diese Box steht.',
  'site.id':
    'Kurzer Name dieses Standorts, bei der Zentrale nur einmal vergeben: so heißen dort der Stream und in InfluxDB das Tag `site`. Ein anderer beginnt einen neuen Stream.',
  'site.name': 'Name, den die Seiten zeigen.',
  'site.time_zone':
    'Zeitzone des Standorts: in ihr zeigen die Seiten Zeiten, wo immer man sie ansieht. Ohne Angabe die der Maschine; die eines Containers ist UTC, wenn ihm nichts anderes gesagt ist.',
  http: 'Die Seiten und die API.',
  'http.host':
    'Adresse, an der Seiten und API zu erreichen sind. `0.0.0.0` oder `::` öffnet sie für das Netz.',
  'http.port': 'Port der Seiten und der API.',
  'http.names':
    'Hostnamen, unter denen die Box gefragt wird, neben `localhost`, ihrem eigenen und ihren Adressen. Anfragen an andere Namen werden abgewiesen.',
  'http.tls':
    '`self`: mit einem hier gemachten Zertifikat, dessen Fingerabdruck im Log und auf der Seite der ersten Anmeldung steht. `files`: mit dem in `cert_file`. `off`: HTTP ohne TLS, für einen Reverse-Proxy davor. `auto`: `files`, wenn `cert_file` gesetzt ist, sonst `off` an einer Loopback-Adresse und `self` an jeder anderen.',
  'http.cert_file':
    'PEM-Datei des Zertifikats mit seiner Kette; braucht `key_file`. Beide werden neu gelesen, wenn sie sich ändern.',
  'http.key_file': 'PEM-Datei des Schlüssels zum Zertifikat; braucht `cert_file`.',
  'http.hsts_days':
    'Für so viele Tage wird Browsern, die über HTTPS kommen, gesagt, dass sie nichts anderes nehmen dürfen (Strict-Transport-Security); 0: es wird ihnen nicht gesagt. Das gilt für den ganzen Hostnamen, auch für andere Programme dort, die kein TLS haben, und niemand kommt weiter, wenn das Zertifikat nicht mehr gilt.',
  'http.trusted_proxies':
    'Reverse-Proxys, als Adressen oder Netze, denen X-Forwarded-For und X-Forwarded-Proto geglaubt werden.',
  'http.access_log':
    'Jede Anfrage ins Log schreiben: wer was verlangt hat, ohne Query und Inhalt; höchstens 50 Zeilen in der Sekunde.',
  access: 'Wer die Seiten sehen und die API benutzen darf.',
  'access.mode':
    '`required`: die Box bekommt mit ihrem Einmalcode einen Besitzer, danach meldet sich jeder an oder zeigt ein API-Token. `open`: wer sie erreicht, darf alles. `auto`: `open` an einer Loopback-Adresse ohne vertraute Proxys, sonst `required`.',
  'access.session_idle_h': 'Nach so vielen Stunden ohne Gebrauch endet eine Sitzung.',
  'access.session_max_days': 'So viele Tage nach der Anmeldung endet eine Sitzung, benutzt oder nicht.',
  store: 'Das Log auf der Platte, aus dem alles andere gespeist wird.',
  'store.dir':
    'Ordner des Speichers; wird angelegt, wenn er fehlt. Gilt vom Arbeitsverzeichnis aus, wenn er nicht mit / beginnt.',
  'store.commit_max_delay_ms':
    'So lange darf ein Messwert auf andere warten, um mit ihnen zusammen auf die Platte geschrieben zu werden, wenn bis dahin welche zu erwarten sind; einer, auf den zu antworten ist, wartet nicht. Ein größerer Wert schont eine SD-Karte; die Nachricht wird erst danach bestätigt und der Messwert erst danach gezeigt.',
  'store.max_bytes':
    'Größe des Speichers auf der Platte. Ist sie erreicht, gehen zuerst die ältesten zugestellten Messwerte und erst dann nicht zugestellte; das wird gezählt und gezeigt.',
  'store.max_age_days': 'Zugestellte Messwerte, die älter sind, werden entfernt.',
  'store.history_max_age_days':
    'So lange bleiben Minimum, Maximum und Mittel jeder Stunde von jedem Zahlenfeld für die Diagramme, auch wenn die Messwerte selbst nicht mehr da sind; innerhalb eines Achtels von `max_bytes`, darüber gehen die ältesten Tage.',
  'store.key_file':
    'Datei mit dem Schlüssel, mit dem die Schlüssel der Geräte im Speicher verschlüsselt sind; wird gemacht, wenn sie fehlt. Liegt sie auf einer anderen Platte, verrät eine gestohlene keine Schlüssel. Ohne Angabe in `dir`.',
  'store.may_be_lost':
    'Der Ordner darf im Arbeitsspeicher oder in der Schicht eines Containers liegen, die nach dem nächsten Start weg sind: eine Vorführung, ein Test. Die Box warnt dann nicht davor.',
  'store.reserve_bytes': 'Platz, der auf der Platte für alles andere frei bleibt.',
  'store.daily_write_budget_bytes':
    'Wie viel am Tag auf die Platte geschrieben werden soll; wird neben dem gezeigt, was es war. 1 GiB am Tag sind 0,4 TB im Jahr: eine Karte, die 4 TB aushält, hält zehn Jahre.',
  'store.card_endurance_bytes':
    'Was die Karte in ihrem Leben aushält; daraus werden ihre Jahre hochgerechnet. 0: unbekannt. Der Vorgabewert ist vorsichtig: das 500-Fache einer Karte von 32 GB, wovon drei Viertel auf das gehen, was eine Karte bei kleinen Schreibvorgängen von selbst schreibt. Endurance-Karten und SSDs nennen ihren eigenen Wert (TBW).',
  backup: 'Die Sicherungen, die die Box von selbst macht.',
  'backup.enabled':
    'Jeden Tag eine Sicherung machen. Ein unveränderter Speicher wird nicht noch einmal kopiert.',
  'backup.dir':
    'Ordner für die Sicherungen, der da sein muss: ein eingehängter Stick, ein Ordner des Hosts, eine Freigabe. Ohne Angabe `backups` im Ordner des Speichers; das hilft gegen Versehen und Schäden, nicht gegen den Verlust der Platte.',
  'backup.other_disk':
    'Nicht in `dir` schreiben, solange er auf der Platte des Speichers liegt: wo ein Stick nicht eingehängt ist, bleibt ein leerer Ordner.',
  'backup.at':
    'Wann, nach Uhr und Zeitzone der Maschine. War die Box da aus, holt sie es nach ihrem Start nach.',
  'backup.keep_daily': 'So viele Tage, von denen die letzte Sicherung bleibt.',
  'backup.keep_weekly': 'So viele Wochen, von denen die letzte Sicherung bleibt.',
  'backup.keep_monthly': 'So viele Monate, von denen die letzte Sicherung bleibt.',
  'backup.max_log_bytes':
    'Ein größeres Log der Messwerte wird weggelassen, und das wird gesagt; Geräte, Schlüssel, Zähler und Benutzer sind immer dabei. Ohne Angabe: 256 MiB auf der Platte des Speichers, um die Karte zu schonen, und keine Grenze auf einer anderen.',
  'backup.copy_dir':
    'Ordner für eine zweite Kopie jeder Sicherung, verschlüsselt für den Wiederherstellungsschlüssel (`webscada-edge backup key`): ein eingehängter Stick, eine Freigabe. Er muss da sein.',
  'backup.s3_url':
    'Bucket für eine Kopie jeder Sicherung, verschlüsselt für den Wiederherstellungsschlüssel: Adresse des Servers, Name des Buckets und ein Präfix, wenn mehrere Standorte ihn teilen.',
  'backup.s3_region': 'Region des Buckets, ein Teil der Signatur.',
  'backup.s3_access_key': 'Access-Key-ID für den Bucket.',
  'backup.s3_secret_key': 'Geheimnis zum Access-Key.',
  codecs: 'Skripte der Gerätehersteller.',
  'codecs.dir':
    'Ordner mit Skripten der Gerätehersteller, beim Start gelesen: jede `*.js` ist ein Codec mit dem Namen ihrer Datei. Sie gehen vor Skripten, die über die API kamen.',
  time: 'Was geschieht, wenn die Uhr falsch gehen kann.',
  'time.trust':
    'Wann die Uhr der Maschine als richtig gilt. `auto`: wenn ein Zeitserver sie gestellt hat, wenn sie mit einer Uhr mit Batterie übereinstimmt oder wenn nichts auf der Maschine es sagen kann. `synced`: nur, wenn ein Zeitserver sie gestellt hat. `always`: der Betreiber sorgt dafür. In jedem Fall springen Gateways ein, die sich über die Zeit einig sind, wenn die Uhr falsch geht.',
  'time.hold_days':
    'So lange werden Messwerte ohne richtige Zeit nicht an InfluxDB gegeben, in Tagen, in denen die Box läuft. Danach gehen sie mit einer geschätzten.',
  devices: 'Die Geräte des Standorts.',
  simulator: 'Ein ausgedachter Standort.',
  'simulator.enabled':
    'Einen kleinen Standort mit ausgedachten Gateways und Geräten spielen: für einen ersten Blick, nie an einem echten Standort.',
  'simulator.devices': 'So viele Geräte spielen mit.',
  'simulator.gateways': 'So viele Gateways spielen mit.',
  'simulator.interval_s': 'Sekunden zwischen zwei Frames eines Geräts, ungefähr.',
  'simulator.seed': 'Die gleiche Zahl spielt den gleichen Standort.',
  'simulator.capture':
    'Eine Aufzeichnung von Frames (die Seite Frames oder `GET /api/v1/frames/export`), die statt des ausgedachten Standorts einmal abgespielt wird, von den Gateways, die sie gehört haben. Wer die Schlüssel ihrer Geräte hat, kann sie lesen.',
  'simulator.speed': 'So viele Male schneller, als sie gehört wurde, wird eine Aufzeichnung abgespielt.',
  updates: 'Neue Versionen des Programms.',
  'updates.url':
    'Ordner mit Versionen, aus dem das Kommando `take-version` der Zentrale eine holen darf, `<url>/webscada-edge-<version>-linux-<arch>` und ihre `.sig`; ohne Angabe wird nur genommen, was zur Box gebracht wurde. Nichts wird von selbst geholt und nichts ohne die Unterschrift genommen.',
  log: 'Was die Box auf der Standardausgabe von sich sagt.',
  'log.level': 'Von welcher Wichtigkeit an Zeilen ins Log kommen.',
  'log.format': '`auto`: an einem Terminal `pretty`, sonst ein JSON-Objekt in jeder Zeile.',
  tracing: 'Traces von Frames für einen Collector von OpenTelemetry.',
  'tracing.endpoint':
    'Wohin Spans mit OTLP/HTTP als JSON gehen: die ganze Adresse bei einem OpenTelemetry Collector, Tempo oder Jaeger. Ohne sie gibt es keine Traces. Weiterleitungen wird nicht gefolgt.',
  'tracing.sample_one_in':
    'Von so vielen Frames bekommt einer einen Trace, nach einer Zahl, die aus dem Datensatz folgt; 1: alle. Die Zentrale verfolgt nichts, was ihr Standort nicht verfolgt.',
  'tracing.authorization': 'Wert des Headers `Authorization`, wo der Collector einen verlangt.',
  'tracing.ca_file':
    'PEM-Datei der Stelle, die das Zertifikat des Collectors unterschrieben hat, wenn das System sie nicht kennt.',
} as const;
