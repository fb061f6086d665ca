/** What looking at a connection step by step finds; `.todo` is what to do about it. '{name}' is filled in. */
export const STEP_TEXTS = {
  'step.name': '{host} is {addresses}',
  'step.noName': 'the name {host} is not found: {error}',
  'step.noName.todo': 'check how it is spelt, and the name server (DNS) of this machine',
  'step.noAnswer': '{where}: no answer in {seconds} s',
  'step.port': '{where} answers',
  'step.noPort': '{where}: {error}',
  'step.noPort.todo': 'check the address, the cable and the firewall',
  'step.nobody.todo':
    'the machine is there, and nobody listens at this port: is the server running, is the port right?',
  'step.tls': 'certificate of {subject}, signed by {issuer}, until {until}',
  'step.noCertificate': 'no certificate',
  'step.error': '{error}',
  'step.tlsExpired.todo': 'renew the certificate of the server; is the clock of this box right?',
  'step.tlsName.todo': 'the certificate is for another name: use that one in the settings',
  'step.tlsAuthority.todo':
    'this box does not know who signed it: name the file of that authority in ca_file',
  'step.tlsAuthorityOwn.todo':
    'this box does not know who signed it: name the file of that authority to the service as NODE_EXTRA_CA_CERTS (docs/influxdb.md)',
  'step.tls.other.todo': 'does this port speak TLS? does it ask for a certificate of ours?',
  'step.files.todo': 'check the certificate files of the settings',
  'step.letInAs': 'let in as {user}',
  'step.letIn': 'let in',
  'step.brokerLetIn': 'let in as {user} (MQTT {version})',
  'step.letInNobody': 'let in as anybody (MQTT {version})',
  'step.maySubscribe':
    'may subscribe to what the gateways publish; some brokers agree and deliver nothing (ACL)',
  'step.influxToken': 'the token is good',
  'step.mayWrite': 'may write to {what}',
  'step.entries': '{what} has {count} entries',
} as const;
