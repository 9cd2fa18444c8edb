import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const manifest = {
  name: 'n8n-nodes-probe',
  version: '1.0.0',
  files: ['dist'],
  n8n: {
    n8nNodesApiVersion: 1,
    credentials: ['dist/ProbeApi.credentials.js'],
    nodes: ['dist/Probe.node.js', 'dist/ProbeTrigger.node.js'],
  },
};

const node = `
const { NodeConnectionTypes, NodeOperationError } = require('n8n-workflow');
class Probe {
  constructor() {
    this.description = {
      displayName: 'Probe', name: 'probe', group: ['transform'], version: [1, 1.1], description: 'Harness probe',
      defaults: { name: 'Probe' }, inputs: [NodeConnectionTypes.Main], outputs: [NodeConnectionTypes.Main],
      credentials: [{ name: 'probeApi', required: true, displayOptions: { show: { secure: [true] } } }],
      properties: [
        { displayName: 'Secure', name: 'secure', type: 'boolean', default: false },
        { displayName: 'Fail', name: 'fail', type: 'boolean', default: false },
      ],
    };
    this.methods = {
      listSearch: {
        async planets(filter) {
          const results = ['Mars', 'Venus'].map((name) => ({ name, value: name.toLowerCase() }));
          return { results: results.filter(({ name }) => !filter || name.includes(filter)) };
        },
      },
    };
  }
  async execute() {
    if (this.getNodeParameter('fail', 0)) throw new NodeOperationError(this.getNode(), 'Told to fail');
    const secret = this.getNodeParameter('secure', 0) ? (await this.getCredentials('probeApi')).apiKey : null;
    return [this.getInputData().map(({ json }, item) => ({ json: { ...json, secret }, pairedItem: { item } }))];
  }
}
module.exports = { Probe };
`;

const trigger = `
const { NodeConnectionTypes, NodeOperationError } = require('n8n-workflow');
class ProbeTrigger {
  constructor() {
    this.description = {
      displayName: 'Probe Trigger', name: 'probeTrigger', group: ['trigger'], version: 1, description: 'Harness probe',
      defaults: { name: 'Probe Trigger' }, inputs: [], outputs: [NodeConnectionTypes.Main],
      properties: [{ displayName: 'Fail', name: 'fail', type: 'boolean', default: false }],
    };
  }
  async trigger() {
    if (this.getNodeParameter('fail')) throw new NodeOperationError(this.getNode(), 'Told not to start');
    const timer = setTimeout(() => this.emit([[{ json: { emitted: true } }]]), 100);
    return { closeFunction: async () => clearTimeout(timer) };
  }
}
module.exports = { ProbeTrigger };
`;

const credential = `
class ProbeApi {
  constructor() {
    this.name = 'probeApi';
    this.displayName = 'Probe API';
    this.properties = [
      { displayName: 'API Key', name: 'apiKey', type: 'string', typeOptions: { password: true }, default: '' },
    ];
  }
}
module.exports = { ProbeApi };
`;

/** Writes a pack of a node, a trigger and a credential type, so that the harness is tested without the product. */
export function writeProbePack(dir: string): string {
  mkdirSync(join(dir, 'dist'), { recursive: true });
  writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(dir, 'dist', 'Probe.node.js'), node);
  writeFileSync(join(dir, 'dist', 'ProbeTrigger.node.js'), trigger);
  writeFileSync(join(dir, 'dist', 'ProbeApi.credentials.js'), credential);
  return manifest.name;
}
