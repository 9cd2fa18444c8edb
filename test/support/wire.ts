/** As much of PostgreSQL's protocol as the servers in between need. */
export interface WireMessage {
  /** Empty for the first message of a client, which has none. */
  type: string;
  body: Buffer;
  /** All of it, as it came. */
  raw: Buffer;
}

/** Cuts what comes over a socket into messages. The first message of a client has no type. */
export class Framer {
  #rest: Buffer = Buffer.alloc(0);

  constructor(private first = false) {}

  *take(chunk: Buffer): Generator<WireMessage> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const head = this.first ? 0 : 1;
      if (this.#rest.length < head + 4) return;
      const end = head + this.#rest.readInt32BE(head);
      if (this.#rest.length < end) return;
      const raw = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      const type = this.first ? '' : String.fromCharCode(raw[0]!);
      yield { type, body: raw.subarray(head + 4), raw };
    }
  }

  /** From now on messages have a type. */
  started(): void {
    this.first = false;
  }
}

export function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export const text = (...values: string[]): Buffer =>
  Buffer.from(values.map((value) => `${value}\0`).join(''));

export function int32(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => buffer.writeInt32BE(value, 4 * index));
  return buffer;
}
