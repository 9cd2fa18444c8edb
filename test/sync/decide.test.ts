import type { Resolution } from '../../shared/ports';
import { entityNamed } from '../../shared/schema/entities';
import type { Fields } from '../../shared/schema/entity';
import { decide, type DecideInput, type SideView } from '../../shared/sync/decide';
import { everything } from '../support/capability';

const fields: Fields = { displayName: 'Acme', email: 'a@acme.example', phone: '1' };
const live = (change: Fields = {}): SideView => ({ state: 'live', fields: { ...fields, ...change } });
const gone: SideView = { state: 'deleted', fields: {} };
const absent: SideView = { state: 'absent', fields: {} };

const input = (change: Partial<DecideInput>): DecideInput => ({
  entity: entityNamed('customer'),
  connectionId: 'c1',
  base: { schemaVersion: 1, state: 'live', fields },
  app: live(),
  ledger: live(),
  capabilities: { app: everything, ledger: everything },
  policy: { version: 1, rules: [] },
  resolution: null,
  uncertain: null,
  doubtful: new Set(),
  open: new Set(),
  ...change,
});
const resolution = (choices: Resolution['choices']): Resolution => ({
  choices,
  by: 'user ann' as const,
  at: 0,
});

describe('decide', () => {
  it('does nothing when nothing moved', () => {
    expect(decide(input({}))).toMatchObject({ kind: 'in_step', decisions: [] });
  });

  it('creates on the side that never had the record', () => {
    expect(decide(input({ base: null, ledger: absent }))).toMatchObject({
      kind: 'write',
      writes: { ledger: { operation: 'create', desired: fields } },
    });
  });

  it('writes each side only what it lacks', () => {
    const plan = decide(input({ app: live({ email: 'b@acme.example' }), ledger: live({ phone: '2' }) }));
    expect(plan).toMatchObject({
      kind: 'write',
      writes: {
        app: { operation: 'update', desired: { email: 'b@acme.example', phone: '2' } },
        ledger: { operation: 'update', desired: { email: 'b@acme.example', phone: '2' } },
      },
    });
  });

  it('holds the whole record when one field moved apart', () => {
    const plan = decide(input({ app: live({ email: 'b', phone: '9' }), ledger: live({ email: 'c' }) }));
    expect(plan).toMatchObject({ kind: 'hold', conflicts: [{ path: 'email', app: 'b', ledger: 'c' }] });
    expect(plan).not.toHaveProperty('writes');
  });

  it.each([
    [{ connectionId: '*', entity: '*', field: '*', winner: 'app' }, 'b'],
    [{ connectionId: 'c1', entity: 'customer', field: 'email', winner: 'ledger' }, 'c'],
  ] as const)('follows the policy %j', (rule, winner) => {
    const policy = { version: 2, rules: [rule] };
    const plan = decide(input({ app: live({ email: 'b' }), ledger: live({ email: 'c' }), policy }));
    expect(plan).toMatchObject({ kind: 'write', agreed: { fields: { email: winner } } });
  });

  it('lets the more specific rule win', () => {
    const rules = [
      { connectionId: '*', entity: 'customer', field: 'email', winner: 'app' as const },
      { connectionId: 'c1', entity: '*', field: '*', winner: 'ledger' as const },
    ];
    const plan = decide(
      input({ app: live({ email: 'b' }), ledger: live({ email: 'c' }), policy: { version: 1, rules } }),
    );
    expect(plan).toMatchObject({ agreed: { fields: { email: 'c' } } });
  });

  it('applies what a person chose, field by field, or a typed value', () => {
    const apart = { app: live({ email: 'b', phone: '5' }), ledger: live({ email: 'c', phone: '6' }) };
    const plan = decide(
      input({ ...apart, resolution: resolution({ email: { winner: 'ledger' }, phone: { value: '7' } }) }),
    );
    expect(plan).toMatchObject({
      kind: 'write',
      agreed: { fields: { email: 'c', phone: '7' } },
      writes: { app: {}, ledger: {} },
    });
  });

  it('deletes on the other side what was deleted and not edited there', () => {
    expect(decide(input({ app: gone }))).toMatchObject({
      kind: 'write',
      writes: { ledger: { operation: 'delete' } },
    });
  });

  it('archives where nothing can be deleted, and is content with what is archived already', () => {
    const capabilities = { app: everything, ledger: { ...everything, remove: ['archive' as const] } };
    expect(decide(input({ app: gone, capabilities }))).toMatchObject({
      writes: { ledger: { operation: 'archive', desired: { active: false } } },
    });
    const archived = input({ app: gone, capabilities, ledger: live({ active: false }) });
    expect(decide(archived)).toMatchObject({ kind: 'gone' });
  });

  it('raises delete against edit, both ways, and follows the decision', () => {
    const edited = input({ app: gone, ledger: live({ phone: '3' }) });
    expect(decide(edited)).toMatchObject({
      kind: 'hold',
      conflicts: [{ path: '$state', reason: 'delete_against_edit', app: 'deleted', ledger: 'live' }],
    });
    expect(decide({ ...edited, resolution: resolution({ $state: { winner: 'app' } }) })).toMatchObject({
      writes: { ledger: { operation: 'delete' } },
    });
    expect(decide({ ...edited, resolution: resolution({ $state: { winner: 'ledger' } }) })).toMatchObject({
      writes: { app: { operation: 'create', desired: { phone: '3' } } },
    });
    expect(decide(input({ ledger: gone, app: live({ phone: '3' }) }))).toMatchObject({ kind: 'hold' });
  });

  it('tells void from delete', () => {
    const voided: SideView = { state: 'voided', fields };
    expect(decide(input({ ledger: voided }))).toMatchObject({ writes: { app: { operation: 'void' } } });
    const capabilities = { app: everything, ledger: { ...everything, remove: ['delete' as const] } };
    expect(decide(input({ app: voided, capabilities }))).toMatchObject({
      kind: 'hold',
      conflicts: [{ path: '$state', reason: 'not_writable' }],
    });
  });

  it('makes inactive what cannot be voided, and never deletes it', () => {
    const voided: SideView = { state: 'voided', fields };
    const ledger = { ...everything, remove: ['delete' as const, 'archive' as const] };
    expect(decide(input({ app: voided, capabilities: { app: everything, ledger } }))).toMatchObject({
      writes: { ledger: { operation: 'archive' } },
    });
  });

  it('leaves each side as it is where somebody says so, and asks no more', () => {
    const voided: SideView = { state: 'voided', fields };
    const capabilities = { app: everything, ledger: { ...everything, remove: ['delete' as const] } };
    const both = { app: voided, capabilities };
    const left = decide(input({ ...both, resolution: resolution({ $state: { winner: 'ledger' } }) }));
    expect(left).toMatchObject({ kind: 'in_step', agreed: { state: 'apart' } });
    const base = { schemaVersion: 1, state: 'apart' as const, fields };
    expect(decide(input({ ...both, base, ledger: live({ phone: '7' }) }))).toEqual({
      kind: 'gone',
      agreed: base,
    });
    // The other way needs a void, which there is not: it stays a question.
    expect(decide(input({ ...both, resolution: resolution({ $state: { winner: 'app' } }) }))).toMatchObject({
      kind: 'hold',
      conflicts: [{ path: '$state', reason: 'not_writable' }],
    });
  });

  it('renews what a record calls by a former id, where that can be written', () => {
    const plan = { kind: 'write', writes: { app: { operation: 'update', desired: fields } }, decisions: [] };
    const outdated: SideView = { ...live(), outdated: ['parent'] };
    expect(decide(input({ app: outdated }))).toMatchObject(plan);
    for (const capability of [{ update: false }, { readOnly: { parent: 'fixed' } }]) {
      const app = { ...everything, ...capability };
      const capabilities = { app, ledger: everything };
      expect(decide(input({ app: outdated, capabilities }))).toMatchObject({ kind: 'in_step' });
    }
  });

  it('says that a side cannot take what was chosen, instead of asking the same again', () => {
    const capabilities = { app: everything, ledger: { ...everything, update: false } };
    const chosen = input({
      app: live({ email: 'b' }),
      ledger: live({ email: 'c' }),
      capabilities,
      resolution: resolution({ email: { winner: 'app' } }),
    });
    expect(decide(chosen)).toMatchObject({
      kind: 'hold',
      conflicts: [{ path: 'email', reason: 'not_writable' }],
    });
  });

  it('ends with a tombstone when both sides are gone', () => {
    expect(decide(input({ app: gone, ledger: gone }))).toMatchObject({
      kind: 'gone',
      agreed: { state: 'deleted' },
    });
  });

  it('raises a change of what is set once', () => {
    const base = { schemaVersion: 1, state: 'live' as const, fields: { ...fields, currency: 'USD' } };
    const plan = decide(input({ base, app: live({ currency: 'EUR' }), ledger: live({ currency: 'USD' }) }));
    expect(plan).toMatchObject({ kind: 'hold', conflicts: [{ path: 'currency', reason: 'immutable' }] });
  });

  it('never writes to a side what that side computes or cannot hold', () => {
    const capabilities = {
      app: everything,
      ledger: { ...everything, unsupported: { phone: 'no phone there' } },
    };
    const plan = decide(
      input({
        app: live({ phone: '9', balance: '1' }),
        ledger: { state: 'live', fields: { displayName: 'Acme', email: 'a@acme.example' } },
        capabilities,
      }),
    );
    expect(plan).toMatchObject({ kind: 'in_step', agreed: { fields: { phone: '9' } } });
  });

  it('asks a person where a lost write of ours may have been undone', () => {
    const plan = decide(input({ app: live({ phone: '9' }), uncertain: 'ledger' }));
    expect(plan).toMatchObject({ kind: 'hold', conflicts: [{ path: 'phone', reason: 'uncertain_write' }] });
  });

  it('gives the same plan for the same input, and leaves the input alone', () => {
    const one = input({ app: live({ email: 'b' }), ledger: live({ phone: '2' }) });
    const copy = structuredClone(one.app);
    expect(decide(one)).toEqual(decide(one));
    expect(one.app).toEqual(copy);
  });
});
