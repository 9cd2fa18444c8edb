import type { Connection } from '../../../../shared/ports';
import { entityOptions } from './settings';

/** A connection as the node outputs it. */
export function viewOf(connection: Connection) {
  const { id, name, provider, tenantId, state, pausedReason, resumeAt, settings, createdAt, trouble } =
    connection;
  const { environment, baseUrl, credentialId } = connection.binding;
  return {
    name,
    state,
    pausedReason,
    resumeAt: resumeAt === null ? null : new Date(resumeAt).toISOString(),
    trouble: trouble?.message ?? null,
    entities: settings.entities ?? null,
    entityLabels: entityOptions(provider)
      .filter(({ value }) => settings.entities?.includes(value) ?? true)
      .map(({ name: label }) => label),
    dailyReadBudget: settings.dailyReadBudget ?? null,
    createdAt: new Date(createdAt).toISOString(),
    provider,
    tenantId,
    environment,
    baseUrl,
    credentialId,
    id,
  };
}
