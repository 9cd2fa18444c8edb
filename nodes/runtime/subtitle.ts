import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

/** The node's subtitle on the canvas: what it does, in the words of its actions. */
export function actionSubtitle(properties: readonly INodeProperties[]): string {
  const actions = properties
    .filter(({ name }) => name === 'operation')
    .flatMap(({ displayOptions, options }) =>
      (displayOptions?.show?.['resource'] ?? []).flatMap((resource) =>
        (options as INodePropertyOptions[]).map(({ value, action }) => [
          `${String(resource)}:${value}`,
          action,
        ]),
      ),
    );
  const table = JSON.stringify(Object.fromEntries(actions));
  return `={{ (${table})[$parameter["resource"] + ":" + $parameter["operation"]] }}`;
}

/**
 * The same for operations that say with a parameter what they are about. Where that is an expression, only the
 * operation is known.
 */
export function operationSubtitle(properties: readonly INodeProperties[], about: string): string {
  const namesOf = (parameter: string) =>
    JSON.stringify(
      Object.fromEntries(
        properties
          .filter(({ name }) => name === parameter)
          .flatMap(({ options }) =>
            (options as INodePropertyOptions[]).map(({ value, name }) => [value, name]),
          ),
      ),
    );
  const named = (parameter: string) => `(${namesOf(parameter)})[$rawParameter["${parameter}"]]`;
  return `={{ [${named('operation')}, ${named(about)}].filter((name) => name).join(": ") }}`;
}
