/** The end-to-end tests: real n8n, real HTTP. One at a time, since each starts an n8n of its own. */
module.exports = {
  ...require('../../jest.config.js'),
  rootDir: '../..',
  testMatch: ['<rootDir>/test/e2e/**/*.e2e.ts'],
  globalSetup: '<rootDir>/test/e2e/globalSetup.ts',
  testTimeout: 300_000,
  maxWorkers: 1,
  // A test that failed may leave an n8n behind that nobody stops, and the run has to end all the same.
  forceExit: true,
};
