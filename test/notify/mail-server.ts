/** A mail server for tests (smtp-server, by nodemailer's author), which can be away, slow, refusing, or lose its answer. */
import { SMTPServer } from 'smtp-server';

export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly messageId: string;
  readonly subject: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly Mail[];
  /** What becomes of the next ones. */
  mood: 'takes' | 'loses-answer' | 'refuses-recipient' | 'full';
  stop(): Promise<void>;
}

export interface MailServerOptions {
  readonly port?: number;
  readonly login?: { readonly user: string; readonly password: string };
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Encrypted from the start. */
  readonly secure?: boolean;
}

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const mails: Mail[] = [];
  const open = new Set<{ destroy(): void }>();
  const { login, tls, secure = false } = options;
  const server = new SMTPServer({
    ...{ secure, authOptional: !login, disabledCommands: tls ? [] : ['STARTTLS'], closeTimeout: 100 },
    ...(tls ?? {}),
    onAuth({ username, password }, _, done) {
      const isRight = username === login?.user && password === login?.password;
      done(
        isRight ? null : answerOf('Invalid username or password', 535),
        isRight ? { user: username } : undefined,
      );
    },
    onRcptTo(_, __, done) {
      if (state.mood === 'refuses-recipient') return done(answerOf('no such user here', 550));
      return done(state.mood === 'full' ? answerOf('mailbox full', 452) : null);
    },
    onData(stream, session, done) {
      let raw = '';
      stream.setEncoding('utf8');
      stream.on('data', (piece: string) => {
        raw += piece;
      });
      stream.on('end', () => {
        const [head = '', ...body] = raw.split('\r\n\r\n');
        const header = (name: string) =>
          new RegExp(`^${name}: (.*(?:\\r\\n[ \\t].*)*)`, 'im').exec(head)?.[1]?.replace(/\r\n\s*/g, ' ') ??
          '';
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address).join(),
          text: body.join('\r\n\r\n').replace(/=\r\n/g, ''),
          messageId: header('Message-ID'),
          subject: decoded(header('Subject')),
        });
        if (state.mood !== 'loses-answer') return done(null, 'queued as 4711');
        for (const socket of open) socket.destroy();
      });
    },
  });
  server.on('error', () => {});
  server.server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const address = server.server.address();
  const state: MailServer = {
    port: typeof address === 'object' && address ? address.port : 0,
    mails,
    mood: 'takes',
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return state;
}

/** RFC 2047, as far as the tests need it. */
function decoded(text: string): string {
  return text.replace(/=\?UTF-8\?Q\?(.*?)\?=\s*/gi, (_, words: string) =>
    Buffer.from(
      words
        .replaceAll('_', ' ')
        .replace(/=([0-9A-F]{2})/g, (__, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ).toString('utf8'),
  );
}

function answerOf(message: string, responseCode: number): Error {
  return Object.assign(new Error(message), { responseCode });
}
