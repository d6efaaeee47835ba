/** Where a policy is written: the paths that are read with everything that policy decides on. */

export const policyPath = '.github/countersign.yml'
/** The other spelling, which is never followed: two files would be two truths, and one unread file a false sense of safety. */
export const misnamedPolicyPath = '.github/countersign.yaml'
