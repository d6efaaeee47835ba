// Money is counted in whole cents: sums are exact, and a fraction of a cent cannot be mistaken for money.

/** A whole number of cents. Made by `cents` only, so that unrounded numbers do not pass for money. */
export type Cents = number & { readonly unit: 'cents' }

/** @throws RangeError when the value is not a whole number that sums can hold exactly. */
export function cents(value: number): Cents {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number of cents: ${value}`)
  return value as Cents
}

export function addCents(amounts: readonly Cents[]): Cents {
  return cents(amounts.reduce<number>((sum, amount) => sum + amount, 0))
}

/** `123456` becomes `1,234.56`; negative amounts carry a minus sign in front. */
export function formatCents(amount: Cents): string {
  const sign = amount < 0 ? '-' : ''
  const digits = String(Math.abs(amount)).padStart(3, '0')
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${sign}${whole}.${digits.slice(-2)}`
}
