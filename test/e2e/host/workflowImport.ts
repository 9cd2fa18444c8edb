import { randomUUID } from 'node:crypto';
import {
  NodeHelpers,
  type IConnections,
  type INode,
  type INodeParameters,
  type INodeTypeDescription,
  type IWorkflowSettings,
} from 'n8n-workflow';

/** A workflow as n8n exports it; the shape of the files in templates/. */
export interface WorkflowJson {
  readonly name?: string;
  readonly nodes: readonly WorkflowNodeJson[];
  readonly connections: IConnections;
  readonly settings?: IWorkflowSettings;
}

export type WorkflowNodeJson = Pick<INode, 'name' | 'type' | 'typeVersion' | 'parameters'> &
  Partial<Omit<INode, 'name' | 'type' | 'typeVersion' | 'parameters'>>;

/** A stored credential, as a node refers to it. */
export interface CredentialRef {
  readonly id: string;
  readonly name: string;
}

export interface ImportChoices {
  readonly name?: string;
  /** The credential to use, by credential type. */
  readonly credentials?: Readonly<Record<string, CredentialRef>>;
  /** Parameter values by node name; a key may be a path, such as `options.limit`. */
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Makes the choices a user makes after importing a workflow: names it, picks credentials, fills parameters. */
export function applyChoices(
  workflow: WorkflowJson,
  choices: ImportChoices,
  describe: (type: string, version: number) => INodeTypeDescription,
): Record<string, unknown> {
  const unknown = Object.keys(choices.parameters ?? {}).filter(
    (name) => !workflow.nodes.some((node) => node.name === name),
  );
  if (unknown.length > 0) throw new Error(`The workflow has no node named ${unknown.join(', ')}`);

  return {
    name: choices.name ?? workflow.name ?? 'Imported workflow',
    settings: { executionOrder: 'v1', ...workflow.settings },
    connections: workflow.connections,
    nodes: workflow.nodes.map((json): INode => {
      const description = describe(json.type, json.typeVersion);
      const node: INode = {
        ...json,
        id: json.id ?? randomUUID(),
        position: json.position ?? [0, 0],
        parameters: structuredClone(json.parameters),
        ...(description.webhooks?.length ? { webhookId: json.webhookId ?? randomUUID() } : {}),
      };
      for (const [path, value] of Object.entries(choices.parameters?.[node.name] ?? {})) {
        setPath(node.parameters, path.split('.'), value);
      }
      const credentials = credentialsFor(node, description, choices.credentials ?? {});
      return Object.keys(credentials).length > 0 ? { ...node, credentials } : node;
    }),
  };
}

/** The credentials a node shows with its parameters as they are, as far as one was chosen; others stay as they were. */
function credentialsFor(
  node: INode,
  description: INodeTypeDescription,
  chosen: Readonly<Record<string, CredentialRef>>,
): Record<string, { id: string | null; name: string }> {
  const values =
    NodeHelpers.getNodeParameters(description.properties, node.parameters, true, false, node, description) ??
    node.parameters;
  const result = { ...node.credentials };
  for (const wanted of description.credentials ?? []) {
    const credential = chosen[wanted.name];
    if (credential && NodeHelpers.displayParameter(values, wanted, node, description)) {
      result[wanted.name] = { id: credential.id, name: credential.name };
    }
  }
  for (const type of Object.keys(node.credentials ?? {})) {
    const credential = chosen[type];
    if (credential) result[type] = { id: credential.id, name: credential.name };
  }
  return result;
}

function setPath(parameters: INodeParameters, path: readonly string[], value: unknown): void {
  let target: Record<string, unknown> = parameters;
  for (const key of path.slice(0, -1)) {
    target[key] ??= {};
    target = target[key] as Record<string, unknown>;
  }
  target[path.at(-1) ?? ''] = value;
}
