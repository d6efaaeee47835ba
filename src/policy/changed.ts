/** Every value of the policy that a change touches: whatever no sentence speaks of can still be read (T14). */
import { code } from '../core/sentences.ts'
import type { Policy } from './schema.ts'
import { bothShown, isMapping, mostShown } from './words.ts'

/** One line a value or an entry of a list, in the order of the schema: `path: before -> after`, each as JSON. */
export function changed(before: Policy, after: Policy): string[] {
  return differences(before, after, [])
}

function differences(before: unknown, after: unknown, path: readonly string[]): string[] {
  if (isMapping(before) && isMapping(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => differences(before[key], after[key], [...path, key]))
  }
  const [was, is] = [jsonOf(before), jsonOf(after)]
  if (was === is) return []
  const name = code(path.join('.'))
  if (Array.isArray(before) && Array.isArray(after))
    return entries(name, before.map(jsonOf), after.map(jsonOf))
  return [`${name}: ${bothShown(was, is).join(' -> ')}`]
}

function entries(name: string, before: readonly string[], after: readonly string[]): string[] {
  const gone = before.filter((one) => !after.includes(one))
  const come = after.filter((one) => !before.includes(one))
  if (gone.length + come.length === 0) return [`${name}: the same entries in another order or number`]
  return [
    ...gone.map((one) => `${name}: ${code(one, mostShown)} -> nothing`),
    ...come.map((one) => `${name}: nothing -> ${code(one, mostShown)}`),
  ]
}

const jsonOf = (value: unknown) => (value === undefined ? '' : JSON.stringify(value))
