/** Every gate, in the order in which people read them. A new gate is one file and one line here. */
import { analysis } from './analysis.ts'
import { audit } from './audit.ts'
import { build } from './build.ts'
import { bundleSize } from './bundleSize.ts'
import { ci } from './ci.ts'
import { docsWithCode } from './docsWithCode.ts'
import type { Gate } from './gate.ts'
import { gateIntegrity } from './gateIntegrity.ts'
import { hiddenText } from './hiddenText.ts'
import { integration } from './integration.ts'
import { performance } from './performance.ts'
import { protectedPaths } from './protectedPaths.ts'
import { references } from './references.ts'
import { scope } from './scope.ts'
import { secrets } from './secrets.ts'
import { testIntegrity } from './testIntegrity.ts'
import { tests } from './tests.ts'
import { testsWithCode } from './testsWithCode.ts'
import { types } from './types.ts'

export const allGates: readonly Gate[] = [
  types,
  tests,
  integration,
  audit,
  build,
  bundleSize,
  performance,
  ci,
  analysis,
  scope,
  protectedPaths,
  gateIntegrity,
  testIntegrity,
  testsWithCode,
  docsWithCode,
  references,
  hiddenText,
  secrets,
]
