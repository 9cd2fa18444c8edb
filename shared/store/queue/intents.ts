import { sql } from 'kysely';
import { PolicyChangedError, type SyncError } from '../../errors';
import type { Claim, Intent } from '../../ports';
import type { StoreContext } from '../context';
import type { Queries } from '../database';
import { policyVersions } from '../policies';
import type { Command, Outcome } from '../writer';
import { holdLinks, lostLease } from './fence';

const columns = {
  key: 'text',
  connection_id: 'text',
  link_id: 'text',
  side: 'text',
  operation: 'text',
  record_id: 'text',
  expected_version: 'text',
  desired: 'text',
  agreed: 'text',
  decisions: 'text',
  policy_version: 'int',
  stored_at: 'int',
} as const;

export interface IntentsInput {
  claim: Claim;
  intents: readonly Intent[];
}

/**
 * Stores writes before they are sent. A key that is there already is open again and keeps the time when it was
 * first stored, from which the idempotency window counts; what decided it is what decides it now. What
 * was decided under policies that are no longer in force is decided again.
 */
export function intentsCommand(context: StoreContext): Command<IntentsInput, void> {
  return {
    name: 'intents',
    subjects: ({ claim }) => [claim.link.id],
    run: async ({ queries }, inputs) => {
      const held = await holdLinks(
        context,
        queries,
        inputs.map(({ claim }) => claim.link.id),
      );
      const changed = await policyCheck(context, queries, inputs);
      const refusals = inputs.map((input) => lostLease(input.claim, held) ?? changed(input));
      const rows = inputs
        .filter((_input, index) => !refusals[index])
        .flatMap(({ claim, intents }) => intents.map((intent) => intentColumns(claim, intent)));
      // A statement may not touch a row twice.
      const unique = [...new Map(rows.map((row) => [row.key, row])).values()];
      if (unique.length > 0) {
        await sql`
          insert into intents (key, connection_id, link_id, side, operation, record_id, expected_version, desired,
            agreed, decisions, policy_version, stored_at)
          select v.key, v.connection_id, v.link_id, v.side, v.operation, v.record_id, v.expected_version, v.desired,
            v.agreed, v.decisions, v.policy_version, v.stored_at
          from ${context.dialect.rows(columns, unique)} where true
          on conflict (key) do update set outcome = null, settled_at = null, agreed = excluded.agreed,
            decisions = excluded.decisions, policy_version = excluded.policy_version,
            renewed_at = excluded.stored_at`.execute(queries);
      }
      return refusals.map((refused): Outcome<void> => (refused ? { refused } : { value: undefined }));
    },
  };
}

/** Says of each input whether it was decided under other policies than are in force. */
async function policyCheck(
  context: StoreContext,
  queries: Queries,
  inputs: readonly IntentsInput[],
): Promise<(input: IntentsInput) => SyncError | null> {
  const concerned = inputs.filter(({ intents }) => intents.length > 0);
  if (concerned.length === 0) return () => null;
  const versionOf = await policyVersions(
    context,
    queries,
    concerned.map(({ claim }) => claim.link.connectionId),
  );
  return ({ claim: { link }, intents }) =>
    intents.every(({ policyVersion }) => policyVersion === versionOf(link.connectionId))
      ? null
      : new PolicyChangedError('The conflict policy has changed since this was decided', {
          entity: link.entity,
        });
}

function intentColumns(claim: Claim, intent: Intent) {
  return {
    key: intent.key,
    connection_id: claim.link.connectionId,
    link_id: claim.link.id,
    side: intent.side,
    operation: intent.operation,
    record_id: intent.recordId,
    expected_version: intent.expectedVersion,
    desired: JSON.stringify(intent.desired),
    agreed: intent.agreed === null ? null : JSON.stringify(intent.agreed),
    decisions: intent.decisions?.length ? JSON.stringify(intent.decisions) : null,
    policy_version: intent.policyVersion,
    stored_at: intent.storedAt,
  };
}

/** Gives claims back untouched. */
export function releaseCommand(context: StoreContext): Command<Claim, void> {
  return {
    name: 'release',
    subjects: (claim) => [claim.link.id],
    run: async ({ queries, wake }, claims) => {
      const held = await holdLinks(
        context,
        queries,
        claims.map((claim) => claim.link.id),
      );
      const ours = claims.filter((claim) => !lostLease(claim, held));
      await sql`
        update links set lease_owner = null, leased_at = null, lease_until = null
        where id ${context.dialect.anyOf(ours.map((claim) => claim.link.id))}`.execute(queries);
      if (ours.length > 0) wake();
      return claims.map((claim): Outcome<void> => {
        const refused = lostLease(claim, held);
        return refused ? { refused } : { value: undefined };
      });
    },
  };
}
