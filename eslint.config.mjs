import { configWithoutCloudSupport } from '@n8n/node-cli/eslint';

/** Which part may import which (README, "How it is built"): imports point downwards only. */
const layers = [
  ['shared/schema', ['shared/schema', 'shared/errors.ts']],
  ['shared/mapping', ['shared/mapping', 'shared/schema', 'shared/errors.ts']],
  ['shared/ports', ['shared/ports', 'shared/mapping', 'shared/schema', 'shared/errors.ts']],
  ['shared/sync', ['shared/sync', 'shared/ports', 'shared/mapping', 'shared/schema', 'shared/errors.ts']],
  ['shared/store', ['shared/store', 'shared/ports', 'shared/mapping', 'shared/schema', 'shared/errors.ts']],
  ['shared/app', ['shared/app', 'shared/ports', 'shared/mapping', 'shared/schema', 'shared/errors.ts']],
  [
    'shared/providers',
    ['shared/providers', 'shared/ports', 'shared/mapping', 'shared/schema', 'shared/errors.ts'],
  ],
  [
    'shared/intake',
    ['shared/intake', 'shared/providers/provider.ts', 'shared/ports', 'shared/schema', 'shared/errors.ts'],
  ],
  ['shared/people', ['shared/people', 'shared/sync', 'shared/ports', 'shared/schema', 'shared/errors.ts']],
  [
    'shared/console',
    [
      'shared/console',
      'shared/people',
      'shared/sync',
      'shared/ports',
      'shared/mapping',
      'shared/schema',
      'shared/errors.ts',
    ],
  ],
];

const zones = layers.map(([target, allowed]) => ({
  target: `./${target}`,
  from: './shared',
  except: allowed.map((path) => path.replace(/^shared\//, './')),
  message: 'Imports point downwards only: parts meet in shared/ports.',
}));

export default [
  ...configWithoutCloudSupport,
  { ignores: ['.cache/**', 'coverage/**'] },
  {
    files: ['shared/**/*.ts', 'nodes/**/*.ts', 'credentials/**/*.ts', 'test/**/*.ts'],
    rules: {
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            ...zones,
            { target: './shared', from: './nodes', message: 'shared/ knows nothing of nodes.' },
            { target: './shared', from: './credentials', message: 'shared/ knows nothing of credentials.' },
            {
              target: ['./shared', './nodes', './credentials'],
              from: './test',
              message: 'Product code never imports tests.',
            },
          ],
        },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    // Rules about what a node may do inside n8n say nothing about the tests, which start n8n itself.
    files: ['test/**/*.ts'],
    rules: {
      '@n8n/community-nodes/no-dangerous-functions': 'off',
      '@n8n/community-nodes/require-node-api-error': 'off',
      '@n8n/community-nodes/no-hardcoded-secrets': 'off',
      '@n8n/community-nodes/no-restricted-globals': 'off',
      '@n8n/community-nodes/no-restricted-imports': 'off',
    },
  },
  {
    files: ['shared/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ['n8n-workflow', 'n8n-core'].map((name) => ({
            name,
            message: 'shared/ imports nothing from n8n.',
          })),
        },
      ],
    },
  },
  {
    files: ['nodes/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'MemberExpression[object.property.name="logger"][property.name=/^(debug|info|warn|error)$/]',
          message: 'To the log through nodeLogger only, which lets no text begin a line of its own.',
        },
      ],
    },
  },
  {
    // The pack is for self-hosted n8n: it opens a store and talks to it with these few, pinned, plain
    // JavaScript libraries, which n8n's installer keeps as ordinary dependencies.
    files: ['package.json'],
    rules: { '@n8n/community-nodes/no-runtime-dependencies': 'off' },
  },
];
