/** What doctor finds of one part of enforcement. */

export interface Finding {
  /** amber: this token is not shown it, so nothing is said about it. */
  state: 'green' | 'amber' | 'red'
  sentence: string
  /** The one click or API call that mends it; null when green. */
  mend: string | null
}

export const green = (sentence: string): Finding => ({ state: 'green', sentence, mend: null })
export const red = (sentence: string, mend: string): Finding => ({ state: 'red', sentence, mend })

/** What an administrator types. */
export const doctorCommand = (repository: string): string => `npm run countersign -- doctor ${repository}`
