/** Jest's settings; `npm test` starts it with Node's ESM loader switched on (see package.json). */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  transform: { '\\.ts$': '<rootDir>/test/support/typescript-transform.mjs' },
  // Real servers, real git and a real browser take seconds, not milliseconds, on a small machine.
  testTimeout: 60_000,
  maxWorkers: 2,
  // A worker that grew large (PGlite, Chromium) is replaced rather than carried on.
  workerIdleMemoryLimit: '1GB',
  modulePathIgnorePatterns: ['<rootDir>/demo/repository/', '<rootDir>/.countersign/'],
  watchPathIgnorePatterns: ['<rootDir>/.countersign/'],
}
