import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import type { AuditFault, AuditReport } from '../../../../shared/ports';
import { withStore } from '../../../runtime/store';
import { chosenChain, scopeProperties } from './scope';

export const description: INodeProperties[] = [
  ...scopeProperties('verify'),
  {
    displayName: 'Compare With',
    name: 'compareWith',
    type: 'string',
    default: '',
    placeholder: 'audit1.eyJhdCI6MTc1…',
    hint: 'The anchor of an earlier Audit: Verify, or from the log of n8n',
    description:
      'Whether the audit still contains what it contained then; shows that an old backup was put back',
    displayOptions: { show: { resource: ['audit'], operation: ['verify'] } },
  },
];

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const compareWith = (this.getNodeParameter('compareWith', itemIndex, '') as string).trim();
  return await withStore(this, async (store) => {
    const { connectionId, connectionName } = await chosenChain(this, store, itemIndex);
    const report = await store.audit.verify(connectionId, {
      now: store.now(),
      ...(compareWith === '' ? {} : { compareWith }),
    });
    return [{ ...viewOf(report), connectionName, connectionId }];
  });
}

const FAULTS: Readonly<Record<AuditFault, string>> = {
  gap: 'rows are missing there',
  link: 'it does not follow the row before it',
  content: 'it was changed after it was written, or was not written by this n8n',
  erasure: 'its details were taken away, and not by an erasure of Accounting Sync',
  head_missing: 'the record of where the audit ends was removed',
  head: 'the record of where the audit ends was changed or replaced',
  tail_missing: 'the last rows were removed',
  checkpoint: 'the record of what was archived was changed or replaced',
  head_changed: 'when it was written, the record of where the audit ends had been changed',
};

/** What a key cannot show, in every report, so that nobody takes it for more than it is. */
const NOT_PROMISED = [
  'Who has both the database and the encryption key of n8n can write an audit that holds.',
  'An old backup of the whole store holds too; compare with an anchor that was kept elsewhere to see it.',
];

export function viewOf(report: AuditReport): object {
  const { rows, from, to, archived, erased, keyId, brokenAt, anchor, comparison } = report;
  return {
    holds: brokenAt === null && comparison !== 'missing',
    summary: summaryOf(report),
    rows,
    from: from && { row: from.seq, time: timeOf(from.at) },
    to: to && { row: to.seq, time: timeOf(to.at) },
    firstBrokenRow: brokenAt,
    archivedRows: archived,
    erasedRows: erased,
    key: keyId,
    comparison,
    anchor,
    notPromised: limitsOf(report),
  };
}

const timeOf = (at: number): string => new Date(at).toISOString();

function summaryOf({ rows, from, to, brokenAt, fault, comparison }: AuditReport): string {
  const checked =
    from && to
      ? `${rows} rows hold, from row ${from.seq} (${timeOf(from.at)}) to row ${to.seq} (${timeOf(to.at)}).`
      : 'No row holds.';
  if (fault !== null) return `${checked} Row ${brokenAt} does not: ${FAULTS[fault]}.`;
  switch (comparison) {
    case 'missing':
      return `${checked} But what the anchor was made of is not in it any more: rows were removed, or an older state of the store was put back.`;
    case 'contained':
      return `${checked} What the anchor was made of is still in it.`;
    case 'archived':
      return `${checked} What the anchor was made of has been archived since, so the two cannot be compared.`;
    case null:
      return checked;
  }
}

function limitsOf({ keyId, otherKeys, archived, erased }: AuditReport): string[] {
  return [
    ...(keyId === null
      ? [
          'The encryption key of n8n was not found, so anybody who can write to the database can write an audit that holds.',
        ]
      : []),
    ...otherKeys.map(
      ({ from, to }) =>
        `Rows ${from} to ${to} were made with another key; that they follow each other is all that can be checked of them.`,
    ),
    ...(archived > 0
      ? [`Rows 1 to ${archived} were archived; what they said cannot be checked any more.`]
      : []),
    ...(erased > 0
      ? [
          `Personal data was erased from ${erased} rows; that they were there, when and in which order is checked.`,
        ]
      : []),
    ...NOT_PROMISED,
  ];
}
