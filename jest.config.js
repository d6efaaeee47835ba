import { availableParallelism, totalmem } from 'node:os'

/** Jest's settings; `npm test` starts it with Node's ESM loader switched on (see package.json). */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  transform: { '\\.ts$': '<rootDir>/test/support/typescript-transform.mjs' },
  // Real servers, real git and a real browser take seconds, not milliseconds, on a small machine.
  testTimeout: 60_000,
  // Half of the processors and a third of the memory's gigabytes; two on a small machine, since most suites mostly wait.
  maxWorkers: Math.max(2, Math.min(Math.floor(availableParallelism() / 2), Math.floor(totalmem() / 3e9))),
  // A worker that grew large (PGlite, Chromium) is replaced rather than carried on.
  workerIdleMemoryLimit: '1GB',
  modulePathIgnorePatterns: ['<rootDir>/demo/repository/', '<rootDir>/.countersign/'],
  watchPathIgnorePatterns: ['<rootDir>/.countersign/'],
}
