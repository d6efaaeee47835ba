/** Facts of `/agent draft`: the text that a proposal is for, who took it over, and whether it reached the issue (D2, D4). */
import { z } from 'zod'
import { Account } from '../account.ts'
import { ProfileName } from '../agentProfile.ts'
import { Digest } from '../ids.ts'
import { sentence, seq } from './shared.ts'

/** The text and its gaps as they stood when somebody asked: the session sees these and nothing that came later (T24). */
const requested = z.object({
  kind: z.literal('draft.requested'),
  /** seq of the command. */
  request: seq,
  title: z.string().max(1024),
  body: z.string().max(65_536),
  bodyDigest: Digest,
  /** The agent profile of the label; absent for that of the plain label (P13). */
  profile: ProfileName.optional(),
  gaps: z.array(z.object({ part: z.string().max(40), sentence: z.string().max(1200) })).max(60),
})

/** A person took the proposal over: `body` is the whole text that the issue gets, and counts as theirs once written. */
const accepted = z.object({
  kind: z.literal('draft.accepted'),
  /** seq of `draft.requested`. */
  draft: seq,
  /** Digest of what was shown. */
  digest: Digest,
  by: Account,
  /** The text that it is written over, and no other. */
  was: Digest,
  /** Who had edited that text last; absent in old facts, and null where it never was. */
  over: Account.nullable().optional(),
  body: z.string().max(65_536),
  bodyDigest: Digest,
})
const ofAccepted = { accepted: seq }
const written = z.object({ kind: z.literal('draft.written'), ...ofAccepted })
/** Nothing was written: the issue was changed since, or GitHub refused for the reason given. */
const stale = z.object({ kind: z.literal('draft.stale'), ...ofAccepted, reason: sentence.nullable() })

export const draftFacts = [requested, accepted, written, stale] as const
