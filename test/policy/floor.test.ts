/** The organisation's floor, and the pages made from the schema. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { policyPage, policySchemaText } from '../../src/cli/policyPage.ts'
import { protectedBy, protectedRules } from '../../src/core/protectedPaths.ts'
import { raiseToFloor } from '../../src/policy/floor.ts'
import { Policy } from '../../src/policy/schema.ts'

const floorOf = (raw: unknown) => Policy.parse({ floor: raw }).floor
const raised = (written: unknown, floor: unknown) => raiseToFloor(Policy.parse(written), floorOf(floor))

describe('floor', () => {
  test.each([
    [{ enforce: false }, { enforce: true }, { enforce: true }],
    [{ approvals: { profile: 'solo' } }, { profile: 'team' }, { approvals: { profile: 'team' } }],
    [{ approvals: { profile: 'strict' } }, { profile: 'team' }, { approvals: { profile: 'strict' } }],
    [{ people: 'pass' }, { people: 'gates' }, { people: 'gates' }],
    [{}, { people: 'gates' }, { people: 'gates' }],
    [{ people: 'full' }, { people: 'gates' }, { people: 'full' }],
    [{ approvals: { by: ['comment'] } }, { by: ['button'] }, { approvals: { by: ['button'] } }],
    [
      { approvals: { by: ['button', 'comment'] } },
      { by: ['button', 'review'] },
      { approvals: { by: ['button'] } },
    ],
    [
      { merge: { mode: 'checks', auto: true } },
      { mode: 'merge', auto: false },
      { merge: { mode: 'merge', auto: false } },
    ],
    [{ seniors: ['eve'] }, { seniors: ['acme/seniors'] }, { seniors: ['acme/seniors'] }],
  ])('T44: %j over the floor %j', (written, floor, result) => {
    expect(raised(written, floor)).toMatchObject(result)
  })

  test('T44: protected paths of the floor are protected however a repository writes its own', () => {
    for (const own of [[], { defaults: false, paths: ['x/**'] }]) {
      const { protected: settings } = raised({ protected: own }, { protected: ['secret/**'] })
      expect(protectedBy(protectedRules(settings), 'secret/key.ts')).not.toBeNull()
    }
  })

  test('T44: a floor that the repository writes itself is not one', () => {
    const written = Policy.parse({ floor: { people: 'pass' }, people: 'full' })
    expect(raiseToFloor(written, undefined)).toMatchObject({ people: 'full', floor: undefined })
    expect(raiseToFloor(written, floorOf({ people: 'gates' }))).toMatchObject({ people: 'full' })
  })

  test('T44: raising twice is raising once, and no floor loosens anything', () => {
    const order = ['pass', 'gates', 'full']
    const people = fc.constantFrom('pass', 'gates', 'full')
    const profile = fc.constantFrom('solo', 'team', 'strict')
    fc.assert(
      fc.property(people, profile, people, profile, (wrote, had, least, floor) => {
        const before = Policy.parse({ people: wrote, approvals: { profile: had } })
        const once = raiseToFloor(before, floorOf({ people: least, profile: floor }))
        expect(raiseToFloor(once, once.floor)).toEqual(once)
        expect(order.indexOf(once.people ?? 'pass')).toBeGreaterThanOrEqual(order.indexOf(wrote))
      }),
    )
  })
})

describe('pages', () => {
  const page = (name: string) => readFileSync(join(import.meta.dirname, '..', '..', 'docs', name), 'utf8')
  test('docs/policy.md is what the schema says: run `npm run docs:policy` after a change', () => {
    expect(page('policy.md')).toBe(policyPage())
  })
  test('docs/policy.schema.json is the schema: run `npm run docs:policy` after a change', () => {
    expect(page('policy.schema.json')).toBe(policySchemaText())
  })
})
