import { createHmac, randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { StoreOptions } from './options';
import { openStore } from './open';
import type { OpenStore } from './store';

interface Entry {
  store: Promise<OpenStore>;
  holders: number;
  idle: NodeJS.Timeout | undefined;
}

/** A store nobody holds stays open this long, because the next execution comes soon. */
const IDLE_MS = 60_000;

const entries = new Map<string, Entry>();
const opened = new Set<OpenStore>();

process.once('exit', () => {
  for (const store of opened) store.closeSync();
});

/**
 * The one open store of this process for these options, whoever asks. `close` gives up this holder's share; the
 * store is closed when nobody has held it for a minute, and when the process ends.
 */
export async function sharedStore(options: StoreOptions): Promise<OpenStore> {
  const key = keyOf(options);
  let entry = entries.get(key);
  if (!entry) {
    entry = { store: openStore(options), holders: 0, idle: undefined };
    entries.set(key, entry);
  }
  const mine = entry;
  clearTimeout(mine.idle);
  mine.holders++;
  try {
    const store = await mine.store;
    opened.add(store);
    let held = true;
    return {
      ...store,
      close: async () => {
        if (held) letGo(key, mine);
        held = false;
      },
    };
  } catch (error) {
    // The next one who asks tries again.
    if (entries.get(key) === mine) entries.delete(key);
    throw unchanged(error);
  }
}

/** Closes all of them, held or not: for the end of a test or a command. */
export async function closeSharedStores(): Promise<void> {
  await Promise.all([...entries].map(async ([key, entry]) => await shut(key, entry)));
}

const secret = randomBytes(32);

/**
 * Equal keys are the same store, asked for with the same rights: every option is in it, secrets too, so that who
 * comes with another password is let in by the server or not at all. Nobody who sees a key can tell what is in it.
 */
function keyOf({ random: _random, warn: _warn, ...options }: StoreOptions): string {
  const all = options.kind === 'sqlite' ? { ...options, path: resolve(options.path) } : options;
  const said = Object.entries(all).filter(([, value]) => value !== undefined);
  const text = JSON.stringify(said.sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHmac('sha256', secret).update(text).digest('hex');
}

function letGo(key: string, entry: Entry): void {
  entry.holders--;
  if (entry.holders > 0) return;
  entry.idle = setTimeout(() => void shut(key, entry).catch(() => {}), IDLE_MS);
  entry.idle.unref();
}

async function shut(key: string, entry: Entry): Promise<void> {
  clearTimeout(entry.idle);
  if (entries.get(key) === entry) entries.delete(key);
  const store = await entry.store;
  opened.delete(store);
  await store.close();
}

const unchanged = (error: unknown): unknown => error;
