export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A new unique id that sorts by time of creation (UUID v7). */
  id(): string;
}

export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Absolute, without the query. */
  url: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs?: number;
}

export interface HttpResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
}

/**
 * An authenticated transport. Resolves with any status; rejects with AuthError when the grant is dead, with
 * TransientError when nothing was sent, with UncertainWriteError when a non-GET may have arrived.
 */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
}

/** Counts calls by kind and refuses those over the budget (BudgetError). */
export interface CallMeter {
  /** `read` is what the provider meters; `write` is free where the provider says so. */
  count(kind: 'read' | 'write' | 'auth'): void;
}
