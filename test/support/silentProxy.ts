import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface SilentProxy {
  host: string;
  port: number;
  /** From now on the connections that are open carry nothing, and nobody hears of it; new ones still work. */
  silence(): void;
  /** New connections are taken and carry nothing either. */
  swallow(): void;
  close(): Promise<void>;
}

/** What a firewall does that forgot about its connections, or a network that came apart: nothing. */
export async function startSilentProxy(server: { host: string; port: number }): Promise<SilentProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let swallowing = false;
  const mute = (pair: readonly Socket[]) => {
    for (const socket of pair)
      socket
        .removeAllListeners('data')
        .removeAllListeners('close')
        .on('data', () => {});
  };
  const listener = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: server.port, host: server.host, noDelay: true });
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client]] as const) {
      from.on('data', (chunk) => void to.write(chunk));
      from.on('error', () => {});
      from.on('close', () => void to.destroy());
    }
    if (swallowing) mute(pair);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    silence: () => pairs.forEach(mute),
    swallow: () => void (swallowing = true),
    close: async () => {
      for (const socket of [...pairs].flat()) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
