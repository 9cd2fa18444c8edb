import { z } from 'zod/v4';
import { MappingError } from '../../errors';
import { isJsonObject, JsonNumber, type Json, type JsonObject } from '../../mapping/json';
import { normalizeInstant, type Instant } from '../../schema/calendar';

/**
 * What every answer must have to be worked with. Everything else is left to the rows of the mappings, so that
 * members added by the service never stop a sync.
 */
const digits = z
  .union([z.string(), z.instanceof(JsonNumber).transform((number) => number.text)])
  .pipe(z.string().min(1).max(50));

const metaData = z.looseObject({
  CreateTime: z.string().optional(),
  LastUpdatedTime: z.string().optional(),
});

const recordHead = z.looseObject({
  Id: digits,
  SyncToken: digits.optional(),
  status: z.string().optional(),
  MetaData: metaData.optional(),
});

const queryAnswer = z.looseObject({ QueryResponse: z.looseObject({}) });
const changeAnswer = z.looseObject({
  CDCResponse: z.array(z.looseObject({ QueryResponse: z.array(z.looseObject({})) })).min(1),
});

export const companyInfo = z.looseObject({
  CompanyName: z.string().optional(),
  LegalName: z.string().optional(),
  Country: z.string().optional(),
});

/** Rates and codes as they are needed to compute an effective rate. */
export const taxRateDetail = z.looseObject({
  TaxRateRef: z.looseObject({ value: digits }),
  TaxTypeApplicable: z.string().optional(),
  TaxOrder: digits.optional(),
  TaxOnTaxOrder: digits.optional(),
});

export interface RecordHead {
  id: string;
  /** Null on the stub of a deleted record. */
  syncToken: string | null;
  deleted: boolean;
  createdAt: Instant | null;
  updatedAt: Instant | null;
  /** As the service wrote it, for use in a query. */
  updatedText: string | null;
}

function unexpected(what: string, error: z.ZodError): MappingError {
  const [issue] = error.issues;
  return new MappingError(
    `QuickBooks answered ${what} in an unknown shape: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    {
      provider: 'quickbooks',
      nextStep: 'Look for a newer version of this pack; the service may have changed its answers.',
    },
  );
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw unexpected(what, result.error);
  return result.data;
}

export function headOf(wire: JsonObject, resource: string): RecordHead {
  const head = parse(recordHead, wire, resource);
  const updatedText = head.MetaData?.LastUpdatedTime ?? null;
  return {
    id: head.Id,
    syncToken: head.SyncToken ?? null,
    deleted: head.status === 'Deleted',
    createdAt: normalizeInstant(head.MetaData?.CreateTime ?? ''),
    updatedAt: normalizeInstant(updatedText ?? ''),
    updatedText,
  };
}

/** The records of a query's answer; an empty one lacks the array. */
export function recordsOf(envelope: JsonObject, resource: string): JsonObject[] {
  const { QueryResponse } = parse(queryAnswer, envelope, 'a query');
  return objectsIn(QueryResponse[resource], resource);
}

/** The changed records of a change answer, per resource. */
export function changedRecordsOf(
  envelope: JsonObject,
  resources: readonly string[],
): Map<string, JsonObject[]> {
  const { CDCResponse } = parse(changeAnswer, envelope, 'the changes');
  const responses = CDCResponse.flatMap((part) => part.QueryResponse);
  return new Map(
    resources.map((name) => [name, responses.flatMap((response) => objectsIn(response[name], name))]),
  );
}

function objectsIn(value: unknown, resource: string): JsonObject[] {
  if (value === undefined || value === null) return [];
  const found = Array.isArray(value) ? value : [value];
  return parse(z.array(z.custom<JsonObject>(isJsonObject, `is not a ${resource}`)), found, resource);
}

export function memberOf(envelope: JsonObject, resource: string): JsonObject {
  return parse(z.custom<JsonObject>(isJsonObject, 'is missing'), envelope[resource], resource);
}

export function companyOf(envelope: JsonObject): z.infer<typeof companyInfo> {
  return parse(companyInfo, envelope.CompanyInfo, 'CompanyInfo');
}

export function taxDetailsOf(value: Json | undefined): z.infer<typeof taxRateDetail>[] {
  return value === undefined ? [] : parse(z.array(taxRateDetail), value, 'TaxRateDetail');
}
