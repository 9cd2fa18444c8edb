import { types, type PoolConfig } from 'pg';
import { StoreError } from '../../errors';
import { isLoopback, type PostgresOptions, type StoreLimits } from '../options';

/**
 * How to connect. Nothing here is a setting of the session: a transaction pooler hands every transaction to
 * another session, and refuses a start with parameters that it does not know.
 */
export function clientConfig(options: PostgresOptions, limits: StoreLimits): PoolConfig {
  const { host, port, database, user, password } = options;
  return {
    host,
    port,
    database,
    user,
    password,
    ssl: tlsOf(options),
    connectionTimeoutMillis: limits.connectMs,
    query_timeout: limits.queryMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'accounting-sync',
    types: { getTypeParser: parserOf as typeof types.getTypeParser },
  };
}

/** What is not said is the safe thing: encrypted and checked, except on this machine. */
function tlsOf({ host, tls, ca, cert, key }: PostgresOptions): PoolConfig['ssl'] {
  const mode = tls ?? (isLoopback(host) ? 'off' : 'on');
  if (mode === 'off') return false;
  return {
    // The name in the certificate is compared to this; without it, to "localhost" where the host is an address.
    host,
    rejectUnauthorized: mode === 'on',
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** int8 and the numeric of sums as numbers; one that a number cannot hold exactly is refused. */
function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid !== types.builtins.INT8 && oid !== types.builtins.NUMERIC) {
    return types.getTypeParser(oid, format as 'text');
  }
  return (text: string) => {
    const number = Number(text);
    if (!Number.isSafeInteger(number))
      throw new StoreError(`The number ${text} in the store is out of range`);
    return number;
  };
}
