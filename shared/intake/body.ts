import type { Readable } from 'node:stream';
import { Budget } from './budget';

/** What all calls together may hold in memory while they come in. */
const MAX_BYTES_AT_ONCE = 64 * 1024 * 1024;
const coming = new Budget(MAX_BYTES_AT_ONCE);

export type UnreadBody = 'too_large' | 'slow' | 'cut_off' | 'busy';

/**
 * Reads a body that is neither larger than allowed nor takes longer. A body that is not read to its end is left
 * where it stands: `drain` deals with the rest.
 */
export async function readBody(
  stream: Readable,
  { maxBytes, timeoutMs }: { maxBytes: number; timeoutMs: number },
): Promise<Buffer | UnreadBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const body = await new Promise<Buffer | UnreadBody>((resolve) => {
    if (stream.destroyed || stream.readableEnded) return resolve('cut_off');
    const take = (chunk: Buffer) => {
      if (bytes + chunk.length > maxBytes) return done('too_large');
      if (!coming.take(chunk.length)) return done('busy');
      bytes += chunk.length;
      chunks.push(chunk);
    };
    const end = () => done(Buffer.concat(chunks, bytes));
    const cutOff = () => done('cut_off');
    const timer = setTimeout(() => done('slow'), timeoutMs);
    const done = (result: Buffer | UnreadBody) => {
      clearTimeout(timer);
      stream.pause();
      stream.off('data', take).off('end', end).off('close', cutOff);
      resolve(result);
    };
    // A client that goes away in the middle is an error that nobody else would catch; it stays caught.
    stream.on('data', take).once('end', end).once('close', cutOff).on('error', cutOff);
  });
  coming.give(bytes);
  return body;
}

const DRAIN_MS = 1_000;
const DRAIN_BYTES = 2 * 1024 * 1024;

/**
 * Lets the sender of a body that nobody reads finish its sentence, so that it hears the answer: for a moment and
 * a few bytes. What is still talking then is cut off.
 */
export function drain(stream: Readable & { readonly complete?: boolean }): void {
  if (stream.destroyed || stream.complete === true) return;
  let left = DRAIN_BYTES;
  const timer = setTimeout(() => stream.destroy(), DRAIN_MS);
  timer.unref();
  stream
    .on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) stream.destroy();
    })
    .once('close', () => clearTimeout(timer))
    .once('end', () => clearTimeout(timer))
    .on('error', () => undefined)
    .resume();
}
