import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** Takes every message that is sent to it, on this machine, and delivers none. */
export interface SmtpSink {
  port: number;
  mails: readonly Mail[];
  close(): Promise<void>;
}

export async function startSmtpSink(): Promise<SmtpSink> {
  const mails: Mail[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    talk(socket, (mail) => mails.push(mail));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function talk(socket: Socket, onMail: (mail: Mail) => void): void {
  let pending = '';
  let data: string[] | null = null;
  const answer = (line: string) => socket.write(`${line}\r\n`);
  const take = (line: string) => {
    if (data !== null && line !== '.') {
      data.push(line.replace(/^\.\./, '.'));
    } else if (data !== null) {
      onMail(mailOf(data));
      data = null;
      answer('250 Taken');
    } else if (/^DATA/i.test(line)) {
      data = [];
      answer('354 Go on');
    } else {
      answer(/^QUIT/i.test(line) ? '221 Bye' : '250 Yes');
    }
  };
  answer('220 sink');
  socket.on('data', (chunk) => {
    const lines = (pending + chunk.toString('utf8')).split('\r\n');
    pending = lines.pop() ?? '';
    lines.forEach(take);
  });
}

function mailOf(lines: readonly string[]): Mail {
  const end = lines.indexOf('');
  const head = lines
    .slice(0, end)
    .join('\n')
    .replace(/\n[ \t]+/g, ' ');
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1] ?? '';
  const body = lines.slice(end + 1).join('\n');
  const encoding = header('Content-Transfer-Encoding').toLowerCase();
  return { to: header('To'), subject: wordsOf(header('Subject')), text: decoded(body, encoding) };
}

function decoded(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return encoding === 'quoted-printable' ? fromQuotedPrintable(body.replace(/=\n/g, '')) : body;
}

const fromQuotedPrintable = (text: string): string =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

/** `=?UTF-8?Q?...?=` and `=?UTF-8?B?...?=`, as headers hold what is not ASCII. */
const wordsOf = (header: string): string =>
  header
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?[^?]+\?([QB])\?([^?]*)\?=/gi, (_whole, kind: string, text: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64').toString('utf8')
        : fromQuotedPrintable(text.replace(/_/g, ' ')),
    );
