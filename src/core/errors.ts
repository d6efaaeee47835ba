/** The three classes of error: try again, give up with a reason, and bug. Expected outcomes are results, not errors. */

/** The cause will pass by itself (rate limit, 5xx, lock held). The queue tries again after `retryAfterMs`. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly retryAfterMs: number
  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options)
    this.retryAfterMs = retryAfterMs
  }
}

/** Trying again cannot help. `forUser` is shown on GitHub; `message` goes to the operator's log. */
export class Terminal extends Error {
  override readonly name = 'Terminal'
  readonly forUser: string
  constructor(message: string, forUser: string, options?: ErrorOptions) {
    super(message, options)
    this.forUser = forUser
  }
}

/** Something that our own code promised does not hold. It stops the round; it is never swallowed. */
export class Bug extends Error {
  override readonly name = 'Bug'
}
