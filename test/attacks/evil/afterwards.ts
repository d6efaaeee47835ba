/** What must hold once an evil story is over, whatever was played in it. */
import { describe, expect, test } from '@jest/globals'
import { factsOf } from '../../../src/core/facts.ts'
import { describeWith } from '../../support/require.ts'
import { harmIn, trailerIn } from './hostile.ts'
import type { EvilStage } from './stage.ts'

/** What each kind of session may be offered, and nothing else (S13). */
const reading = ['list_files', 'read_file', 'search']
const writing = ['delete_file', 'edit_file', 'write_file']
const hands: Readonly<Record<string, readonly string[]>> = {
  draft: [...reading, 'hand_in'],
  route: [...reading, 'hand_in'],
  discovery: [...reading, 'ask', 'hand_in'],
  spec: [...reading, 'ask', 'hand_in'],
  validate: [...reading, 'hand_in'],
  plan: [...reading, 'ask', 'hand_in'],
  diagnosis: [...reading, 'ask', 'hand_in', 'run'],
  split: [...reading, 'ask', 'hand_in'],
  tests: [...reading, ...writing, 'ask', 'hand_in', 'run'],
  implementation: [...reading, ...writing, 'ask', 'hand_in', 'run'],
  documentation: [...reading, ...writing, 'hand_in'],
  review: [...reading, 'hand_in', 'run'],
  repair: [...reading, ...writing, 'ask', 'hand_in', 'run'],
  fix: [...reading, 'hand_in', 'replace_in_region'],
}

/** @param kinds the kinds of sessions that the story must have seen. */
export function cameToNothing(stage: () => EvilStage, kinds: readonly string[]): void {
  describe('T22, T28, S13: what it tried came to nothing', () => {
    test('T28, T43: nothing that the App wrote anywhere pings, links, refers, skips CI or commands', () => {
      const texts = stage().effects.texts()
      const found = texts.flatMap(({ place, text }) => {
        const harm = harmIn(text) ?? (/^(?:commits|pull request)/.test(place) ? trailerIn(text) : null)
        return harm ? [`${place}: ${harm}`] : []
      })
      expect(found).toEqual([])
      expect(texts.length).toBeGreaterThan(10)
    })

    test('T28, T23: only people have given commands, and the App obeyed none that it wrote itself', async () => {
      const { shop } = stage()
      const { state, app } = shop.stage.github
      const people = ['ana', 'ben', 'eve']
      for (const { number, pullId } of state.issues.values()) {
        const key = `${pullId === null ? 'task' : 'pull'}:acme/shop#${number}`
        const commands = factsOf(await shop.stage.app.ledger.facts(key), 'comment.command')
        expect(commands.filter(({ actor }) => !people.includes(actor?.login ?? ''))).toEqual([])
        expect(
          commands.filter(({ body }) => state.comments.get(body.commentId)?.viaAppId === app.id),
        ).toEqual([])
      }
    })

    test('S13: each kind of session was offered its own tools and no others', () => {
      const seen = [...stage().models.offered].map(([kind, names]) => ({ kind, names: [...names].sort() }))
      expect(seen).toEqual(
        seen.map(({ kind }) => ({
          kind,
          names: [...(hands[kind.replace(/^validate:.*/, 'validate')] ?? [])].sort(),
        })),
      )
      expect(seen.map(({ kind }) => kind)).toEqual(expect.arrayContaining([...kinds]))
    })

    test('S13: only GitHub and the model were called, and nobody called the listener', async () => {
      expect(await stage().strangers()).toEqual([])
    })

    test('S13, T26: nothing outside the worktrees changed: no file next to them, no ref, nobody else’s work', () => {
      for (const [what, [now, before]] of Object.entries(stage().changedOutside()))
        expect({ [what]: now }).toEqual({ [what]: before })
    })

    test('S7: the App answered what it did by GitHub’s own description, and stays up', async () => {
      const { shop, faults } = stage()
      expect(shop.stage.github.violations).toEqual([])
      expect(faults).toEqual([])
      expect((await fetch(`${shop.stage.app.url}/healthz`)).status).toBe(200)
    })
  })

  describeWith('bwrap', 'T25, T30: programs of the model', () => {
    test('T25, T30: they left no process behind', () => {
      expect(stage().around.leftovers()).toEqual([])
    })
  })
}
