/** What every ledger must do, whatever database is behind it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Bug } from '../../../src/core/errors.ts'
import type { Fact, FactBody } from '../../../src/core/facts.ts'
import type { Clock, Ledger } from '../../../src/core/ports.ts'

const person = { id: 7, login: 'ada', type: 'User' as const }
const say = (word: string): FactBody => ({ kind: 'incident', sentence: word })
const press: FactBody = {
  kind: 'button.pressed',
  checkRunId: 1,
  checkName: 'countersign/plan',
  sha: 'a'.repeat(40),
  identifier: 'a:0123456789abcdef',
  externalId: 'x',
}
const sentences = (facts: Fact[]) => facts.map(({ body }) => (body.kind === 'incident' ? body.sentence : ''))

/** Register the suite. `open` gives a ledger whose subjects are all unused. */
export function ledgerContract(open: (clock: Clock) => Promise<Ledger>): void {
  let ledger: Ledger
  let now = 1_000_000
  let subjectsUsed = 0
  const fresh = () => `pull:octo/repo#${++subjectsUsed}`

  beforeAll(async () => {
    ledger = await open({ nowMs: () => now, sleep: () => Promise.reject(new Error('no sleeping here')) })
  })
  afterAll(() => ledger?.close())

  test('O1: facts come back in order, linked, with who, when and which delivery', async () => {
    const subject = fresh()
    now = 2_000_000
    const written = await ledger.append(subject, [
      { actor: person, body: say('one'), delivery: 'guid-1' },
      { actor: null, body: press },
    ])
    expect(written).toHaveLength(2)
    expect(await ledger.facts(subject)).toEqual(written)
    const [first, second] = written ?? []
    expect(first).toMatchObject({ subject, seq: 0, actor: person, atMs: 2_000_000, delivery: 'guid-1' })
    expect(second).toMatchObject({
      seq: 1,
      actor: null,
      delivery: null,
      previousHash: first?.hash,
      body: press,
    })
    expect(await ledger.verify(subject)).toEqual({ ok: true, subjects: 1, facts: 2, broken: null })
    expect(await ledger.factsAfter(subject, 0)).toEqual([second])
  })

  test('T12/S7: the same delivery of the same kind is recorded once, on each subject', async () => {
    const subject = fresh()
    const other = fresh()
    const fact = { actor: person, body: say('pressed'), delivery: 'guid-2' }
    await ledger.append(subject, [fact])
    expect(await ledger.append(subject, [fact])).toEqual([])
    expect(await ledger.append(subject, [fact, { ...fact, body: press }])).toHaveLength(1)
    expect(await ledger.append(other, [fact])).toHaveLength(1)
    expect((await ledger.facts(subject)).map(({ body }) => body.kind)).toEqual(['incident', 'button.pressed'])
  })

  test('S7: ifLength writes nothing when the chain has another length', async () => {
    const subject = fresh()
    expect(await ledger.append(subject, [{ actor: null, body: say('a') }], { ifLength: 1 })).toBeNull()
    expect(await ledger.append(subject, [{ actor: null, body: say('a') }], { ifLength: 0 })).toHaveLength(1)
    expect(await ledger.append(subject, [{ actor: null, body: say('b') }], { ifLength: 0 })).toBeNull()
    expect(sentences(await ledger.facts(subject))).toEqual(['a'])
  })

  test('O1: fifty appends at once are serialised into one chain', async () => {
    const subject = fresh()
    const words = Array.from({ length: 50 }, (_, index) => `word ${index}`)
    await Promise.all(words.map((word) => ledger.append(subject, [{ actor: null, body: say(word) }])))
    expect(sentences(await ledger.facts(subject)).sort()).toEqual([...words].sort())
    expect(await ledger.verify(subject)).toMatchObject({ ok: true, facts: 50 })
  })

  test('S7: of ten rounds that decided on the same facts, one records', async () => {
    const subject = fresh()
    const rounds = Array.from({ length: 10 }, (_, index) =>
      ledger.append(subject, [{ actor: null, body: say(`${index}`) }], { ifLength: 0 }),
    )
    expect((await Promise.all(rounds)).filter((result) => result !== null)).toHaveLength(1)
    expect(await ledger.facts(subject)).toHaveLength(1)
  })

  test('O1, S7: appends that share a commit keep their own chains and outcomes', async () => {
    const subjects = Array.from({ length: 19 }, fresh)
    const calls = Array.from({ length: 200 }, (_, index) => ({
      subject: subjects[index % 19] as string,
      facts: [
        { actor: null, body: say(`a ${index}`) },
        { actor: null, body: say(`b ${index}`) },
      ],
      // Every fourth call expects an empty chain.
      options: index % 4 === 0 ? { ifLength: 0 } : {},
    }))
    const outcomes = await Promise.all(
      calls.map(({ subject, facts, options }) => ledger.append(subject, facts, options)),
    )
    for (const subject of subjects) {
      const mine = calls.flatMap((call, index) => (call.subject === subject ? [index] : []))
      const kept = mine.filter((index) => outcomes[index] !== null)
      const facts = await ledger.facts(subject)
      // Those that expected an empty chain wrote at most once, and each that wrote is told exactly what it wrote.
      expect(mine.filter((index) => index % 4 !== 0 && !kept.includes(index))).toEqual([])
      expect(kept.filter((index) => index % 4 === 0).length).toBeLessThanOrEqual(1)
      const told = kept.flatMap((index) => outcomes[index] ?? []).sort((a, b) => a.seq - b.seq)
      expect(told).toEqual(facts)
      for (const index of kept) expect(sentences(outcomes[index] ?? [])).toEqual([`a ${index}`, `b ${index}`])
      expect(await ledger.verify(subject)).toMatchObject({ ok: true, facts: facts.length })
    }
  })

  test.each([
    ['NUL', 'a\0b'],
    ['a lone surrogate', 'a\ud800b'],
    ['an emoji, quotes and line ends', '😀 "\\" \n\r\t\u2028 \u007f é'],
    ['control characters', '\u0001\u001f\b\f'],
  ])('O1: text with %s is kept exactly', async (_, odd) => {
    const subject = fresh()
    const written = await ledger.append(subject, [{ actor: null, body: say(odd) }])
    expect(written?.[0]?.body).toEqual(say(odd))
    expect(sentences(await ledger.facts(subject))).toEqual([odd])
    expect(await ledger.verify(subject)).toMatchObject({ ok: true, facts: 1 })
    await ledger.putTranscript('odd', { odd })
    expect(await ledger.transcript('odd')).toEqual({ odd })
    await ledger.putSetting('odd', odd)
    expect(await ledger.setting('odd')).toBe(odd)
  })

  test('R1: a subject with quotes and letters beyond ASCII in its environment verifies', async () => {
    const subject = 'rollout:octo/repo@prod "é" \\ \t☃'
    await ledger.append(subject, [{ actor: null, body: say('deployed') }])
    expect(await ledger.verify(subject)).toMatchObject({ ok: true, facts: 1 })
  })

  test('O1: what is not a fact, a subject or a delivery is refused as a bug', async () => {
    const body = { kind: 'incident', sentence: 'x'.repeat(5000) } as FactBody
    await expect(ledger.append(fresh(), [{ actor: null, body }])).rejects.toThrow(Bug)
    await expect(ledger.append('nonsense', [{ actor: null, body: say('x') }])).rejects.toThrow(Bug)
    await expect(
      ledger.append(fresh(), [{ actor: null, body: say('x'), delivery: 'a "b"' }]),
    ).rejects.toThrow(Bug)
  })

  test('T12: open subjects are visited in turn; a round closes them and a fact opens them again', async () => {
    for (const subject of await ledger.openSubjects(1000)) await ledger.setOpen(subject, false)
    const [a, b, c] = [fresh(), fresh(), fresh()]
    for (const subject of [a, b]) await ledger.append(subject, [{ actor: null, body: say('x') }])
    await ledger.setOpen(c, true)
    expect([await ledger.isOpen(c), await ledger.isOpen('task:acme/none#1')]).toEqual([true, false])
    const first = await ledger.openSubjects(2)
    const second = await ledger.openSubjects(2)
    expect(first).toHaveLength(2)
    expect(new Set([...first, ...second])).toEqual(new Set([a, b, c]))
    for (const subject of [a, b, c]) await ledger.setOpen(subject, false)
    expect(await ledger.openSubjects(10)).toEqual([])
    await ledger.append(b, [{ actor: null, body: say('again') }])
    expect(await ledger.openSubjects(10)).toEqual([b])
  })

  test('O2: the subjects that something was last recorded of are listed, of one repository or of all', async () => {
    const written = [
      'task:o/board#1',
      'pull:o/board#2',
      'rollout:o/board@live',
      'task:o/boardroom#3',
      'task:o/b_ard#4',
    ]
    for (const [index, subject] of written.entries()) {
      now = 9_000_000 + index
      await ledger.append(subject, [{ actor: null, body: say('one') }])
    }
    now = 9_000_100
    await ledger.append('pull:o/board#2', [{ actor: null, body: say('two') }])
    await ledger.setOpen('task:o/board#1', false)
    await ledger.setOpen('pull:o/board#5', true)
    expect(await ledger.latest({ repository: 'o/board', limit: 10 })).toEqual([
      { key: 'pull:o/board#2', open: true, atMs: 9_000_100 },
      { key: 'rollout:o/board@live', open: true, atMs: 9_000_002 },
      { key: 'task:o/board#1', open: false, atMs: 9_000_000 },
    ])
    expect((await ledger.latest({ repository: 'o/b_ard', limit: 10 })).map(({ key }) => key)).toEqual([
      'task:o/b_ard#4',
    ])
    expect((await ledger.latest({ limit: 3 })).map(({ key }) => key)).toEqual([
      'pull:o/board#2',
      'task:o/b_ard#4',
      'task:o/boardroom#3',
    ])
  })

  test('O1: subjects are listed by prefix, taken literally', async () => {
    await ledger.append('task:octo/under_score#1', [{ actor: null, body: say('x') }])
    await ledger.append('task:octo/underXscore#1', [{ actor: null, body: say('x') }])
    expect(await ledger.subjects({ prefix: 'task:octo/under_' })).toEqual(['task:octo/under_score#1'])
    expect(await ledger.subjects({ prefix: 'task:octo/under', limit: 1 })).toHaveLength(1)
  })

  test('O2: facts of a repository by kind and time, over its subjects and nobody else’s, the latest when there are many', async () => {
    const of = (name: string) => [
      `task:octo/${name}#1`,
      `pull:octo/${name}#2`,
      `rollout:octo/${name}@pro:d #1@é`,
    ]
    for (const [index, name] of ['since', 'since_2', 'Since'].entries())
      for (const [at, subject] of of(name).entries()) {
        now = 3_000_000 + 100 * at + index
        await ledger.append(subject, [
          { actor: person, body: say(`${name} ${at}`) },
          { actor: null, body: press },
        ])
      }
    const wanted = { kinds: ['incident'], sinceMs: 3_000_000, limit: 10 } as const
    const all = await ledger.factsSince('octo/since', wanted)
    expect(all.more).toBe(false)
    expect(sentences(all.facts)).toEqual(['since 0', 'since 1', 'since 2'])
    expect(all.facts[1]).toEqual((await ledger.facts('pull:octo/since#2'))[0])
    const since = async (more: object) => {
      const found = await ledger.factsSince('octo/since', { ...wanted, ...more })
      return [found.more, ...sentences(found.facts)]
    }
    expect(await since({ sinceMs: 3_000_100 })).toEqual([false, 'since 1', 'since 2'])
    expect(await since({ limit: 2 })).toEqual([true, 'since 1', 'since 2'])
    expect(await since({ limit: 3 })).toEqual([false, 'since 0', 'since 1', 'since 2'])
    expect(await since({ subjects: [of('since')[0], of('since_2')[1]] })).toEqual([false, 'since 0'])
    expect(await since({ subjects: [] })).toEqual([false])
    expect(
      (await ledger.factsSince('octo/since', { ...wanted, kinds: ['incident', 'button.pressed'] })).facts,
    ).toHaveLength(6)
  })

  test.each<[string, unknown]>([
    ['a long one', { text: 'x'.repeat(60_000) }],
    ['one with odd text', { text: '"outcome":{" \0 \ud800 ,"digest":"' }],
    ['one that looks like the end of a fact', { digest: 'c'.repeat(64), kind: 'deliverable', phase: 'x' }],
    [
      'one that holds such an end',
      [{ outcome: { digest: 'c'.repeat(64), kind: 'deliverable' }, phase: 'x' }],
    ],
    ['null', null],
  ])('O2: a session is read without its deliverable, and otherwise whole: %s', async (what, deliverable) => {
    const subject = `task:octo/sessions#${what.length}`
    now = 4_000_000
    const body: FactBody = {
      kind: 'attempt.ended',
      phase: 'plan "é" \\',
      attempt: 1,
      session: 'plan-1',
      outcome: { kind: 'deliverable', digest: 'd'.repeat(64), deliverable },
      candidate: null,
      usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4, requests: 5 },
      costUsd: 0.0000001,
      model: 'opus',
      endpoint: 'anthropic',
      durationMs: 12.5,
    }
    const failed: FactBody = {
      ...body,
      outcome: { kind: 'failed', reason: 'It said ","kind":"deliverable"},"phase":"x"' },
    }
    const [kept] =
      (await ledger.append(
        subject,
        [body, failed].map((one) => ({ actor: null, body: one })),
      )) ?? []
    const { facts } = await ledger.factsSince('octo/sessions', {
      kinds: ['attempt.ended'],
      sinceMs: now,
      limit: 10,
      subjects: [subject],
    })
    expect(facts[0]).toMatchObject({ subject, seq: 0, hash: kept?.hash, atMs: now })
    expect(facts.map((fact) => fact.body)).toEqual([
      { ...body, outcome: { ...body.outcome, deliverable: null } },
      failed,
    ])
  })

  test('S7: an intent is new once; settings and transcripts keep the latest', async () => {
    expect(await ledger.intend('merge:1')).toBe(true)
    expect(await ledger.intend('merge:1')).toBe(false)
    expect(await ledger.setting('none')).toBeNull()
    await ledger.putSetting('look', '1')
    await ledger.putSetting('look', '2')
    expect(await ledger.setting('look')).toBe('2')
    expect(await ledger.transcript('none')).toBeNull()
    await ledger.putTranscript('s', [1])
    await ledger.putTranscript('s', [1, 2])
    expect(await ledger.transcript('s')).toEqual([1, 2])
  })

  test('S9: evidence is found under its key, a failure stays a failure, what is absent is absent', async () => {
    const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string]
    const body = { tree: null, mergeBase: 'b'.repeat(40) }
    await ledger.putEvidence(one, { ok: true, body })
    await ledger.putEvidence(two, { ok: false, reason: 'no such commit' })
    const found = await ledger.evidence([one, two, three])
    expect(found.get(one)).toEqual({ ok: true, body })
    expect(found.get(two)).toEqual({ ok: false, reason: 'no such commit' })
    expect(found.has(three)).toBe(false)
    // More than one statement holds: a long window's samples.
    const absent = Array.from({ length: 4500 }, (_, at) => at.toString(16).padStart(64, 'e'))
    expect((await ledger.evidence([one, ...absent, two])).size).toBe(2)
  })
}
