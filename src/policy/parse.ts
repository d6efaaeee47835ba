/** Reads a policy file: bounded, with one sentence and position a mistake, and never half of it (it fails closed). */

import type { Document, Node } from 'yaml'
import { isAlias, isCollection, LineCounter, parseDocument, visit, type YAMLParseError } from 'yaml'
import { misnamedPolicyPath, policyPath } from '../core/policyFiles.ts'
import type { Annotation } from '../core/verdict.ts'
import { mergePolicies } from './merge.ts'
import { describeIssue, mostMistakes } from './mistakes.ts'
import { Policy } from './schema.ts'

const maximumCharacters = 100_000
const maximumDepth = 20
const maximumAliases = 20
const maximumNodes = 10_000

export type PolicyParse =
  | { ok: true; policy: Policy }
  | { ok: false; mistakes: Annotation[]; sentence: string }

/** The mistake of a policy file under the other spelling; `beside` when there is one under the right name too. */
export function misnamedPolicy(beside: boolean): Extract<PolicyParse, { ok: false }> {
  const message = beside
    ? `There are two policy files. Only ${policyPath} is read: bring what counts into it and delete ${misnamedPolicyPath}.`
    : `The policy is read from ${policyPath}: rename ${misnamedPolicyPath}.`
  const annotation = {
    path: misnamedPolicyPath,
    startLine: 1,
    endLine: 1,
    level: 'failure',
    message,
  } as const
  return broken(misnamedPolicyPath, [annotation])
}

/**
 * Parse the text of a policy file.
 *
 * @param text YAML 1.2, at most 100,000 characters. An empty file is a working policy.
 * @param path shown in the annotations.
 * @param organisation the organisation's raw policy, which this one extends: a value written here wins (design: Policy).
 * @returns the policy with defaults, or every mistake (at most 20) with where it is and what may stand there.
 */
export function parsePolicy(
  text: string,
  path: string = policyPath,
  organisation: unknown = {},
): PolicyParse {
  const mistake = (line: number, message: string): Annotation => ({
    path,
    startLine: line,
    endLine: line,
    level: 'failure',
    message: message.slice(0, 4000),
  })
  if (text.length > maximumCharacters)
    return broken(path, [
      mistake(
        1,
        `The file has ${text.length} characters; at most ${maximumCharacters} are read. Shorten it.`,
      ),
    ])
  const lost = text.split('\n').findIndex((line) => line.includes('\ufffd')) + 1
  if (lost > 0)
    return broken(path, [
      mistake(
        lost,
        `${lost}: not UTF-8 text: a character of this line cannot be read. Save the file as UTF-8.`,
      ),
    ])
  const lines = new LineCounter()
  // Not silent: a silent parser takes the first of several documents and passes the others over.
  // And in one YAML: a `%YAML 1.1` would make a switch of the word `no`, and merge keys.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    schema: 'core',
    merge: false,
  })
  const at = (offset: number) => lines.linePos(offset)
  if (document.errors.length > 0)
    return broken(
      path,
      document.errors.slice(0, mostMistakes).map((error) => {
        const { line, col } = at(error.pos[0])
        return mistake(line, `${line}:${col}: not valid YAML: ${wordsOf(error)}`)
      }),
    )
  const unbounded = tooDeep(document)
  if (unbounded) return broken(path, [mistake(1, unbounded)])
  const expanded = expand(document)
  if (!expanded.ok) return broken(path, [mistake(1, expanded.reason)])
  const raw = expanded.value
  const result = Policy.safeParse(mergePolicies(organisation, raw))
  if (result.success) return { ok: true, policy: result.data }
  const mistakes: Annotation[] = []
  for (const issue of result.error.issues) {
    for (const { path: where, sentence } of describeIssue(issue, raw)) {
      const { line, col } = at(offsetOf(document, where))
      mistakes.push(mistake(line, `${line}:${col}: ${sentence}`))
    }
    if (mistakes.length >= mostMistakes) break
  }
  return broken(path, mistakes.sort((a, b) => a.startLine - b.startLine).slice(0, mostMistakes))
}

/** The library's words, where they are not for programmers. */
function wordsOf(error: YAMLParseError): string {
  return error.code === 'MULTIPLE_DOCS'
    ? 'a second document begins here (`---`), and a policy is one. Join them'
    : (error.message.split('\n')[0] ?? '')
}

/** The plain value of a document. The library throws on aliases that multiply or lead nowhere: that is an answer. */
function expand(document: Document): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: maximumAliases }) ?? {} }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return {
      ok: false,
      reason: `The file's aliases cannot be expanded: ${error.message}. Write the values out.`,
    }
  }
}

function broken(path: string, mistakes: Annotation[]): Extract<PolicyParse, { ok: false }> {
  const more = mistakes.length > 1 ? ` (and ${mistakes.length - 1} more)` : ''
  const sentence = `The policy file ${path} is broken: ${mistakes[0]?.message ?? 'it cannot be read'}${more}. Nothing passes until it is corrected on the base branch.`
  return { ok: false, mistakes, sentence }
}

/** A sentence when the document is deeper, larger or more entangled than a policy can be; checked before it is expanded. */
function tooDeep(document: Document): string | null {
  let nodes = 0
  let aliases = 0
  let depth = 0
  visit(document, (_, node, ancestors) => {
    nodes++
    if (isAlias(node)) aliases++
    depth = Math.max(depth, ancestors.filter((ancestor) => isCollection(ancestor as Node)).length)
    return nodes > maximumNodes ? visit.BREAK : undefined
  })
  if (nodes > maximumNodes) return `The file has more than ${maximumNodes} values. Shorten it.`
  if (depth > maximumDepth)
    return `The file is nested ${depth} levels deep; at most ${maximumDepth} are read. Flatten it.`
  if (aliases > maximumAliases)
    return `The file uses ${aliases} aliases; at most ${maximumAliases} are read. Write the values out.`
  return null
}

/** Where the value of a path begins in the text, or the nearest value above it that exists. */
function offsetOf(document: Document, path: PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true)
    const last = path[length - 1]
    if (isCollection(parent) && 'items' in parent) {
      for (const item of parent.items) {
        const key =
          typeof item === 'object' && item !== null && 'key' in item ? (item.key as Node | null) : null
        if (key && 'value' in key && key.value === last && key.range) return key.range[0]
      }
    }
    const node = document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return node.range[0] as number
  }
  return 0
}
