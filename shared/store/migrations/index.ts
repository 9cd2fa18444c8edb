import type { Dialect } from '../dialect';
import { initial } from './0001-initial';
import { people } from './0002-people';

/** One numbered step of the schema, in the SQL that both databases understand. Never edited once released. */
export interface Migration {
  version: number;
  name: string;
  statements(ddl: Dialect['ddl']): string[];
}

/** In order, without gaps. */
export const migrations: readonly Migration[] = [initial, people];
