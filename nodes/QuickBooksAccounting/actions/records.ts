import { createHash } from 'node:crypto';
import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NotFoundError, ValidationError } from '../../../shared/errors';
import { JsonNumber } from '../../../shared/mapping/json';
import type { SideRecord } from '../../../shared/ports';
import type { ProviderSide } from '../../../shared/providers/provider';
import { entityNamed } from '../../../shared/schema/entities';
import { locatorValue } from '../../runtime/locator';
import { noMeter } from '../../runtime/meter';
import { recordLocator } from '../../runtime/properties';
import { QUICKBOOKS, quickBooksCompany, quickBooksSide } from '../../runtime/quickBooks';
import type { ResourceEntity } from './entities';

export async function openSide(context: IExecuteFunctions): Promise<ProviderSide> {
  return quickBooksSide(context, await quickBooksCompany(context), noMeter);
}

export const resourceOf = (context: IExecuteFunctions): string =>
  context.getNodeParameter('resource', 0) as string;

/** One locator per entity, as each has its own list. */
export const recordProperties = (those: readonly ResourceEntity[], operation: string[]): INodeProperties[] =>
  those.map(({ entity }) => ({
    ...recordLocator({ name: 'record', label: entity.label, entity: entity.name }),
    required: true,
    displayOptions: { show: { resource: [entity.name], operation } },
  }));

/** The record that the item names. Throws NotFoundError when it is not there. */
export async function readRecord(
  context: IExecuteFunctions,
  side: ProviderSide,
  itemIndex: number,
): Promise<SideRecord> {
  const entity = entityNamed(resourceOf(context));
  const { value: id } = locatorValue(context.getNodeParameter('record', itemIndex));
  if (id === '') {
    throw new ValidationError(`No ${entity.label.toLowerCase()} is chosen`, {
      nextStep: 'Choose one from the list, or give its ID.',
    });
  }
  const record = await side.read(entity.name, id);
  if (record && record.state !== 'deleted') return record;
  throw new NotFoundError(`${entity.label} ${id} is not in QuickBooks`, {
    provider: QUICKBOOKS,
    entity: entity.name,
    recordId: id,
    nextStep: 'Check the ID; the record may have been deleted.',
  });
}

/** A record as the node outputs it. */
export function viewOf(context: IExecuteFunctions, itemIndex: number, record: SideRecord): object {
  const entity = resourceOf(context);
  const { id, version, state, fields, raw } = record;
  if (context.getNodeParameter('output', itemIndex, 'canonical') === 'raw' && raw !== undefined) {
    return plain(raw) as object;
  }
  return { entity, id, version, state, fields };
}

/** Plain JSON. A number that a float cannot hold exactly stays text. */
function plain(value: unknown): unknown {
  if (value instanceof JsonNumber) {
    const number = Number(value.text);
    const same = new JsonNumber(String(number)).toDecimal() === value.toDecimal();
    return same ? number : value.text;
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

/**
 * The idempotency key of a write: the same for a retry of this very step, another one for anything else, since a
 * key must never be used for another body.
 */
export function writeKey(context: IExecuteFunctions, itemIndex: number, write: object): string {
  const { $runIndex } = context.getWorkflowDataProxy(itemIndex) as { $runIndex?: number };
  const parts: IDataObject = {
    execution: context.getExecutionId(),
    node: context.getNode().id,
    run: $runIndex ?? 0,
    itemIndex,
    write: JSON.stringify(write),
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
