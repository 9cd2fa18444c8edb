import { sql } from 'kysely';
import type { Actor, DecisionLink, DecisionLinkStore, FoundLink, Resolution } from '../ports';
import { sha256 } from '../schema/canonicalJson';
import { decisionLinkCreated } from './acts';
import { appendAudit } from './audit';
import { holdDecidable, recordResolution } from './conflicts';
import type { StoreContext } from './context';
import type { DecisionLinkRow, Queries } from './database';
import { holdLinks } from './queue/fence';
import { linkNotUsable } from './refusals';
import { parse } from './rows';
import { single } from './writer';

const PAGE = 'decision_page';

interface CreateInput {
  tokenHash: string;
  conflictId: string;
  person: string;
  expiresAt: number;
  now: number;
  by: Actor;
}

interface UseInput {
  tokenHash: string;
  resolution: Resolution;
  seenRefreshedAt: number;
}

export function createDecisionLinkStore(context: StoreContext): DecisionLinkStore {
  const create = single('decision_links', async ({ queries }, input: CreateInput) => {
    const { tokenHash, conflictId, person, expiresAt, now, by } = input;
    const { conflict } = await holdDecidable(context, queries, conflictId, null);
    await sql`
      update decision_links set superseded_at = ${now}
      where conflict_id = ${conflictId} and person = ${person} and used_at is null and superseded_at is null`.execute(
      queries,
    );
    const row: DecisionLinkRow = {
      token_hash: tokenHash,
      connection_id: conflict.connection_id,
      link_id: conflict.link_id,
      conflict_id: conflictId,
      seen_refreshed_at: conflict.refreshed_at,
      person,
      created_at: now,
      expires_at: expiresAt,
      used_at: null,
      superseded_at: null,
    };
    await queries.insertInto('decision_links').values(row).execute();
    const link = linkFromRow(row);
    await appendAudit(context, queries, [
      { connectionId: link.connectionId, at: now, entry: decisionLinkCreated(link, conflict, by) },
    ]);
    return link;
  });
  const use = single('decision_links', async (tx, { tokenHash, resolution, seenRefreshedAt }: UseInput) => {
    const { queries } = tx;
    const seen = await rowOf(queries, tokenHash);
    // Whoever erases or settles the record holds its link first, and so do we.
    if (seen) await holdLinks(context, queries, [seen.link_id]);
    const found = foundOf(seen && (await rowOf(queries, tokenHash)), resolution.at);
    if (found.kind !== 'open') throw linkNotUsable(found);
    const decidable = await holdDecidable(context, queries, found.link.conflictId, seenRefreshedAt);
    await queries
      .updateTable('decision_links')
      .set({ used_at: resolution.at })
      .where('token_hash', '=', tokenHash)
      .execute();
    await recordResolution(context, tx, decidable, resolution);
  });
  const setPage = single('settings', async ({ queries }, { url, now }: { url: string; now: number }) => {
    const value = JSON.stringify(url);
    await queries
      .insertInto('store_settings')
      .values({ name: PAGE, value, updated_at: now })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value, updated_at: now }))
      .execute();
  });
  const clearPage = single('settings', async ({ queries }, url: string) => {
    await queries
      .deleteFrom('store_settings')
      .where('name', '=', PAGE)
      .where('value', '=', JSON.stringify(url))
      .execute();
  });
  return {
    create: async ({ token, ...link }, act) =>
      await context.write(create, { ...link, ...act, tokenHash: sha256(token) }),
    look: async (token, now) =>
      foundOf(await context.read(async (queries) => await rowOf(queries, sha256(token))), now),
    use: async (token, resolution, seenRefreshedAt) => {
      await context.write(use, { tokenHash: sha256(token), resolution, seenRefreshedAt });
    },
    page: async () => {
      const row = await context.read(
        async (queries) =>
          await queries
            .selectFrom('store_settings')
            .select('value')
            .where('name', '=', PAGE)
            .executeTakeFirst(),
      );
      return row ? parse<string>(row.value) : null;
    },
    setPage: async (url, now) => {
      await context.write(setPage, { url, now });
    },
    clearPage: async (url) => {
      await context.write(clearPage, url);
    },
  };
}

const rowOf = async (queries: Queries, tokenHash: string): Promise<DecisionLinkRow | undefined> =>
  await queries
    .selectFrom('decision_links')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();

function foundOf(row: DecisionLinkRow | undefined, now: number): FoundLink {
  if (!row) return { kind: 'unknown' };
  const link = linkFromRow(row);
  if (row.used_at !== null) return { kind: 'used', link, usedAt: row.used_at };
  if (row.superseded_at !== null) return { kind: 'superseded', link };
  return { kind: row.expires_at <= now ? 'expired' : 'open', link };
}

const linkFromRow = (row: DecisionLinkRow): DecisionLink => ({
  conflictId: row.conflict_id,
  connectionId: row.connection_id,
  linkId: row.link_id,
  seenRefreshedAt: row.seen_refreshed_at,
  person: row.person,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});
