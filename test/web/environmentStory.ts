/** A rollout's story that keeps what its rounds measured, as a ledger does, and shows the page of its environment. */
import type { Action } from '../../src/core/action.ts'
import { type EvidenceRequest, type EvidenceResult, evidenceKey } from '../../src/core/evidence.ts'
import type { Digest } from '../../src/core/ids.ts'
import { judge } from '../../src/subjects/rollout.ts'
import { loadEnvironment, loadEnvironmentPast } from '../../src/web/environment.ts'
import { environmentPage } from '../../src/web/pages/environment.ts'
import { RolloutStory } from '../subjects/rolloutStory.ts'
import { placeOf, snapshotOf } from '../subjects/rolloutWorld.ts'
import { repository } from '../support/snapshots.ts'
import { type Element, one, read } from './markup.ts'

export class ShownStory extends RolloutStory {
  /** What rounds asked to be collected, by the key under which a ledger keeps it. */
  readonly kept = new Map<Digest, EvidenceRequest>()

  override apply(name: string, action: Action): void {
    super.apply(name, action)
    if (action.kind === 'collect') this.kept.set(evidenceKey(repository.name, action.request), action.request)
  }

  private ledger(name: string) {
    const { evidence } = snapshotOf(this.setting, this.town, name)
    return {
      facts: async () => snapshotOf(this.setting, this.town, name).facts,
      evidence: async (keys: Digest[]) => {
        const found = new Map<Digest, EvidenceResult>()
        for (const key of keys) {
          const request = this.kept.get(key)
          const result = request && evidence.get(request)
          if (result) found.set(key, result)
        }
        return found
      },
    }
  }

  load(name = 'production') {
    const snapshot = this.snapshot(name)
    return loadEnvironment({ ledger: this.ledger(name) }, snapshot, judge(snapshot))
  }

  /** The page, as somebody sees it who can also see GitHub's answers. */
  async shown(name = 'production'): Promise<Element> {
    return one(await read(environmentPage(await this.load(name))), 'article')
  }

  /** The page when nothing could be observed. */
  async shownPast(why: string, name = 'production'): Promise<Element> {
    const input = { repository: repository.name, environment: name, nowMs: this.town.nowMs, why }
    const data = await loadEnvironmentPast({ ledger: this.ledger(name) }, input)
    return one(await read(environmentPage(data)), 'article')
  }

  /** Deployments on record. */
  count(name = 'production'): number {
    return placeOf(this.town, name).facts.filter(({ body }) => body.kind === 'deploy.seen').length
  }
}
