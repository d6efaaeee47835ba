/** Writes docs/gates.md from the gates themselves; run it after a gate was added or changed (`npm run docs:gates`). */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gatesPage } from '../src/cli/gatesPage.ts'

writeFileSync(join(import.meta.dirname, '..', 'docs', 'gates.md'), gatesPage())
