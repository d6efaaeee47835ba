/** Which settled requests get a comment (O6). */
import { describe, expect, test } from '@jest/globals'
import type { Fact, FactBody } from '../../src/core/facts.ts'
import { answerTexts, mostWords } from '../../src/core/heard.ts'

const minuteMs = 60_000
const account = (id: number) => ({ id, login: `a${id}`, type: 'User' as const })

/** Requests, each followed by its settlement. */
function history(
  asked: { by: number; verb: 'help' | 'retry'; outcome: 'accepted' | 'refused'; atMs: number }[],
) {
  const facts: Fact[] = []
  const none = '0'.repeat(64)
  const add = (body: FactBody, by: number | null, atMs: number) => {
    const actor = by === null ? null : account(by)
    const seq = facts.length
    const fact = { subject: 'task:acme/shop#1', seq, actor, atMs, delivery: null, body }
    facts.push({ ...fact, previousHash: none, hash: none })
    return seq
  }
  const requests = asked.map(({ by, verb, outcome, atMs }, at) => {
    const request = {
      kind: 'comment.command',
      commentId: at,
      on: 'issue',
      verb,
      rest: '',
      bodyDigest: none,
      viaApp: null,
    } as const
    const seq = add(request, by, atMs)
    add({ kind: 'settled', of: seq, outcome, sentence: `Sentence ${at}.` }, null, atMs)
    return seq
  })
  const textOf = answerTexts(facts)
  return requests.map((seq) => textOf(facts[seq] as Fact))
}

describe('O6: answers to one account', () => {
  const help = { by: 1, verb: 'help', outcome: 'accepted', atMs: 0 } as const

  test('O6: the first of an hour are told, the last of them says so, and the rest is silence', () => {
    const told = history(Array.from({ length: mostWords + 2 }, () => help))
    expect(told.slice(0, mostWords - 1)).toEqual(
      Array.from({ length: mostWords - 1 }, (_, at) => `Sentence ${at}.`),
    )
    expect(told[mostWords - 1]).toMatch(/^Sentence 19\.\n\nThis was answer 20 within an hour/)
    expect(told.slice(mostWords)).toEqual([null, null])
  })

  test('O6: what changed something, other accounts and a later hour are told', () => {
    const flood = Array.from({ length: mostWords }, () => help)
    const told = history([
      ...flood,
      { ...help, verb: 'retry' },
      { ...help, verb: 'retry', outcome: 'refused' },
      { ...help, by: 2 },
      { ...help, atMs: 59 * minuteMs },
      { ...help, atMs: 119 * minuteMs },
    ]).slice(mostWords)
    expect(told.map((text) => text !== null)).toEqual([true, false, true, false, true])
  })

  test('O6: what is not settled has no text', () => {
    const fact: Fact = {
      subject: 'task:acme/shop#1',
      seq: 0,
      actor: account(1),
      atMs: 0,
      delivery: null,
      body: { kind: 'comment.unknown', commentId: 1, word: 'x', nearest: null },
      previousHash: '',
      hash: '',
    }
    expect(answerTexts([fact])(fact)).toBeNull()
  })
})
