/** A ledger in memory for observing, and the ports around one bench. */

import type { Account } from '../../src/core/account.ts'
import { digestOf } from '../../src/core/digest.ts'
import type { EvidenceRequest, EvidenceResult } from '../../src/core/evidence.ts'
import type { Fact, FactBody } from '../../src/core/facts.ts'
import type { Digest, SubjectKey } from '../../src/core/ids.ts'
import { nothing } from '../../src/core/usage.ts'
import type { ObservePorts } from '../../src/observe/ports.ts'
import type { Bench } from '../adapters/github/support.ts'

/** Holds facts, evidence and settings as written; the real ledgers are proven by their own tests. */
export function createMemory() {
  const chains = new Map<SubjectKey, Fact[]>()
  const evidence = new Map<Digest, EvidenceResult>()
  const settings = new Map<string, string>()
  return {
    evidenceHeld: evidence,
    settings,
    add(subject: SubjectKey, actor: Account | null, body: FactBody): void {
      const chain = chains.get(subject) ?? []
      const previousHash = chain.at(-1)?.hash ?? '0'.repeat(64)
      const fact = { subject, seq: chain.length, actor, atMs: 0, delivery: null, body, previousHash }
      chains.set(subject, [...chain, { ...fact, hash: digestOf(fact) }])
    },
    facts: async (subject: SubjectKey) => chains.get(subject) ?? [],
    evidence: async (keys: Digest[]) =>
      new Map(
        keys.flatMap((key) => {
          const found = evidence.get(key)
          return found ? [[key, found] as const] : []
        }),
      ),
    spentSince: async () => nothing,
    setting: async (name: string) => settings.get(name) ?? null,
    putSetting: async (name: string, value: string) => void settings.set(name, value),
  }
}
export type Memory = ReturnType<typeof createMemory>

export function portsOf(
  bench: Bench,
  ledger: Memory,
  needs: () => EvidenceRequest[] = () => [],
): ObservePorts {
  const all = { pull: needs, task: needs, group: needs, rollout: needs }
  return { forge: bench.forge, ledger, clock: bench.clock, needs: all }
}
