import { storeKey, type StoreOptions } from './options';
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
  const key = storeKey(options);
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
