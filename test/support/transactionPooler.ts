import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Client } from 'pg';
import { Framer, int32, message, text } from './wire';

interface Server {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
}

export interface TransactionPooler {
  host: string;
  port: number;
  /** Transactions that were handed to a session. */
  transactions(): number;
  /** What a pooler cannot give and was asked for. */
  violations: string[];
  close(): Promise<void>;
}

/** A session at the server, of whoever has a transaction. */
interface Session {
  socket: Socket;
  framer: Framer;
  onMessage: (type: string, raw: Buffer, body: Buffer) => void;
  end(): Promise<void>;
}

const [TLS_REQUEST, CANCEL_REQUEST] = [80_877_103, 80_877_102];
/** What PgBouncer keeps for a client; a start with anything else is refused, as by its default settings. */
const KEPT = new Set(['user', 'database', 'client_encoding', 'application_name', 'datestyle', 'timezone']);

/**
 * PgBouncer's transaction mode, and stricter: every transaction goes to the session that has waited longest, so that
 * two in a row never share one, and a session forgets everything (DISCARD ALL) before the next. Named statements,
 * startup parameters and LISTEN are refused.
 */
export async function startTransactionPooler(server: Server, sessions = 4): Promise<TransactionPooler> {
  const free: Session[] = [];
  const waiting: ((session: Session) => void)[] = [];
  const all = new Set<Session>();
  const clients = new Set<Socket>();
  const violations: string[] = [];
  let transactions = 0;

  const giveBack = (session: Session) => {
    const next = waiting.shift();
    if (next) next(session);
    else free.push(session);
  };
  const forget = (session: Session) => {
    session.onMessage = (type) => {
      if (type === 'Z') giveBack(session);
    };
    session.socket.write(message('Q', text('discard all')));
  };
  const addSession = async () => {
    const session = await openSession(server);
    all.add(session);
    giveBack(session);
  };
  const take = async (): Promise<Session> => {
    transactions++;
    return free.shift() ?? (await new Promise<Session>((resolve) => waiting.push(resolve)));
  };

  const serve = (client: Socket) => {
    const framer = new Framer(true);
    let work = Promise.resolve();
    let session: Session | null = null;
    let unanswered = 0;
    clients.add(client);
    const refuse = (what: string) => {
      violations.push(what);
      client.end(message('E', Buffer.concat([text('SERROR', 'C08P01', `M${what}`), Buffer.from([0])])));
    };
    const start = (raw: Buffer, body: Buffer) => {
      const code = raw.readInt32BE(4);
      if (code === TLS_REQUEST) return void client.write('N');
      if (code === CANCEL_REQUEST) return void client.end();
      const names = body
        .subarray(4)
        .toString()
        .split('\0')
        .filter((_part, index) => index % 2 === 0);
      const unknown = names.filter((name) => name !== '').find((name) => !KEPT.has(name.toLowerCase()));
      if (unknown !== undefined) return refuse(`unsupported startup parameter: ${unknown}`);
      framer.started();
      client.write(message('R', int32(0)));
      client.write(message('K', int32(-1 - clients.size, 1)));
      client.write(message('Z', Buffer.from('I')));
    };
    const forward = async (type: string, raw: Buffer, body: Buffer) => {
      if (type === 'X') return void client.end();
      if (type === 'P' && body[0] !== 0) return refuse('named statement');
      if (/^listen\b/i.test(body.toString('latin1', type === 'P' ? 1 : 0))) return refuse('listen');
      if (!session) {
        const mine = (session = await take());
        mine.onMessage = (kind, answer, content) => {
          client.write(answer);
          if (kind !== 'Z') return;
          unanswered--;
          if (unanswered > 0 || content.toString() !== 'I') return;
          session = null;
          forget(mine);
        };
      }
      if (type === 'Q' || type === 'S') unanswered++;
      session.socket.write(raw);
    };
    client.on('data', (chunk: Buffer) => {
      for (const { type, raw, body } of framer.take(chunk)) {
        if (type === '') start(raw, body);
        else work = work.then(async () => await forward(type, raw, body));
      }
    });
    client.on('error', () => {});
    client.on('close', () => {
      clients.delete(client);
      if (!session) return;
      // Its transaction ends with it, and the session goes too.
      all.delete(session);
      void session.end();
      void addSession();
    });
  };

  const listener = createServer({ noDelay: true }, serve);
  for (let index = 0; index < sessions; index++) await addSession();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    transactions: () => transactions,
    violations,
    close: async () => {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => listener.close(resolve));
      await Promise.all([...all].map(async (session) => await session.end()));
    },
  };
}

/** Signs in by pg, and then speaks over its socket itself. */
async function openSession({ host, port, database, user, password }: Server): Promise<Session> {
  const client = new Client({ host, port, database, user, password });
  await client.connect();
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.removeAllListeners('data');
  client.on('error', () => {});
  const session: Session = {
    socket: stream,
    framer: new Framer(),
    onMessage: () => {},
    end: async () => {
      stream.destroy();
    },
  };
  stream.on('data', (chunk: Buffer) => {
    for (const { type, raw, body } of session.framer.take(chunk)) session.onMessage(type, raw, body);
  });
  return session;
}
