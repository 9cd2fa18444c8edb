/** The text is no JSON at the place that was looked at. */
export class MalformedJson extends Error {}

const noJson = () => new MalformedJson('no JSON');

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

const MAX_SCALAR = 4_096;

/**
 * A JSON value that is looked into without being parsed as a whole. A parser holds the event loop for as long as
 * a hostile or huge text makes it, and makes objects of everything in it; this finds the parts of a text in one
 * pass each, so that they can be counted first, and only those parsed that somebody wants.
 */
export class RawJson {
  private constructor(
    private readonly source: string,
    private readonly start: number,
    private readonly end: number,
  ) {}

  /** Throws MalformedJson where anything follows the value. A byte order mark may precede it. */
  static of(body: Buffer): RawJson {
    const source = body.toString('utf8');
    const start = skipBlanks(source, source.charCodeAt(0) === 0xfeff ? 1 : 0);
    const end = endOfValue(source, start);
    if (skipBlanks(source, end) !== source.length) throw noJson();
    return new RawJson(source, start, end);
  }

  get kind(): 'object' | 'array' | 'other' {
    const ends = this.source.charAt(this.start) + this.source.charAt(this.end - 1);
    return ends === '{}' ? 'object' : ends === '[]' ? 'array' : 'other';
  }

  get length(): number {
    return this.end - this.start;
  }

  /** The first so many characters. */
  text(limit: number): string {
    return this.source.slice(this.start, Math.min(this.end, this.start + limit));
  }

  /** A text, a number or a word; null for what has parts of its own, or is longer than any of these can be. */
  scalar(): unknown {
    if (this.kind !== 'other' || this.length > MAX_SCALAR) return null;
    try {
      return JSON.parse(this.source.slice(this.start, this.end));
    } catch {
      throw noJson();
    }
  }

  /** The elements of an array; none of anything else. */
  *elements(): Generator<RawJson> {
    if (this.kind !== 'array') return;
    const { source } = this;
    let at = skipBlanks(source, this.start + 1);
    if (at === this.end - 1) return;
    for (;;) {
      const end = endOfValue(source, at);
      yield new RawJson(source, at, end);
      at = skipBlanks(source, end);
      if (at === this.end - 1) return;
      at = after(source, at, COMMA);
    }
  }

  /** The members of an object; none of anything else. */
  *members(): Generator<[name: string, value: RawJson]> {
    for (const { from, to, start, end } of this.#spans()) {
      const quoted = this.source.slice(from, to);
      yield [
        quoted.includes('\\') ? textOf(quoted) : quoted.slice(1, -1),
        new RawJson(this.source, start, end),
      ];
    }
  }

  /** A member of an object, the last one of that name. */
  member(name: string): RawJson | undefined {
    const { source } = this;
    const length = name.length + 2;
    let found: RawJson | undefined;
    for (const { from, to, start, end } of this.#spans()) {
      // Spelled with escapes it is longer.
      const isIt =
        to - from === length
          ? source.startsWith(name, from + 1)
          : to - from > length && isSpelled(source.slice(from, to), name);
      if (isIt) found = new RawJson(source, start, end);
    }
    return found;
  }

  /** Where names and values of an object stand. */
  *#spans(): Generator<{ from: number; to: number; start: number; end: number }> {
    if (this.kind !== 'object') return;
    const { source } = this;
    let from = skipBlanks(source, this.start + 1);
    while (from < this.end - 1) {
      if (source.charCodeAt(from) !== QUOTE) throw noJson();
      const to = endOfString(source, from);
      const start = after(source, skipBlanks(source, to), COLON);
      const end = endOfValue(source, start);
      yield { from, to, start, end };
      from = skipBlanks(source, end);
      if (from < this.end - 1) from = after(source, from, COMMA);
    }
  }
}

const isSpelled = (quoted: string, name: string): boolean => quoted.includes('\\') && textOf(quoted) === name;

function textOf(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw noJson();
  }
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

function skipBlanks(source: string, at: number): number {
  while (at < source.length && isBlank(source.charCodeAt(at))) at++;
  return at;
}

/** The next value after a comma or colon. */
function after(source: string, at: number, code: number): number {
  if (source.charCodeAt(at) !== code) throw noJson();
  return skipBlanks(source, at + 1);
}

/** Where the string ends whose opening quote is at `at`. */
function endOfString(source: string, at: number): number {
  for (let next = at + 1; next < source.length; next++) {
    const code = source.charCodeAt(next);
    if (code === QUOTE) return next + 1;
    if (code === BACKSLASH) next++;
  }
  throw noJson();
}

/** Where a value ends, going by quotes and brackets alone: whether it is JSON inside is for its parser. */
function endOfValue(source: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < source.length) {
    switch (source.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(source, at);
        if (depth === 0) return at;
        continue;
      case 0x7b:
      case 0x5b:
        depth++;
        break;
      case 0x7d:
      case 0x5d:
        // A bracket that was opened outside ends a number or a word.
        if (depth === 0) return nonEmpty(start, at);
        if (--depth === 0) return at + 1;
        break;
      case COMMA:
        if (depth === 0) return nonEmpty(start, at);
        break;
      default:
        if (depth === 0 && isBlank(source.charCodeAt(at))) return nonEmpty(start, at);
    }
    at++;
  }
  if (depth > 0) throw noJson();
  return nonEmpty(start, at);
}

function nonEmpty(start: number, end: number): number {
  if (end === start) throw noJson();
  return end;
}
