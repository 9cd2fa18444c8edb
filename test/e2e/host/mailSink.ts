import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A mail server that keeps what it is given, as a person's mailbox would. */
export interface MailSink {
  port: number;
  /** Text of each message, with the transfer encoding undone. */
  messages: string[];
  close(): Promise<void>;
}

const ANSWERS: Readonly<Record<string, string>> = {
  DATA: '354 go on',
  EHLO: '250 sink',
  HELO: '250 sink',
  QUIT: '221 bye',
};

export async function startMailSink(): Promise<MailSink> {
  const messages: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write('220 sink\r\n');
    let received = '';
    let isMessage = false;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      for (;;) {
        const end = isMessage ? '\r\n.\r\n' : '\r\n';
        const at = received.indexOf(end);
        if (at < 0) return;
        const part = received.slice(0, at);
        received = received.slice(at + end.length);
        if (isMessage) messages.push(decoded(part));
        const command = part.slice(0, 4).toUpperCase();
        socket.write(`${(!isMessage && ANSWERS[command]) || '250 fine'}\r\n`);
        isMessage = !isMessage && command === 'DATA';
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    messages,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Quoted-printable and base64 bodies as text; of a message with several parts, all of it. */
function decoded(message: string): string {
  if (/^content-transfer-encoding: base64/im.test(message)) {
    const [head = '', ...body] = message.split('\r\n\r\n');
    return `${head}\n\n${Buffer.from(body.join(''), 'base64').toString('utf8')}`;
  }
  const joined = message.replace(/=\r\n/g, '');
  const bytes = joined.replace(/=([0-9A-F]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8').replace(/\r\n/g, '\n');
}
