/** What the box says of telling people of alarms. */
export const NOTIFY_TEXTS = {
  'notify.nobody': 'nobody is told of alarms',
  'notify.people': { one: 'alarms are told to one person', other: 'alarms are told to {count} people' },
  'notify.failed': 'telling people of alarms fails: {error}',
  'notify.failed.todo':
    'it is tried again every 10 s, and nothing is lost; is the disk full? else the log and a support bundle say more',
  'notify.empty': 'the route "{route}" leads to nobody',
  'notify.empty.todo': 'give its people an address, or name others',
  'notify.missing': 'somebody is to be told by {channel}, and the settings do not know it',
  'notify.missing.todo': 'fill in the section notify of the settings; for e-mail smtp_host and from',
  'notify.failing': 'nothing leaves by {channel}:',
  'notify.failing.todo':
    'see what the server says, under Notifications or by webscada-edge notify log; what waits is told later, with its age',
  'notify.taken': 'taken by the broker: {topic}',
  'notify.noAnswer': 'no answer in {seconds} s',
  'notify.stopped': 'stopped',
  'notify.mailClosed': 'the mail server closed the connection',
  'notify.mailSlow': 'the mail server took too long',
  'notify.noEnd': 'nothing is sent for the end',
  'notify.waitsAlready': 'waits for the device already: {id}',
  'notify.queued': 'queued for the device: {id}',
  'notify.unknownChannel': 'the settings know no {channel}',
  'notify.takenOut': 'the address was taken out before it could be sent',
  'notify.mailPort.todo':
    'does notify.smtp_security fit the port? 465 is tls as a rule, 587 and 25 are starttls',
  'notify.login.todo': 'check notify.smtp_username and notify.smtp_password',
  'notify.address.todo': 'check the address, and what the server says',
  'notify.reach.todo': 'is the server there, and its certificate good?',
  'notify.redirect.todo': 'it redirects: write the address it leads to into webhooks',
  'notify.url.todo': 'check the url in webhooks',
  'notify.receiver.todo': 'look into the log of the receiver',
  'notify.broker.todo': 'is the broker there, and may our user publish this topic?',
  'step.mailLogin.todo':
    'check notify.smtp_username and notify.smtp_password, and what the mail server asks for',
  'step.mailPlain': 'it speaks SMTP; nobody logs in',
} as const;
