import { asFault } from './apiFault';
import type { Company } from './company';
import type { EntitySpec } from './entities/fieldTypes';
import { faultMember } from './envelopes';
import { textOf, type Fields } from './json';
import { present } from './present';
import { createRecord, deleteRecord, updateRecord, voidRecord, type WriteContext } from './writes';

export interface CallSwitches {
  spuriousDeleted: boolean;
}

/** One write on one entity, shared by single calls and batch items. */
export function write(
  company: Company,
  spec: EntitySpec,
  operation: 'create' | 'update' | 'delete' | 'void',
  body: Fields,
  context: WriteContext,
): Fields {
  switch (operation) {
    case 'create':
      return present(company, spec.name, createRecord(company, spec, body, context));
    case 'update':
      return present(company, spec.name, updateRecord(company, spec, body, context));
    case 'void':
      return present(company, spec.name, voidRecord(company, spec, body, context));
    case 'delete':
      return deleteRecord(company, spec, body, context);
  }
}

/** A refusal inside a batch answer. */
export const faultOf = (error: unknown): Fields => ({ Fault: faultMember(asFault(error)) });

export const idOf = (answer: Fields): string => textOf(answer.Id);
