/** The board's icon: the seal that a countersigned paper carries. */
export const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#5b7fb5" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><circle cx="12" cy="12" r="10.5"/><path d="M6.8 12.6l3.4 3.4 7-7.6"/></svg>'
