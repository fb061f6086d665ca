/** Words about logging in, claiming the box, the account. */
export const login = {
  'account.heading': 'Account',
  'account.logout': 'Log out',
  'role.admin': 'Administrator',
  'role.technician': 'Technician',
  'role.operator': 'Operator',
  'role.viewer': 'Viewer',
  'entry.show': 'Show',
  'entry.busy': 'One moment …',
  'entry.wait': {
    one: 'Too many attempts. Try again in {count} second.',
    other: 'Too many attempts. Try again in {count} seconds.',
  },
  'claim.title': 'Claim this box',
  'claim.lead':
    'It is new, or was reset. The one-time code was shown at the installation and is in the log of the first start.',
  'claim.code': 'Claim code',
  'claim.name': 'Your name here',
  'claim.password': 'New password',
  'claim.passwordHint': 'At least 10 characters; several words do well.',
  'claim.button': 'Claim',
  'claim.wrong':
    'This is not, or no longer, the code. “webscada-edge reset-admin” on the box makes a new one.',
  'claim.have': 'I have a claim code',
  'claim.back': 'Back to the login',
  'login.title': 'Log in',
  'login.name': 'Name',
  'login.password': 'Password',
  'login.button': 'Log in',
  'login.wrong': 'Name or password wrong.',
  'tls.title': 'Is this the right box?',
  'tls.hint':
    'Compare the SHA-256 fingerprint of the certificate, as the browser shows it, with the one in the log of the box. It should be:',
} as const;
