/** Witnesses: ways to a good end that the rules must leave open, since a guard that forbids everything would be safe too. */
import { approvals, type Pattern, sends } from './starts.ts'
import type { Budget } from './steps.ts'

export interface Witness {
  path: Pattern[]
  /** For steps of the path that are neither sent, reviewed nor pushed. */
  left?: Partial<Record<Budget, number>>
}

const merge: Pattern[] = [...sends('dana', '/agent merge'), 'settle']
const reviewBy = (who: string): Pattern[] => [...sends(who, 'Approve on countersign/review'), 'settle']
const planBy = (who: string): Pattern[] => [...sends(who, 'Approve on countersign/plan'), 'settle']
const both: Pattern[] = [...planBy('dana'), ...reviewBy('dana'), ...reviewBy('erik')]

export const witnesses: Readonly<Record<string, Witness>> = {
  'when everybody needed has approved': { path: [...approvals.second, ...merge] },
  'after a push took the approvals away and they were given again': {
    path: [...approvals.second, /^the agent pushes c1/, 'settle', ...both, ...merge],
  },
  'after its base was changed and everything was approved again': {
    path: [...approvals.second, /retargeted to release/, 'settle', ...both, ...merge],
    left: { retarget: 1 },
  },
  'after a pull request with the same commit was closed': {
    path: [...approvals.second, /opens #35/, 'settle', /#35 is closed/, 'settle', ...merge],
    left: { sibling: 2 },
  },
  'after a request for changes was lifted by its person': {
    path: [
      ...approvals.second,
      ...sends('erik', 'Request changes on countersign/review'),
      'settle',
      ...reviewBy('erik'),
      ...merge,
    ],
  },
  'after a review that asked for changes was dismissed': {
    path: [
      ...approvals.second,
      /^erik reviews c0 on main as CHANGES_REQUESTED/,
      'settle',
      /^the review 1 of erik is dismissed/,
      'settle',
      ...merge,
    ],
    left: { review: 1 },
  },
  'with somebody else in place of a reviewer who lost access': {
    path: [...approvals.second, /^erik loses write access/, 'settle', ...reviewBy('gus'), ...merge],
    left: { access: 1 },
  },
  'with the approvals of the senior whom a new policy names': {
    path: [...approvals.second, /makes erik the senior/, 'settle', ...planBy('erik'), ...merge],
    left: { policy: 1 },
  },
  'with an approval by comment': {
    path: [
      ...approvals.first,
      ...sends('erik', 'approving comment on countersign/review'),
      'settle',
      ...merge,
    ],
  },
  'although the first press was lost': {
    path: ['settle', /^dana sends Approve on countersign.plan/, /is lost$/, ...both, ...merge],
    left: { lose: 1 },
  },
  'although every press came twice': {
    path: [
      ...approvals.first,
      /^erik sends Approve on countersign.review/,
      /arrives and will come again/,
      'settle',
      /^erik's Approve on countersign.review.* arrives$/,
      'settle',
      ...merge,
    ],
    left: { double: 1 },
  },
  'although the worker crashed before it could act': {
    path: [
      ...approvals.second,
      ...sends('dana', '/agent merge'),
      /^a round of #34/,
      /^the worker crashes/,
      'settle',
    ],
    left: { crash: 1 },
  },
}
