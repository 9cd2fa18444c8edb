import type { SideName } from '../../ports';
import type { Fields, FieldSpec, FieldValue } from '../../schema/entity';
import { MAX_ELEMENTS } from '../../schema/fields';
import { elementKey, elementsOf, sameElement, sameValue } from '../compare';
import { mergeOrder } from './order';
import { fill, mergeUnit } from './unit';
import type { ValueMerger } from './value';

/** Merges lists element by element, and elements member by member. */
export class ListMerger {
  constructor(private readonly values: ValueMerger) {}

  list(spec: FieldSpec, base: FieldValue, app: FieldValue, ledger: FieldValue): FieldValue {
    if (app === undefined)
      return this.values.firstMeeting ? ledger : this.wholeList(spec, 'ledger', base, ledger);
    if (ledger === undefined) return this.values.firstMeeting ? app : this.wholeList(spec, 'app', base, app);
    const [b, a, l] = [byKey(spec, base), byKey(spec, app), byKey(spec, ledger)];
    const { decisions, conflicts } = this.values;
    const [decided, raised] = [decisions.length, conflicts.length];
    const merged = new Map<string, Fields>();
    for (const key of new Set([...b.keys(), ...a.keys(), ...l.keys()])) {
      const element = this.element(spec, key, b.get(key), a.get(key), l.get(key));
      if (element) merged.set(key, element);
    }
    const order = spec.ordered
      ? mergeOrder(this.values, spec, [...b.keys()], [...a.keys()], [...l.keys()])
      : [...merged.keys()];
    const elements = order.flatMap((key): Fields[] => {
      const element = merged.get(key);
      return element ? [element] : [];
    });
    if (elements.length <= MAX_ELEMENTS) return elements;
    // Each side's lines fit, those of both together do not: whose they are to be is one question.
    decisions.length = decided;
    conflicts.length = raised;
    return this.values.apart(spec, spec.path, base, app, ledger, 'both_changed');
  }

  /** Only one side holds this list; its state is the list. */
  private wholeList(spec: FieldSpec, from: SideName, base: FieldValue, value: FieldValue): FieldValue {
    const [b, v] = [byKey(spec, base), byKey(spec, value)];
    const same =
      b.size === v.size &&
      [...v].every(([key, element]) => {
        const old = b.get(key);
        return old !== undefined && sameElement(spec, old, element);
      });
    if (!same) this.values.decisions.push({ path: spec.path, from, by: 'edit', before: base, after: value });
    return value;
  }

  private element(
    spec: FieldSpec,
    key: string,
    base: Fields | undefined,
    app: Fields | undefined,
    ledger: Fields | undefined,
  ): Fields | undefined {
    const path = `${spec.path}[${key}]`;
    if (app && ledger) return this.members(spec, path, base, app, ledger);
    if (!app && !ledger) {
      this.values.decisions.push({ path, from: 'agreed', by: 'edit', before: base, after: undefined });
      return undefined;
    }
    const keeper: SideName = app ? 'app' : 'ledger';
    const kept = (app ?? ledger) as Fields;
    if (!base) {
      return this.values.firstMeeting
        ? (this.values.apart(spec, path, base, app, ledger, 'no_base') as Fields | undefined)
        : (this.values.taken(spec, path, keeper, undefined, app, ledger) as Fields | undefined);
    }
    if (!sameElement(spec, base, fill(spec.members, base, kept, false))) {
      return this.values.apart(spec, path, base, app, ledger, 'delete_against_edit') as Fields | undefined;
    }
    const remover: SideName = app ? 'ledger' : 'app';
    return this.values.taken(spec, path, remover, base, app, ledger) as Fields | undefined;
  }

  private members(
    spec: FieldSpec,
    path: string,
    base: Fields | undefined,
    app: Fields,
    ledger: Fields,
  ): Fields {
    const merged: Fields = spec.identity === 'id' ? { id: app['id'] as string } : {};
    const b = base ?? {};
    const units = new Set<string>();
    for (const member of spec.members) {
      if (member.unit !== undefined) {
        if (units.has(member.unit)) continue;
        units.add(member.unit);
        Object.assign(
          merged,
          mergeUnit(this.values, spec, member.unit, path, b, app, ledger, base === undefined),
        );
        continue;
      }
      const value =
        base === undefined && !this.values.firstMeeting
          ? this.newMember(member, `${path}.${member.name}`, app[member.name], ledger[member.name])
          : this.values.value(
              member,
              `${path}.${member.name}`,
              b[member.name],
              app[member.name],
              ledger[member.name],
            );
      if (value !== undefined) merged[member.name] = value;
    }
    return merged;
  }

  /** A member of a line that both sides added: there is no base to compare with. */
  private newMember(spec: FieldSpec, path: string, app: FieldValue, ledger: FieldValue): FieldValue {
    if (app === undefined || app === null) return ledger;
    if (ledger === undefined || ledger === null || sameValue(app, ledger)) return app;
    return this.values.apart(spec, path, undefined, app, ledger, 'both_changed');
  }
}

function byKey(spec: FieldSpec, value: FieldValue): Map<string, Fields> {
  return new Map(elementsOf(value).map((element) => [elementKey(spec, element), element]));
}
