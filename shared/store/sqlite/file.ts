import {
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  unlinkSync,
} from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StoreError } from '../../errors';

/**
 * "ASyn", in the header of every store (`pragma application_id`): which of all SQLite databases are ours. It is
 * written before the write-ahead log is turned on, so that it is always in the file itself.
 */
export const APPLICATION_ID = 0x4153796e;

const HEADER_BYTES = 100;
const APPLICATION_ID_AT = 68;
const MAGIC = 'SQLite format 3\0';
/** How long whoever makes the file may take to write its header. */
const MAKING_MS = 2_000;
const LOOK_EVERY_MS = 10;
/** What SQLite keeps beside the database. */
const SIDE_FILES = ['-wal', '-shm', '-journal'];

type Warn = (message: string) => void;

/** Makes the folder, and with a `home` sees to it that it is really there and its owner's alone. */
export function prepareFolder(path: string, home: string | undefined, warn: Warn): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (home === undefined) return;
  const real = join(realpathSync(home), basename(folder));
  if (dirname(folder) !== resolve(home) || realpathSync(folder) !== real) {
    throw refused(
      path,
      `its folder leads out of ${home}`,
      'Replace the link by a folder, and move the store there.',
    );
  }
  keepPrivate(folder, 0o700, warn);
}

/**
 * Makes the file when it is missing; whether it did. A file that is there is looked at before SQLite may touch it:
 * it has to be a store of ours, and no link. One that is empty is a store that lost its contents, because whoever
 * makes a store writes into it at once.
 */
export async function prepareFile(path: string, warn: Warn): Promise<boolean> {
  for (const file of [path, ...SIDE_FILES.map((suffix) => path + suffix)]) refuseLink(file);
  if (create(path)) return true;
  const end = performance.now() + MAKING_MS;
  while (identityOf(path)?.isFile() && identityOf(path)!.size < HEADER_BYTES && performance.now() < end) {
    await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
  }
  assertOurs(path);
  for (const file of [path, ...SIDE_FILES.map((suffix) => path + suffix)]) keepPrivate(file, 0o600, warn);
  return false;
}

/** Takes back a file that was just made and into which nothing could be written. */
export function removeEmpty(path: string): void {
  if (identityOf(path)?.size === 0n) unlinkSync(path);
}

/** Exclusive: an existing file, or a link to one, is never opened here, let alone changed. */
function create(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unchanged(error);
  }
}

function refuseLink(path: string): void {
  if (identityOf(path)?.isSymbolicLink()) {
    throw refused(path, 'it is a link to another place', 'Put the file itself there.');
  }
}

function assertOurs(path: string): void {
  const found = identityOf(path);
  // Closing a file gives up all locks that this process has on it, so one that SQLite has open is left alone.
  if (!found || isOpenHere(found)) return;
  const header = readHeader(path);
  if (header.length === 0) {
    throw refused(
      path,
      'the file is empty: it was emptied, or never finished',
      'Stop n8n. Restore the file from a backup, or, if there was no store yet, remove it. Then start n8n again.',
    );
  }
  const isDatabase = header.subarray(0, MAGIC.length).toString('latin1') === MAGIC;
  if (
    isDatabase &&
    header.length >= HEADER_BYTES &&
    header.readUInt32BE(APPLICATION_ID_AT) === APPLICATION_ID
  )
    return;
  throw refused(
    path,
    isDatabase ? 'it is the database of another program' : 'the file is not a database or is damaged',
    'Nothing in it was changed. Stop n8n, put the store in its place, and start n8n again.',
  );
}

function readHeader(path: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    return header.subarray(0, readSync(file, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

/** A backup that was put back, or a careless copy, may be readable by everybody. Windows has no such rights. */
function keepPrivate(path: string, mode: number, warn: Warn): void {
  const found = identityOf(path);
  if (!found || process.platform === 'win32' || (Number(found.mode) & 0o077) === 0) return;
  chmodSync(path, mode);
  warn(
    `${path} could be read by others than its owner (mode ${(Number(found.mode) & 0o777).toString(8)}); that is over`,
  );
}

/** Which file is at a place, links not followed; undefined where there is none. */
const identityOf = (path: string): BigIntStats | undefined =>
  lstatSync(path, { bigint: true, throwIfNoEntry: false });

const keyOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

/** The database files that this process has open, by what they are and not by where. */
const openHere = new Map<string, number>();

const isOpenHere = (found: BigIntStats): boolean => openHere.has(keyOf(found));

/** Remembers that SQLite has the file open; returns the way to forget it. */
export function markOpen(path: string): () => void {
  const found = identityOf(path);
  if (!found) return () => {};
  const key = keyOf(found);
  openHere.set(key, (openHere.get(key) ?? 0) + 1);
  return () => {
    const left = (openHere.get(key) ?? 1) - 1;
    if (left > 0) openHere.set(key, left);
    else openHere.delete(key);
  };
}

/**
 * Throws once the file, or the log beside it, is no longer where it was opened: what is written to it from then on
 * would be acknowledged, and gone with the next start.
 */
export function watchPlace(path: string): () => void {
  const places = [path, `${path}-wal`].map((place) => ({ place, found: identityOf(place) }));
  let moved = false;
  return () => {
    moved ||= places.some(({ place, found }) => {
      const now = identityOf(place);
      return !found || !now || now.ino !== found.ino || now.dev !== found.dev;
    });
    if (moved) {
      throw refused(
        path,
        'the file was moved, removed or replaced while it was open',
        'Stop n8n, put the file back, with those of the same name that end in -wal and -shm, and start n8n again.',
        'takes no more',
      );
    }
  };
}

const refused = (path: string, reason: string, nextStep: string, what = 'cannot be opened'): StoreError =>
  new StoreError(`The store at ${path} ${what}: ${reason}`, { nextStep });

const unchanged = (error: unknown): unknown => error;
