import { faults } from './apiFault';

export type Operator = '=' | '<' | '>' | '<=' | '>=' | 'IN' | 'LIKE';

export interface Condition {
  property: string;
  operator: Operator;
  values: string[];
}

export interface Query {
  entity: string;
  count: boolean;
  /** Named columns; empty for all. */
  columns: string[];
  where: Condition[];
  order: { property: string; descending: boolean } | undefined;
  start: number;
  max: number;
}

interface Token {
  kind: 'word' | 'string' | 'number' | 'symbol' | 'end';
  text: string;
}

const TOKEN = /\s*(?:('(?:\\.|[^'\\])*')|([A-Za-z_][A-Za-z0-9_.]*)|(\d+)|(<=|>=|[=<>(),*]))/y;

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const end = source.trimEnd().length;
  while (at < end) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (match === null)
      throw faults.queryParser(`Lexical error at column ${at + 1}: ${source.slice(at, at + 10)}`);
    at = TOKEN.lastIndex;
    const [, string, word, number, symbol] = match;
    if (string !== undefined)
      tokens.push({ kind: 'string', text: string.slice(1, -1).replace(/\\(.)/g, '$1') });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else tokens.push({ kind: 'symbol', text: symbol ?? '' });
  }
  return tokens;
}

const KEYWORDS = new Set([
  'SELECT',
  'FROM',
  'WHERE',
  'AND',
  'ORDERBY',
  'STARTPOSITION',
  'MAXRESULTS',
  'IN',
  'LIKE',
  'OR',
]);
const COMPARISONS = new Set(['=', '<', '>', '<=', '>=']);

/** The vendor's query language: no OR, no GROUP BY, no JOIN, conditions joined by AND only. */
class QueryParser {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): Query {
    this.keyword('SELECT');
    const { count, columns } = this.projection();
    this.keyword('FROM');
    const entity = this.name();
    const where: Condition[] = [];
    if (this.tryKeyword('WHERE')) {
      do where.push(this.condition());
      while (this.tryKeyword('AND'));
    }
    const order = this.tryKeyword('ORDERBY') ? this.order() : undefined;
    const start = this.tryKeyword('STARTPOSITION') ? this.number() : 1;
    const max = this.tryKeyword('MAXRESULTS') ? this.number() : 100;
    if (this.peek().kind !== 'end') throw this.unexpected();
    if (start < 1) throw faults.queryInvalid(`value ${start} is too small. Min allowed value is 1.`);
    if (max > 1000) throw faults.queryInvalid(`value ${max} is too large. Max allowed value is 1000.`);
    return { entity, count, columns, where, order, start, max };
  }

  private projection(): { count: boolean; columns: string[] } {
    if (this.trySymbol('*')) return { count: false, columns: [] };
    const first = this.name();
    if (first.toLowerCase() === 'count' && this.trySymbol('(')) {
      this.symbol('*');
      this.symbol(')');
      return { count: true, columns: [] };
    }
    const columns = [first];
    while (this.trySymbol(',')) columns.push(this.name());
    return { count: false, columns };
  }

  private condition(): Condition {
    const property = this.name();
    const token = this.next();
    if (token.kind === 'symbol' && COMPARISONS.has(token.text)) {
      return { property, operator: token.text as Operator, values: [this.value()] };
    }
    const word = token.kind === 'word' ? token.text.toUpperCase() : '';
    if (word === 'LIKE') return { property, operator: 'LIKE', values: [this.value()] };
    if (word !== 'IN') throw this.unexpected(token);
    this.symbol('(');
    const values = [this.value()];
    while (this.trySymbol(',')) values.push(this.value());
    this.symbol(')');
    return { property, operator: 'IN', values };
  }

  private order(): Query['order'] {
    const property = this.name();
    if (this.tryKeyword('DESC')) return { property, descending: true };
    this.tryKeyword('ASC');
    return { property, descending: false };
  }

  /** Values are quoted; only truth values may stand bare. */
  private value(): string {
    const token = this.next();
    if (token.kind === 'string') return token.text;
    if (token.kind === 'word' && /^(true|false)$/i.test(token.text)) return token.text.toLowerCase();
    throw this.unexpected(token);
  }

  private number(): number {
    const token = this.next();
    if (token.kind !== 'number') throw this.unexpected(token);
    return Number(token.text);
  }

  private name(): string {
    const token = this.next();
    if (token.kind !== 'word' || KEYWORDS.has(token.text.toUpperCase())) throw this.unexpected(token);
    return token.text;
  }

  private peek(): Token {
    return this.tokens[this.at] ?? { kind: 'end', text: '<EOF>' };
  }

  private next(): Token {
    const token = this.peek();
    this.at++;
    return token;
  }

  private tryKeyword(word: string): boolean {
    const token = this.peek();
    if (token.kind !== 'word' || token.text.toUpperCase() !== word) return false;
    this.at++;
    return true;
  }

  private keyword(word: string): void {
    if (!this.tryKeyword(word)) throw this.unexpected();
  }

  private trySymbol(symbol: string): boolean {
    const token = this.peek();
    if (token.kind !== 'symbol' || token.text !== symbol) return false;
    this.at++;
    return true;
  }

  private symbol(symbol: string): void {
    if (!this.trySymbol(symbol)) throw this.unexpected();
  }

  private unexpected(token = this.peek()) {
    return faults.queryParser(`Encountered " ${token.text} "`);
  }
}

export function parseQuery(source: string): Query {
  if (source.trim() === '') throw faults.required('query');
  return new QueryParser(tokenize(source)).parse();
}
