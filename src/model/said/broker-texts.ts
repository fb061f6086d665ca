/** What the box says of its MQTT broker; `.todo` is what to do about it. '{name}' is filled in. */
export const BROKER_TEXTS = {
  'broker.starting': 'the broker starts',
  'broker.connecting': 'connecting to {url}',
  'broker.connected': 'connected to {url} (MQTT {version})',
  'broker.tls.theirs':
    "we do not trust the broker's certificate: give the CA that signed it (mqtt.ca_file), check its names and dates and our clock",
  'broker.tls.ours_refused':
    'the broker refuses our certificate: mqtt.cert_file must be signed by the CA the broker trusts and not have run out; check the clock there',
  'broker.tls.ours_missing': 'the broker wants a client certificate: set mqtt.cert_file and mqtt.key_file',
  'broker.tls.own_files':
    'look at mqtt.ca_file, mqtt.cert_file and mqtt.key_file: PEM, whole, belonging together',
  'broker.tls.no_tls':
    "the broker does not speak TLS at this port: use its TLS port, or mqtt:// without the 's'",
  'broker.tls.other': "look at the broker's log: it and we do not agree on TLS",
  'broker.rehearsal': 'the line is cut on purpose by an outage rehearsal of this box',
  'broker.rehearsal.todo': 'nothing: it ends by itself; sooner by webscada-edge rehearse --stop',
  'broker.version': 'the broker refuses this MQTT version',
  'broker.version.todo': 'set mqtt.protocol to "3.1.1"',
  'broker.clientId': 'the broker refuses our client id',
  'broker.clientId.todo': 'set mqtt.client_id',
  'broker.password': 'the broker refuses user or password',
  'broker.password.todo': 'check mqtt.username and mqtt.password',
  'broker.access': 'the broker does not let us in',
  'broker.access.todo': 'check mqtt.username, mqtt.password and its access list',
  'broker.banned': 'the broker has banned us',
  'broker.banned.todo': "find out why in the broker's log, and let our user and client id in again there",
  'broker.quota': 'the broker lets no more clients in: a quota is used up',
  'broker.quota.todo': "look at the broker's limits on clients and sessions",
  'broker.busy': 'the broker runs and serves nobody for now',
  'broker.busy.todo': "look at the broker's log; it is tried again by itself",
  'broker.elsewhere': 'the broker sends us to another server',
  'broker.elsewhere.todo': 'set mqtt.url to the server that serves us; we follow no broker to where it likes',
  'broker.unreachable': 'no connection to {url}: {error}',
  'broker.unreachable.todo': 'is the broker running, and the address right?',
  'broker.unanswered': 'what listens at {url} takes the connection and does not answer',
  'broker.unanswered.todo':
    'is it an MQTT broker, with TLS (mqtts://) or without as mqtt.url says, and does it speak our version? mqtt.protocol',
  'broker.files': 'no connection to {url} can be made: {error}',
  'broker.files.todo':
    'look at mqtt.ca_file, mqtt.cert_file and mqtt.key_file: PEM, whole, the key without a passphrase and that of the certificate',
  'broker.file': '{setting} cannot be read: {error}',
  'broker.file.todo': 'correct the path, or let our user read the file',
  'broker.noMqtt': 'the broker at {url} sends {what}',
  'broker.noMqtt.todo': 'is it an MQTT broker?',
  'broker.oversize':
    'the broker is sending {megabytes} MB on {topic}, which are thrown away; other messages wait',
  'broker.oversize.todo': 'a gateway sends a few kilobytes: find out who publishes this',
  'broker.commandsRefused': 'the broker refuses our commands: its access list',
  'broker.commandsRefused.todo': "allow our user to write gateway/+/command/# in the broker's access list",
  'broker.refuses': 'the broker at {url} refuses the connection: {error}',
  'broker.refuses.todo': 'the broker runs and does not take us as we come: its log says more',
  'broker.goodbye': 'the broker at {url} ended the connection: {why}',
  'broker.goodbye.todo': "look into the broker's log and settings; it is tried again by itself",
  'broker.subscriptionRefused': 'the broker refuses our subscription: {what}',
  'broker.subscriptionRefused.todo':
    "allow our user to read these topics in the broker's access list; a broker that takes no wildcards (+) cannot be used",
  'broker.qos0':
    'the broker delivers at QoS 0 only: readings that come while the line or the box is down are lost',
  'broker.qos0.todo': 'allow QoS 1 for our user and listener (Mosquitto: max_qos)',
  'broker.shortSession':
    'the broker keeps our session for {seconds} s only: what comes while the box is away for longer is lost',
  'broker.shortSession.todo':
    "raise the broker's limit on how long sessions are kept (session expiry) to days",
  'broker.notSubscribed': 'the broker at {url} lets us in and does not answer our subscription',
  'broker.notSubscribed.todo': "look at the broker's log; it is tried again by itself",
  'broker.hungUp': 'the broker at {url} closed the connection',
  'broker.hungUp.todo': 'is the broker running, and is our client id used twice?',
  'broker.hungUpEarly': 'the broker at {url} closes the connection before it answers',
  'broker.hungUpEarly.todo':
    "is it an MQTT broker, and does it speak our version? mqtt.protocol; else look at the broker's log",
  'broker.nothingCame': 'connected to the broker and subscribed, but nothing has come in {minutes} minutes',
  'broker.nothingCame.todo':
    "does a Gateway Bridge publish to this broker, and may our user read gateway/# in the broker's access list?",
  'broker.sessionLost':
    'the broker forgot our session: what it held for us, and what came while we were away, is lost',
  'broker.sessionLost.todo':
    'let it keep sessions on disk (Mosquitto: persistence true, autosave_interval), and look at its own log for why it started anew',
  'broker.clientIdTwice': 'another client with our client id {clientId} takes our connection again and again',
  'broker.clientIdTwice.todo':
    'stop the other one (a second box, a copy of this one), or give each its own site.id or mqtt.client_id',
  'broker.ended': 'the broker ends our connection again and again, soon after letting us in as {clientId}',
  'broker.ended.todo':
    "most likely another client has our client id: stop the other one (a second box, a copy of this one), or give each its own site.id or mqtt.client_id; else look at the broker's log",
  'broker.cannotListen': 'cannot listen on {url}: {error}',
  'broker.cannotListen.todo': 'is another broker running? Set mqtt.embedded_port, or mqtt.mode = "external"',
  'broker.privilegedPort.todo':
    'ports below 1024 are for root: set mqtt.embedded_port to 1024 or more (1883 is usual), or allow it: AmbientCapabilities=CAP_NET_BIND_SERVICE in a drop-in of the unit',
  'broker.local':
    'Listening on {url}, for a Gateway Bridge on this machine only; mqtt.embedded_host opens it to the network.',
  'broker.open':
    'Listening for the gateways of the network. Open to the network and not encrypted; gateways with a user: {users}.',
  'broker.usersUnreadable':
    'Listening for the gateways of the network. Open to the network and not encrypted; nobody is let in: the users in {file} cannot be read: {error}',
  'broker.usersUnreadable.todo': 'webscada-edge broker-user list tells whether it is mended',
  'broker.noUser':
    'Listening for the gateways of the network. Open to the network and not encrypted; no gateway has a user, so nobody is let in.',
  'broker.noUser.todo':
    'webscada-edge broker-user add GATEWAY_ID makes one; or set mqtt.embedded_host = "127.0.0.1"',
} as const;
