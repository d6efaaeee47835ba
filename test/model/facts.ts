/** Looking facts up in the search's own, shorter form. */
import type { FactBody } from '../../src/core/facts.ts'
import type { Entry } from './world.ts'

export function lastOf<K extends FactBody['kind']>(
  facts: readonly Entry[],
  kind: K,
): Extract<FactBody, { kind: K }> | undefined {
  return facts.findLast(({ body }) => body.kind === kind)?.body as Extract<FactBody, { kind: K }> | undefined
}
