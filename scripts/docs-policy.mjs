/** Writes docs/policy.md and docs/policy.schema.json from the policy's schema (`npm run docs:policy`). */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { policyPage, policySchemaText } from '../src/cli/policyPage.ts'

const docs = join(import.meta.dirname, '..', 'docs')
writeFileSync(join(docs, 'policy.md'), policyPage())
writeFileSync(join(docs, 'policy.schema.json'), policySchemaText())
