export const witnesses: Record<string, never> = {}
