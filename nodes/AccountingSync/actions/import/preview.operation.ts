import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { createAppSide } from '../../../../shared/app/side';
import { ValidationError } from '../../../../shared/errors';
import { questionFor } from '../../../../shared/people/decide';
import type { Connection } from '../../../../shared/ports';
import { providerNamed } from '../../../../shared/providers';
import { entityNamed } from '../../../../shared/schema/entities';
import type { OpenStore } from '../../../../shared/store';
import type { Outcome } from '../../../../shared/sync/outcome';
import { RehearsedSide, rehearseImport, type EntityRehearsal } from '../../../../shared/sync/rehearse';
import { systemRandom } from '../../../../shared/system';
import { nodeLogger } from '../../../runtime/logger';
import { quickBooksCompany } from '../../../runtime/quickBooks';
import { withConnection, type ConnectionRun } from '../../../runtime/run';
import { withStore } from '../../../runtime/store';
import { sidesOf } from '../sides';
import { stopping } from '../telling';
import { entitiesChoice } from './entities';
import { dryRunFields, dryRunView, type Problem, type Question } from './words';

const show = { resource: ['import'], operation: ['preview'] };

export const description: INodeProperties[] = [
  {
    displayName:
      'Reads all records on both sides and says what the import would link, create and ask about. Nothing is written or stored; the reads count against the daily read budget. What a side would refuse shows only when it is written.',
    name: 'dryRunNotice',
    type: 'notice',
    default: '',
    displayOptions: { show },
  },
  entitiesChoice(show),
  {
    displayName: 'Add Form Fields',
    name: 'formFields',
    type: 'boolean',
    noDataExpression: true,
    default: false,
    description: 'Whether to add "formFields": the result as the JSON fields of an n8n Form page',
    displayOptions: { show },
  },
];

/** More than anybody reads on one page. */
const MOST_LISTED = 50;

/** One item: what the import would do, by entity, and what it would ask. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const chosen = this.getNodeParameter('entities', itemIndex, []) as string[];
  const isForm = this.getNodeParameter('formFields', itemIndex, false) === true;
  const company = await quickBooksCompany(this);
  return await withStore(
    this,
    async (store) =>
      await withConnection(this, store, company, async ({ connection, ledger, ports, calls }) => {
        refusePaused(connection);
        const copy = await store.copyOf(connection.id);
        try {
          const parts = { ...ports, store: copy, connectionId: connection.id, random: systemRandom };
          const sides = { app: createAppSide(parts), ledger: new RehearsedSide(ledger) };
          const done: EntityRehearsal[] = [];
          const attention: Outcome[] = [];
          const stoppedBy = await stopping(async () => {
            const report = await rehearseImport({ ...parts, sides }, connection, {
              ...(chosen.length > 0 ? { entities: chosen } : {}),
              onProgress: (progress) =>
                nodeLogger(this.logger).debug('Dry run of the first import', {
                  ...progress,
                  connection: connection.name,
                }),
              onEntity: (entity) => done.push(entity),
            });
            attention.push(...report.attention);
          });
          const { label } = providerNamed(connection.provider);
          const view = dryRunView(
            done,
            {
              ...(await questionsOf(this, copy, connection, attention)),
              ...problemsOf(attention),
              readsUsed: calls.read,
              stoppedBy:
                stoppedBy && [stoppedBy.message, stoppedBy.details.nextStep].filter(Boolean).join('. '),
            },
            connection,
            label,
          );
          const { name: connectionName, id: connectionId } = connection;
          const form = isForm ? { formFields: dryRunFields(view, label) } : {};
          return [{ ...view, ...form, connectionName, connectionId }];
        } finally {
          await copy.close();
        }
      }),
  );
}

function refusePaused({ name, state, pausedReason }: ConnectionRun['connection']): void {
  if (state !== 'paused') return;
  throw new ValidationError(
    `"${name}" is paused (${pausedReason ?? 'no reason given'}), so nothing would be imported`,
    {
      nextStep: 'Resume it with Connection: Resume, then run the dry run again.',
    },
  );
}

/** What people would be asked, in the words of the question itself. */
async function questionsOf(
  context: IExecuteFunctions,
  copy: OpenStore,
  connection: Connection,
  attention: readonly Outcome[],
): Promise<{ questions: Question[]; questionsLeftOut: number }> {
  const asked = new Set(attention.filter(({ result }) => result === 'conflict').map(({ linkId }) => linkId));
  const filter = { connectionId: connection.id, status: 'open' as const };
  const questions: Question[] = [];
  for (let afterId: string | undefined, more = asked.size > 0; more && questions.length < MOST_LISTED; ) {
    const page = await copy.conflicts.list({
      ...filter,
      ...(afterId ? { afterId } : {}),
      limit: MOST_LISTED,
    });
    for (const { id, linkId } of page) {
      if (!asked.has(linkId) || questions.length === MOST_LISTED) continue;
      const found = await questionFor(copy, id, sidesOf(context, connection));
      if (found.kind !== 'open') continue;
      const { heading, explanation, rows } = found.question;
      questions.push({ heading, why: explanation, fields: rows.map(({ label }) => label).join(', ') });
    }
    afterId = page.at(-1)?.id;
    more = page.length === MOST_LISTED;
  }
  return { questions, questionsLeftOut: asked.size - questions.length };
}

function problemsOf(attention: readonly Outcome[]): { problems: Problem[]; problemsLeftOut: number } {
  const failed = attention.filter(({ result }) => result === 'failed');
  const problems = failed.slice(0, MOST_LISTED).map(({ entity, title, error }) => ({
    record: `${entityNamed(entity).label} ${title}`,
    reason: [error?.message, error?.nextStep].filter(Boolean).join('. '),
  }));
  return { problems, problemsLeftOut: failed.length - problems.length };
}
