/** Every value of the policy that a change touches: whatever no sentence speaks of can still be read (T14). */
import { code } from '../core/sentences.ts'
import type { Policy } from './schema.ts'
import { isMapping } from './words.ts'

/** One line a value, in the order of the schema: `path: before -> after`, each as JSON. */
export function changed(before: Policy, after: Policy): string[] {
  return differences(before, after, [])
}

function differences(before: unknown, after: unknown, path: readonly string[]): string[] {
  if (isMapping(before) && isMapping(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => differences(before[key], after[key], [...path, key]))
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  return [`${code(path.join('.'))}: ${shown(before)} -> ${shown(after)}`]
}

const shown = (value: unknown) => (value === undefined ? 'nothing' : code(JSON.stringify(value), 200))
